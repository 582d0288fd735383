# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all plots have in common."""

import io
import re
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

# Okabe and Ito's colours: told apart by the colour-blind, and on grey paper
BLUE, ORANGE, GREEN, SKY, GREY = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#6B7280"
CLASS_COLOURS = (BLUE, ORANGE)
MANY = 1000  # points; more of them are drawn as one picture inside the SVG
HALF, FULL = 5.2, 10.4  # inches: a plot beside another, a plot alone

_IDENTIFIER = re.compile(r'\bid="|url\(#|href="#')

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "cpsign",  # the same plot gets the same identifiers
    "svg.fonttype": "none",  # text stays text: sharp in print, and it can be searched
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


def percent_of_confidence(axes: Axes) -> None:
    """Label the axis x."""
    axes.set_xlabel("confidence asked for")
    axes.xaxis.set_major_formatter(PercentFormatter(1))


def diagonal(axes: Axes) -> None:
    """The dashed line on which what was asked for and what came are equal."""
    axes.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle=(0, (4, 3)))


def as_svg(name: str, figure: Figure) -> str:
    """The figure as the text of an ``svg`` element whose identifiers are its own."""
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", metadata=nothing)
    svg = text.getvalue()
    # matplotlib numbers its parts, so plots on one page would share identifiers
    return _IDENTIFIER.sub(rf"\g<0>{name}-", svg[svg.index("<svg") :])
