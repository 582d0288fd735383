# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's plots, drawn by matplotlib as SVG."""

import io
import re
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from cpsign_workflow.predictions import (
    CONFIDENCES,
    ClassificationPredictions,
    Predictions,
    RegressionPredictions,
)
from cpsign_workflow.report.judgement import JUDGED_AT

# Okabe and Ito's colours: told apart by the colour-blind, and on grey paper
BLUE, ORANGE, GREEN, SKY, GREY = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#6B7280"
_CLASS_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", SKY)
_MANY = 3000  # points; more of them are drawn as one picture inside the SVG

_IDENTIFIER = re.compile(r'\bid="|url\(#|href="#')

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "cpsign",  # the same plot gets the same identifiers
    "svg.fonttype": "none",  # text stays text: it can be read aloud and searched
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9CA3AF",
    "axes.labelcolor": "#374151",
    "xtick.color": "#4B5563",
    "ytick.color": "#4B5563",
    "axes.grid": True,
    "grid.color": "#E5E7EB",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def draw(predictions: Predictions, summary: dict[str, Any]) -> dict[str, str]:
    """The plots as SVG texts, by name: calibration, efficiency, and for regression predicted_observed."""
    rows = summary["calibration"]
    with mpl.rc_context(_STYLE):
        if isinstance(predictions, RegressionPredictions):
            return {
                "calibration": _svg("calibration", _interval_calibration(rows)),
                "efficiency": _svg("efficiency", _widths(rows)),
                "predicted_observed": _svg("predicted_observed", _predicted_observed(predictions)),
            }
        return {
            "calibration": _svg("calibration", _set_calibration(rows, predictions)),
            "efficiency": _svg("efficiency", _set_sizes(rows)),
        }


def _interval_calibration(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    _coverage(axes, [row["coverage"] for row in rows], [row["band"] for row in rows], BLUE)
    axes.set_ylabel("test compounds inside their interval")
    axes.legend(loc="upper left")
    return figure


def _set_calibration(rows: list[dict[str, Any]], predictions: ClassificationPredictions) -> Figure:
    labels = list(rows[0]["classes"])
    figure = Figure(figsize=(5.2 * len(labels), 4.2), layout="constrained")
    panels = figure.subplots(1, len(labels), squeeze=False)[0]
    for axes, label in zip(panels, labels, strict=True):
        of_class = [row["classes"][label] for row in rows]
        colour = _CLASS_COLOURS[predictions.labels.index(label) % len(_CLASS_COLOURS)]
        _coverage(axes, [row["coverage"] for row in of_class], [row["band"] for row in of_class], colour)
        axes.set_title(f"class {label}", loc="left", fontsize=11)
        axes.set_ylabel("test compounds whose set holds their class")
        axes.legend(loc="upper left")
    return figure


def _coverage(axes: Axes, coverage: list[float], bands: list[tuple[float, float]], colour: str) -> None:
    low, high = zip(*bands, strict=True)
    axes.fill_between(CONFIDENCES, low, high, color=colour, alpha=0.15, linewidth=0, label="expected (95%)")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(CONFIDENCES, coverage, color=colour, linewidth=1.8, marker="o", markersize=4, label="measured")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_aspect("equal")
    _percent_of_confidence(axes)
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def _widths(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, colour, style in (("median_width", BLUE, "-"), ("mean_width", ORANGE, "--")):
        widths = [np.nan if row[name] is None else row[name] for row in rows]
        label = name.replace("_width", "")
        axes.plot(CONFIDENCES, widths, style, color=colour, linewidth=1.8, marker="o", markersize=4, label=label)
    axes.set(xlim=(0, 1), ylim=(0, None), ylabel="width of the interval (unit of the value)")
    _percent_of_confidence(axes)
    axes.legend(loc="upper left")
    return figure


def _set_sizes(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(10.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    kinds = (
        ("single", BLUE, "one class"),
        ("multiple", "#A7C7E7", "several classes"),
        ("empty", "#D1D5DB", "no class"),
    )
    axes.stackplot(
        CONFIDENCES,
        *([row[kind] for row in rows] for kind, _unused, _unused in kinds),
        colors=[colour for _unused, colour, _unused in kinds],
        labels=[label for _unused, _unused, label in kinds],
    )
    axes.set(xlim=(CONFIDENCES[0], CONFIDENCES[-1]), ylim=(0, 1), ylabel="test compounds with a set of")
    _percent_of_confidence(axes)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), reverse=True)
    return figure


def _predicted_observed(predictions: RegressionPredictions) -> Figure:
    figure = Figure(figsize=(10.4, 5.0), layout="constrained")
    axes = figure.add_subplot()
    column = CONFIDENCES.index(JUDGED_AT)
    lower, upper = predictions.lower[:, column], predictions.upper[:, column]
    inside = (lower <= predictions.observed) & (predictions.observed <= upper)
    picture = len(inside) > _MANY
    for members, colour, label in ((inside, BLUE, "inside"), (~inside, ORANGE, "outside")):
        x = predictions.observed[members]
        axes.vlines(x, lower[members], upper[members], color=colour, alpha=0.4, linewidth=1.2, rasterized=picture)
        axes.plot(
            x,
            predictions.predicted[members],
            "o" if colour == BLUE else "D",
            color=colour,
            markersize=3.5,
            label=f"{label} the interval at {JUDGED_AT:.0%} ({members.sum():,})",
            rasterized=picture,
        )
    both = np.concatenate([predictions.observed, predictions.predicted])
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.set(xlabel="observed", ylabel="predicted, with its interval")
    axes.legend(loc="upper left")
    return figure


def _percent_of_confidence(axes: Axes) -> None:
    axes.set_xlabel("confidence asked for")
    axes.xaxis.set_major_formatter(PercentFormatter(1))


def _svg(name: str, figure: Figure) -> str:
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", metadata=nothing)
    svg = text.getvalue()
    # matplotlib numbers its parts, so plots on one page would share identifiers
    return _IDENTIFIER.sub(rf"\g<0>{name}-", svg[svg.index("<svg") :])
