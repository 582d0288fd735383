# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validity (how often the truth is covered) and efficiency (how much is said) at every confidence."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.predictions import (
    CONFIDENCES,
    ClassificationPredictions,
    Predictions,
    ProbabilityPredictions,
    RegressionPredictions,
)

Conformal = RegressionPredictions | ClassificationPredictions


def calibration(predictions: Predictions, sizes: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each of the confidences 0.05 … 0.95; ``sizes`` says on how many compounds the model was calibrated.

    Regression (reads ``sizes["calibration"]``): ``{confidence, coverage, band, mean_width, median_width}``, where
    coverage is the share of compounds whose value lies in its interval, and an infinite width is None.
    Classification (``sizes["calibration_by_class"]``): ``{confidence, coverage, mean_set_size, empty, single, multiple,
    classes: {label: {coverage, band}}}``, where coverage is the share of compounds whose set holds their class.
    ``band`` is :func:`coverage_band`. Venn-ABERS gives probabilities instead: no row, see ``probability_bins``.
    """
    if isinstance(predictions, ProbabilityPredictions):
        return []
    if isinstance(predictions, RegressionPredictions):
        return [_interval_row(predictions, confidence, sizes["calibration"]) for confidence in CONFIDENCES]
    return [_set_row(predictions, confidence, sizes["calibration_by_class"]) for confidence in CONFIDENCES]


def covered(predictions: Conformal, confidence: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each compound's interval or set holds the truth, and the width of the interval or size of the set."""
    if isinstance(predictions, RegressionPredictions):
        column = CONFIDENCES.index(confidence)
        lower, upper = predictions.lower[:, column], predictions.upper[:, column]
        return (lower <= predictions.observed) & (predictions.observed <= upper), upper - lower
    sets = predictions.sets(confidence)
    return sets[np.arange(len(sets)), predictions.observed], sets.sum(axis=1).astype(np.float64)


def coverage_band(calibration_size: int, test_size: int, confidence: float, level: float = 0.95) -> tuple[float, float]:
    """The range that holds the coverage of a valid split conformal model on a test set with probability ``level``.

    With n calibration and m test compounds that are exchangeable, the number of covered test compounds is
    beta-binomial with m trials, a = ceil((n + 1) confidence), b = n + 1 - a (Vovk, Machine Learning 92 (2013) 349-376;
    Angelopoulos and Bates, arXiv:2107.07511). Returned are the quantiles (1 - level) / 2 and (1 + level) / 2 over m.
    """
    n, m = calibration_size, test_size
    a = int(np.ceil(round((n + 1) * confidence, 9)))
    b = n + 1 - a
    if b == 0:  # every interval is infinite
        return 1.0, 1.0
    k = np.arange(m)
    # logarithm of P(k + 1) / P(k), summed up: needs no gamma function and does not overflow
    steps = np.log((m - k) * (k + a)) - np.log((k + 1) * (m - k - 1 + b))
    logarithms = np.concatenate([[0.0], np.cumsum(steps)])
    probabilities = np.exp(logarithms - logarithms.max())
    cumulative = np.cumsum(probabilities) / probabilities.sum()
    tail = (1 - level) / 2
    low, high = np.searchsorted(cumulative, [tail, 1 - tail])
    return float(low / m), float(high / m)


def _interval_row(predictions: RegressionPredictions, confidence: float, calibrated_on: int) -> dict[str, Any]:
    inside, widths = covered(predictions, confidence)
    return {
        "confidence": confidence,
        "coverage": float(inside.mean()),
        "band": coverage_band(calibrated_on, len(inside), confidence),
        "mean_width": finite(widths.mean()),
        "median_width": finite(np.median(widths)),
    }


def _set_row(
    predictions: ClassificationPredictions, confidence: float, calibrated_on: dict[str, int]
) -> dict[str, Any]:
    inside, sizes = covered(predictions, confidence)
    return {
        "confidence": confidence,
        "coverage": float(inside.mean()),
        "mean_set_size": float(sizes.mean()),
        "empty": float((sizes == 0).mean()),
        "single": float((sizes == 1).mean()),
        "multiple": float((sizes > 1).mean()),
        "classes": {
            label: {
                "coverage": float(members.mean()),
                "band": coverage_band(calibrated_on[label], len(members), confidence),
            }
            for i, label in enumerate(predictions.labels)
            if len(members := inside[predictions.observed == i])
        },
    }


def finite(figure: np.floating[Any]) -> float | None:
    """The figure, or None for what JSON has no number for."""
    return float(figure) if np.isfinite(figure) else None
