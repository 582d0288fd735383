# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much does a prediction say, at every confidence?"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from cpsign_workflow.predictions import CONFIDENCES
from cpsign_workflow.report.plots.style import BLUE, FULL, HALF, ORANGE, percent_of_confidence


def widths(rows: list[dict[str, Any]]) -> Figure:
    """Median and mean width of the intervals."""
    figure = Figure(figsize=(HALF, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, colour, style in (("median_width", BLUE, "-"), ("mean_width", ORANGE, "--")):
        of_rows = [np.nan if row[name] is None else row[name] for row in rows]
        label = name.replace("_width", "")
        axes.plot(CONFIDENCES, of_rows, style, color=colour, linewidth=1.8, marker="o", markersize=4, label=label)
    axes.set(xlim=(0, 1), ylim=(0, None), ylabel="width of the interval (unit of the value)")
    percent_of_confidence(axes)
    axes.legend(loc="upper left")
    return figure


def set_sizes(rows: list[dict[str, Any]]) -> Figure:
    """Shares of sets with one class, several, none."""
    figure = Figure(figsize=(FULL, 3.6), layout="constrained")
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
    percent_of_confidence(axes)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), reverse=True)
    return figure
