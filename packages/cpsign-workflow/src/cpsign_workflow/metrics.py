# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a model is on compounds it never saw: goodness of fit, and validity and efficiency at every confidence."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.predictions import (
    CONFIDENCES,
    ClassificationPredictions,
    Predictions,
    RegressionPredictions,
)


def test_metrics(predictions: Predictions) -> dict[str, Any]:
    """``{n, r2, rmse, mae}`` or ``{n, balanced_accuracy, mcc, classes}``; None where a figure is not defined."""
    if isinstance(predictions, RegressionPredictions):
        return _regression(predictions)
    return _classification(predictions)


def calibration(predictions: Predictions, sizes: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each of the confidences 0.05 … 0.95; ``sizes`` says on how many compounds the model was calibrated.

    Regression (reads ``sizes["calibration"]``): ``{confidence, coverage, band, mean_width, median_width}``, where
    coverage is the share of compounds whose value lies in its interval, and an infinite width is None.
    Classification (``sizes["calibration_by_class"]``): ``{confidence, coverage, mean_set_size, empty, single, multiple,
    classes: {label: {coverage, band}}}``, where coverage is the share of compounds whose set holds their class.
    ``band`` is :func:`coverage_band`.
    """
    if isinstance(predictions, RegressionPredictions):
        return [_interval_row(predictions, column, sizes["calibration"]) for column in range(len(CONFIDENCES))]
    return [_set_row(predictions, confidence, sizes["calibration_by_class"]) for confidence in CONFIDENCES]


def confusion(predictions: ClassificationPredictions) -> NDArray[np.int64]:
    """Counts of shape (k, k): row = observed class, column = class with the largest p-value."""
    k = len(predictions.labels)
    chosen = predictions.p_values.argmax(axis=1)
    return np.bincount(predictions.observed * k + chosen, minlength=k * k).reshape(k, k)


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
    covered = np.arange(m)
    # logarithm of P(k + 1) / P(k), summed up: needs no gamma function and does not overflow
    steps = np.log((m - covered) * (covered + a)) - np.log((covered + 1) * (m - covered - 1 + b))
    logarithms = np.concatenate([[0.0], np.cumsum(steps)])
    probabilities = np.exp(logarithms - logarithms.max())
    cumulative = np.cumsum(probabilities) / probabilities.sum()
    tail = (1 - level) / 2
    low, high = np.searchsorted(cumulative, [tail, 1 - tail])
    return float(low / m), float(high / m)


def _regression(predictions: RegressionPredictions) -> dict[str, Any]:
    errors = predictions.observed - predictions.predicted
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a square beyond 1e308, or equal values
        spread = np.sum((predictions.observed - predictions.observed.mean()) ** 2)
        return {
            "n": len(errors),
            "r2": _finite(1 - np.sum(errors**2) / spread),
            "rmse": _finite(np.sqrt(np.mean(errors**2))),
            "mae": _finite(np.mean(np.abs(errors))),
        }


def _classification(predictions: ClassificationPredictions) -> dict[str, Any]:
    counts = confusion(predictions)
    observed, predicted, right = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
    recalls = [float(right[i] / observed[i]) if observed[i] else None for i in range(len(observed))]
    precisions = [float(right[i] / predicted[i]) if predicted[i] else None for i in range(len(observed))]
    known = [recall for recall in recalls if recall is not None]
    return {
        "n": int(counts.sum()),
        "balanced_accuracy": sum(known) / len(known),
        "mcc": _mcc(counts),
        "classes": {
            label: {"n": int(observed[i]), "recall": recalls[i], "precision": precisions[i]}
            for i, label in enumerate(predictions.labels)
        },
    }


def _mcc(counts: NDArray[np.int64]) -> float | None:
    """Matthews correlation for k classes (Gorodkin, Comput. Biol. Chem. 28 (2004) 367-374)."""
    n = int(counts.sum())
    observed, predicted = counts.sum(axis=1), counts.sum(axis=0)
    covariance = int(counts.trace()) * n - int(observed @ predicted)
    variances = (n * n - int(observed @ observed)) * (n * n - int(predicted @ predicted))
    return float(covariance / np.sqrt(float(variances))) if variances else None


def _interval_row(predictions: RegressionPredictions, column: int, calibrated_on: int) -> dict[str, Any]:
    lower, upper = predictions.lower[:, column], predictions.upper[:, column]
    inside = (lower <= predictions.observed) & (predictions.observed <= upper)
    widths = upper - lower
    return {
        "confidence": CONFIDENCES[column],
        "coverage": float(inside.mean()),
        "band": coverage_band(calibrated_on, len(inside), CONFIDENCES[column]),
        "mean_width": _finite(widths.mean()),
        "median_width": _finite(np.median(widths)),
    }


def _set_row(
    predictions: ClassificationPredictions, confidence: float, calibrated_on: dict[str, int]
) -> dict[str, Any]:
    # rounded, because the mean of p-values of several splits may lie a last digit above the significance
    inside = predictions.p_values.round(9) > round(1 - confidence, 9)
    sizes = inside.sum(axis=1)
    covered = inside[np.arange(len(sizes)), predictions.observed]
    return {
        "confidence": confidence,
        "coverage": float(covered.mean()),
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
            if len(members := covered[predictions.observed == i])
        },
    }


def _finite(figure: np.floating[Any]) -> float | None:
    return float(figure) if np.isfinite(figure) else None
