# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the second class is ranked before the first."""

from typing import Any

from matplotlib.figure import Figure

from cpsign_workflow.metrics.ranking import precision_recall, roc
from cpsign_workflow.predictions import ClassPredictions
from cpsign_workflow.report.plots.style import BLUE, FULL, GREY, diagonal


def curves(predictions: ClassPredictions, test: dict[str, Any]) -> Figure:
    """ROC and precision-recall curve; dashed is what chance gives."""
    figure = Figure(figsize=(FULL, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(*roc(predictions), color=BLUE, linewidth=1.8)
    diagonal(left)
    left.set_title(f"ROC, area {test['auc']:.3f}", loc="left", fontsize=11)
    left.set(xlabel="false positive rate", ylabel="true positive rate")
    right.plot(*precision_recall(predictions), color=BLUE, linewidth=1.8, drawstyle="steps-pre")
    right.axhline(predictions.observed.mean(), color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    right.set_title(f"precision and recall, average {test['average_precision']:.3f}", loc="left", fontsize=11)
    right.set(xlabel="recall", ylabel="precision")
    for axes in (left, right):
        axes.set(xlim=(0, 1.01), ylim=(0, 1.02))
        axes.set_aspect("equal")
    return figure
