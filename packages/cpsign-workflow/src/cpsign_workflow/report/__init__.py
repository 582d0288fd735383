# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a model: one page that opens anywhere, without a network, and can be printed."""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpsign_workflow.chemistry import Chemistry
from cpsign_workflow.predictions import JUDGED_AT, Predictions
from cpsign_workflow.report.judgement import answer, bins_outside, falling_short, judge, verdict
from cpsign_workflow.report.structures import Drawn, worst

__all__ = ["Pictures", "draw", "verdict", "write"]

_UNDEFINED = "\N{EN DASH}"


@dataclass(frozen=True)
class Pictures:
    """What is drawn for the report, as SVG."""

    plots: dict[str, str]
    worst: list[Drawn]


def draw(predictions: Predictions, chemistry: Chemistry, summary: dict[str, Any]) -> Pictures:
    """The plots by name and the worst predictions; ``summary`` needs test, calibration, probability_bins, validity."""
    # matplotlib and the fontconfig it asks write caches when it is imported, and a step has no home for them
    with tempfile.TemporaryDirectory(prefix="matplotlib-") as cache:
        os.environ.setdefault("MPLCONFIGDIR", cache)
        fonts = Path(cache, "fonts.conf")  # no fonts but matplotlib's own: the same plots on every machine
        fonts.write_text(f"<fontconfig><cachedir>{cache}</cachedir></fontconfig>", encoding="utf-8")
        os.environ.setdefault("FONTCONFIG_FILE", str(fonts))
        from cpsign_workflow.report import plots

        return Pictures(plots.draw(predictions, summary), worst(predictions, chemistry))


def write(output: Path, summary: dict[str, Any], pictures: Pictures, configuration: dict[str, Any]) -> None:
    """Write ``plots/<name>.svg`` and ``report.html``; ``summary`` is the content of metrics.json."""
    folder = output / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures.plots.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    (output / "report.html").write_text(_page(summary, pictures, configuration), encoding="utf-8")


def _page(summary: dict[str, Any], pictures: Pictures, configuration: dict[str, Any]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cpsign_workflow", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "percent": _percent,
        "confidence": "{:.0%}".format,
        "count": "{:,}".format,
        "settings": _settings,
    }
    return environment.get_template("page.html.j2").render(
        kind=_kind(summary),
        summary=summary,
        pictures=pictures,
        configuration=json.dumps(configuration, indent=2, ensure_ascii=False),
        answer=answer(summary),
        judgements=judge(summary),
        falling_short=falling_short(summary),
        bins_outside=bins_outside(summary),
        judged_at=JUDGED_AT,
        made=datetime.now(UTC),
    )


def _kind(summary: dict[str, Any]) -> str:
    """What a prediction is: an interval, a set of classes, or a probability."""
    if "r2" in summary["test"]:
        return "interval"
    return "probability" if "brier" in summary["test"] else "set"


def _number(value: float | None) -> str:
    """Three significant digits; a dash for what is not defined."""
    return _UNDEFINED if value is None else f"{value:#.3g}".rstrip(".")


def _percent(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{value:.1%}"


def _settings(part: dict[str, Any] | None) -> str:
    """The name of a part of the algorithm and what was set: ``LinearSVR (C 1.0)``."""
    if part is None:
        return "none"
    given = {**part, **part.get("parameters", {})}
    title = given.pop("name", None) or given.pop("strategy", "")
    listed = ", ".join(f"{name} {value}" for name, value in given.items() if name != "parameters" and value is not None)
    return f"{title} ({listed})" if listed else str(title)
