# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what the model says of its own certainty true?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from cpsign_workflow.predictions import CONFIDENCES, ProbabilityPredictions
from cpsign_workflow.report.plots.style import BLUE, CLASS_COLOURS, FULL, HALF, diagonal, percent_of_confidence


def of_intervals(rows: list[dict[str, Any]]) -> Figure:
    """Share of test compounds inside their interval, for every confidence."""
    figure = Figure(figsize=(HALF, 4.2), layout="constrained")
    axes = figure.add_subplot()
    _coverage(axes, [row["coverage"] for row in rows], [row["band"] for row in rows], BLUE)
    axes.set_ylabel("test compounds inside their interval")
    return figure


def of_sets(rows: list[dict[str, Any]], labels: Sequence[str]) -> Figure:
    """The same for each class that a test compound has."""
    seen = list(rows[0]["classes"])
    figure = Figure(figsize=(HALF * len(seen), 4.2), layout="constrained")
    for axes, label in zip(figure.subplots(1, len(seen), squeeze=False)[0], seen, strict=True):
        of_class = [row["classes"][label] for row in rows]
        colour = CLASS_COLOURS[labels.index(label)]
        _coverage(axes, [row["coverage"] for row in of_class], [row["band"] for row in of_class], colour)
        axes.set_title(f"class {label}", loc="left", fontsize=11)
        axes.set_ylabel("test compounds whose set holds their class")
    return figure


def of_probabilities(bins: list[dict[str, Any]], predictions: ProbabilityPredictions) -> Figure:
    """Share of the second class beside its probability, in bins; and how often which probability is given."""
    label = predictions.labels[1]
    figure = Figure(figsize=(FULL, 4.2), layout="constrained")
    axes, histogram = figure.subplots(1, 2)
    predicted = np.array([one["predicted"] for one in bins])
    low, high = np.array([one["band"] for one in bins]).T
    axes.vlines(predicted, low, high, color=BLUE, alpha=0.25, linewidth=7, label="expected (95%)")
    axes.hlines(
        [one["observed"] for one in bins],
        [one["lower"] for one in bins],
        [one["upper"] for one in bins],
        color=BLUE,
        linewidth=1.2,
        label="from p0 to p1",
    )
    observed = [one["observed"] for one in bins]  # at 0 and 1, too, to be seen whole
    axes.plot(predicted, observed, "o", color=BLUE, markersize=5, label="measured", clip_on=False)
    _unit_square(axes)
    axes.set(xlabel=f"probability of class {label}", ylabel=f"test compounds of class {label}")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    histogram.hist(predictions.probabilities[:, 1], bins=np.linspace(0, 1, 21).tolist(), color=BLUE, alpha=0.7)
    histogram.set(xlim=(0, 1), xlabel=f"probability of class {label}", ylabel="test compounds")
    histogram.xaxis.set_major_formatter(PercentFormatter(1))
    histogram.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _coverage(axes: Axes, coverage: list[float], bands: list[tuple[float, float]], colour: str) -> None:
    low, high = zip(*bands, strict=True)
    axes.fill_between(CONFIDENCES, low, high, color=colour, alpha=0.15, linewidth=0, label="expected (95%)")
    axes.plot(CONFIDENCES, coverage, color=colour, linewidth=1.8, marker="o", markersize=4, label="measured")
    _unit_square(axes)
    percent_of_confidence(axes)


def _unit_square(axes: Axes) -> None:
    diagonal(axes)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_aspect("equal")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="upper left")
