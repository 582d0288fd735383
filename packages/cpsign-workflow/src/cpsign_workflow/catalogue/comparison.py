# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two trained models side by side."""

from collections.abc import Iterator
from typing import Any

from cpsign_workflow.catalogue.trained_model import TrainedModel, figures

_AT = (0.7, 0.8, 0.9)
Line = tuple[str, str, str]
"""What is compared, and its text for either model."""


def compare(one: TrainedModel, other: TrainedModel) -> list[Line]:
    """The lines of the comparison, the first of them a heading."""
    left, right = dict(_facts(one)), dict(_facts(other))
    return [(name, left.get(name, "-"), right.get(name, "-")) for name in dict.fromkeys([*left, *right])]


def text(lines: list[Line]) -> Iterator[str]:
    """For a terminal; a line that differs is marked."""
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    for name, left, right in lines:
        yield f"{name.ljust(widths[0])}  {left.ljust(widths[1])}  {right}{'  *' if left != right else ''}"


def page(lines: list[Line]) -> str:
    """One HTML page without outside links."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("cpsign_workflow", "catalogue"), autoescape=True)
    return environment.get_template("comparison.html.j2").render(lines=lines)


def _facts(model: TrainedModel) -> Iterator[tuple[str, str]]:
    metrics = model.metrics
    yield "workflow", model.workflow
    yield "commit", model.commit
    yield "trained", model.finished[:19].replace("T", " ")
    yield "by", metrics.get("user") or "-"
    yield "released", "yes" if model.released else "no"
    for name, value in (metrics.get("data") or {}).items():
        yield f"data {name}", str(value or "-")
    yield from ((name, f"{metrics['rows'][name]:,}") for name in ("read", "used"))
    yield "test compounds", f"{metrics['test']['n']:,}"
    yield from ((name, f"{value:.3f}") for name, value in figures(metrics))
    yield from _calibration(metrics)
    for name, value in metrics["training"].items():
        yield f"training {name.replace('_', ' ')}", str(value)
    yield "seed", str(metrics["seed"])
    yield from ((f"version of {name}", value) for name, value in metrics["versions"].items())
    yield "payload sha256", metrics["payload_sha256"]


def _calibration(metrics: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for row in metrics["calibration"]:
        if row.get("confidence") in _AT:
            for name in ("coverage", "median_width", "mean_set_size"):
                if row.get(name) is not None:
                    yield f"{name.replace('_', ' ')} at {row['confidence']}", f"{row[name]:.3f}"
