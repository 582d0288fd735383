# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a model holds: its validity for small and large compounds, and for those near to and far from the training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.chemistry import Chemistry
from cpsign_workflow.metrics.coverage import coverage_band, covered, finite
from cpsign_workflow.predictions import JUDGED_AT, Predictions, ProbabilityPredictions, RegressionPredictions

_SIZES = ("up to 9", "10 to 19", "20 to 29", "30 to 39", "40 and more")  # heavy atoms
_SIZE_LIMITS = (10, 20, 30, 40)
_DISTANCES = ("below 0.2", "0.2 to 0.4", "0.4 to 0.6", "0.6 to 0.8", "0.8 and more")  # 1 - Tanimoto
_DISTANCE_LIMITS = (0.2, 0.4, 0.6, 0.8)


def validity(predictions: Predictions, chemistry: Chemistry, sizes: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """``{by_size, by_distance}``: a list of ``{group, n, …}`` each, at the confidence :data:`JUDGED_AT`.

    Conformal: ``coverage`` and ``band``, the range for as many compounds drawn by lot (from the smallest class's
    calibration compounds). Regression besides: ``mae``, ``median_width``; classes: ``single``, the share of one-class
    sets. Venn-ABERS: ``predicted`` and ``observed``, mean probability and share of the second class. Validity is
    promised for all compounds together, so a group outside its band shows a limit of the domain rather than an error.
    """
    return {
        "by_size": _rows(predictions, chemistry.heavy_atoms, _SIZES, _SIZE_LIMITS, sizes),
        "by_distance": _rows(predictions, chemistry.distance, _DISTANCES, _DISTANCE_LIMITS, sizes),
    }


def _rows(
    predictions: Predictions,
    values: NDArray[np.float64],
    names: Sequence[str],
    limits: Sequence[float],
    sizes: dict[str, Any],
) -> list[dict[str, Any]]:
    known = ~np.isnan(values)
    group_of = np.where(known, np.searchsorted(limits, values, side="right"), -1)
    figures = _figures(predictions)
    rows = []
    for number, name in enumerate(names):
        members = group_of == number
        if n := int(members.sum()):
            row: dict[str, Any] = {"group": name, "n": n}
            row |= {key: finite(reduce(of[members])) for key, (of, reduce) in figures.items()}
            if "coverage" in row:
                calibrated = min(sizes["calibration_by_class"].values(), default=sizes["calibration"])
                row["band"] = coverage_band(calibrated, n, JUDGED_AT)
            rows.append(row)
    return rows


def _figures(predictions: Predictions) -> dict[str, tuple[NDArray[Any], Any]]:
    """What is told of a group: its values for all compounds, and how they become one number."""
    if isinstance(predictions, ProbabilityPredictions):
        return {"predicted": (predictions.probabilities[:, 1], np.mean), "observed": (predictions.observed, np.mean)}
    inside, informative = covered(predictions, JUDGED_AT)
    if isinstance(predictions, RegressionPredictions):
        errors = np.abs(predictions.observed - predictions.predicted)
        return {"coverage": (inside, np.mean), "mae": (errors, np.mean), "median_width": (informative, np.median)}
    return {"coverage": (inside, np.mean), "single": (informative == 1, np.mean)}
