# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a model: one page that opens anywhere, without a network, and can be printed."""

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpsign_workflow.predictions import Predictions
from cpsign_workflow.report.judgement import JUDGED_AT, judge, verdict

__all__ = ["draw", "verdict", "write"]

_UNDEFINED = "\N{EN DASH}"


def draw(predictions: Predictions, summary: dict[str, Any]) -> dict[str, str]:
    """The plots as SVG texts, by name; ``summary`` needs ``calibration``."""
    # matplotlib and the fontconfig it asks write caches when it is imported, and a step has no home for them
    with tempfile.TemporaryDirectory(prefix="matplotlib-") as cache:
        os.environ.setdefault("MPLCONFIGDIR", cache)
        fonts = Path(cache, "fonts.conf")  # no fonts but matplotlib's own: the same plots on every machine
        fonts.write_text(f"<fontconfig><cachedir>{cache}</cachedir></fontconfig>", encoding="utf-8")
        os.environ.setdefault("FONTCONFIG_FILE", str(fonts))
        from cpsign_workflow.report import plots

        return plots.draw(predictions, summary)


def write(output: Path, summary: dict[str, Any], plots: dict[str, str], configuration: dict[str, Any]) -> None:
    """Write ``plots/<name>.svg`` and ``report.html``; ``summary`` is the content of metrics.json."""
    folder = output / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in plots.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    (output / "report.html").write_text(_page(summary, plots, configuration), encoding="utf-8")


def _page(summary: dict[str, Any], plots: dict[str, str], configuration: dict[str, Any]) -> str:
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
    }
    return environment.get_template("page.html.j2").render(
        summary=summary,
        plots=plots,
        configuration=json.dumps(configuration, indent=2, ensure_ascii=False),
        judgements=judge(summary),
        judged_at=JUDGED_AT,
        made=datetime.now(UTC),
    )


def _number(value: float | None) -> str:
    """Three significant digits; a dash for what is not defined."""
    return _UNDEFINED if value is None else f"{value:#.3g}".rstrip(".")


def _percent(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{value:.1%}"
