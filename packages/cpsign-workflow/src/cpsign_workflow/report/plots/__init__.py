# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's plots, drawn by matplotlib as SVG."""

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cpsign_workflow.predictions import ClassificationPredictions, Predictions, RegressionPredictions
from cpsign_workflow.report.plots import calibration, efficiency, fit, groups, ranking
from cpsign_workflow.report.plots.style import STYLE, as_svg


def draw(predictions: Predictions, summary: dict[str, Any]) -> dict[str, str]:
    """The plots as SVG texts, by name; which there are depends on the kind of predictions."""
    with mpl.rc_context(STYLE):
        return {name: as_svg(name, figure) for name, figure in _figures(predictions, summary)}


def _figures(predictions: Predictions, summary: dict[str, Any]) -> Iterator[tuple[str, Figure]]:
    rows = summary["calibration"]
    if isinstance(predictions, RegressionPredictions):
        yield "calibration", calibration.of_intervals(rows)
        yield "efficiency", efficiency.widths(rows)
        yield "predicted_observed", fit.predicted_observed(predictions)
        yield "residuals", fit.residuals(predictions)
    elif isinstance(predictions, ClassificationPredictions):
        yield "calibration", calibration.of_sets(rows, predictions.labels)
        yield "efficiency", efficiency.set_sizes(rows)
    else:
        yield "calibration", calibration.of_probabilities(summary["probability_bins"], predictions)
    both_classes = summary["test"].get("auc") is not None
    if both_classes and not isinstance(predictions, RegressionPredictions):
        yield "ranking", ranking.curves(predictions, summary["test"])
    if any(summary["validity"].values()):
        yield "groups", groups.by_size_and_distance(summary["validity"])
