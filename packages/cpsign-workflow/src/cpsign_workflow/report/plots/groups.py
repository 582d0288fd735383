# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validity for small and large, near and far compounds."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from cpsign_workflow.predictions import JUDGED_AT
from cpsign_workflow.report.plots.style import BLUE, FULL, GREY, ORANGE

_AXES = {
    "by_size": "heavy atoms",
    "by_distance": "distance to the nearest training compound (1 - Tanimoto)",
}


def by_size_and_distance(validity: dict[str, list[dict[str, Any]]]) -> Figure:
    """Two panels, a mark for each group."""
    figure = Figure(figsize=(FULL, 3.8), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, 2, sharey=True), _AXES.items(), strict=True):
        rows = validity[name]
        if rows:
            _panel(axes, rows)
        axes.set_xlabel(title)
        axes.set_ylim(-0.04, 1.04)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(visible=False, axis="x")
    # above the panels, where no mark can lie under it
    marks = max((axes.get_legend_handles_labels() for axes in figure.axes), key=lambda found: len(found[0]))
    figure.legend(*marks, loc="outside upper center", ncols=2)
    return figure


def _panel(axes: Axes, rows: list[dict[str, Any]]) -> None:
    places = range(len(rows))
    if "coverage" in rows[0]:
        low, high = zip(*(row["band"] for row in rows), strict=True)
        axes.vlines(places, low, high, color=BLUE, alpha=0.2, linewidth=12, label="by chance (95%)")
        axes.plot(places, [row["coverage"] for row in rows], "o", color=BLUE, label="covered")
        axes.axhline(JUDGED_AT, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    else:
        axes.plot(places, [row["predicted"] for row in rows], "D", color=ORANGE, label="mean probability")
        axes.plot(places, [row["observed"] for row in rows], "o", color=BLUE, label="share observed")
    axes.set_xticks(places, [f"{row['group']}\nn = {row['n']:,}" for row in rows])
    axes.set_xlim(-0.5, len(rows) - 0.5)
