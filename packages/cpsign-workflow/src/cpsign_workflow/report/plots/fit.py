# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicted beside observed values."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cpsign_workflow.metrics.coverage import covered
from cpsign_workflow.predictions import CONFIDENCES, JUDGED_AT, RegressionPredictions
from cpsign_workflow.report.plots.style import BLUE, FULL, GREY, MANY, ORANGE


def predicted_observed(predictions: RegressionPredictions) -> Figure:
    """Every test compound with its interval."""
    figure = Figure(figsize=(FULL, 5.0), layout="constrained")
    axes = figure.add_subplot()
    column = CONFIDENCES.index(JUDGED_AT)
    lower, upper = predictions.lower[:, column], predictions.upper[:, column]
    inside, _unused = covered(predictions, JUDGED_AT)
    picture = len(inside) > MANY
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


def residuals(predictions: RegressionPredictions) -> Figure:
    """Observed minus predicted: beside the prediction, and how often."""
    figure = Figure(figsize=(FULL, 3.8), layout="constrained")
    scatter, histogram = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    errors = predictions.observed - predictions.predicted
    scatter.plot(
        predictions.predicted, errors, "o", color=BLUE, markersize=3.5, alpha=0.6, rasterized=len(errors) > MANY
    )
    scatter.set(xlabel="predicted", ylabel="observed - predicted")
    histogram.hist(errors, bins=30, orientation="horizontal", color=BLUE, alpha=0.7)
    histogram.set(xlabel="test compounds")
    histogram.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axes in (scatter, histogram):
        axes.axhline(0, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    return figure
