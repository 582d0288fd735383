# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goodness of fit: predicted beside observed, whatever the confidence."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.metrics.coverage import finite
from cpsign_workflow.metrics.probabilities import brier, log_loss
from cpsign_workflow.metrics.ranking import average_precision, roc_auc
from cpsign_workflow.predictions import (
    JUDGED_AT,
    ClassPredictions,
    Predictions,
    ProbabilityPredictions,
    RegressionPredictions,
)


def test_metrics(predictions: Predictions) -> dict[str, Any]:
    """Figures by name; None where one is not defined.

    Regression: ``{n, r2, rmse, mae, central_width}``, the last of the range that holds the middle :data:`JUDGED_AT` of
    the observed values: an interval that is no narrower says nothing. Classes: ``{n, balanced_accuracy, mcc, auc,
    average_precision, classes: {label: {n, recall, precision}}}``, average_precision for the second class. Venn-ABERS
    besides: ``{brier, log_loss, mean_width}``, the last of p1 - p0.
    """
    if isinstance(predictions, RegressionPredictions):
        return _regression(predictions)
    figures = _classification(predictions)
    if isinstance(predictions, ProbabilityPredictions):
        figures |= {
            "brier": brier(predictions),
            "log_loss": log_loss(predictions),
            "mean_width": float((predictions.upper - predictions.lower).mean()),
        }
    return figures


def confusion(predictions: ClassPredictions) -> NDArray[np.int64]:
    """Counts of shape (k, k): row = observed class, column = class with the largest p-value or probability."""
    k = len(predictions.labels)
    chosen = predictions.scores.argmax(axis=1)
    return np.bincount(predictions.observed * k + chosen, minlength=k * k).reshape(k, k)


def _regression(predictions: RegressionPredictions) -> dict[str, Any]:
    errors, tail = predictions.observed - predictions.predicted, (1 - JUDGED_AT) / 2
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a square beyond 1e308, or equal values
        spread = np.sum((predictions.observed - predictions.observed.mean()) ** 2)
        return {
            "n": len(errors),
            "r2": finite(1 - np.sum(errors**2) / spread),
            "rmse": finite(np.sqrt(np.mean(errors**2))),
            "mae": finite(np.mean(np.abs(errors))),
            "central_width": finite(np.diff(np.quantile(predictions.observed, [tail, 1 - tail]))[0]),
        }


def _classification(predictions: ClassPredictions) -> dict[str, Any]:
    counts = confusion(predictions)
    observed, predicted, right = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
    recalls = [float(right[i] / observed[i]) if observed[i] else None for i in range(len(observed))]
    precisions = [float(right[i] / predicted[i]) if predicted[i] else None for i in range(len(observed))]
    known = [recall for recall in recalls if recall is not None]
    return {
        "n": int(counts.sum()),
        "balanced_accuracy": sum(known) / len(known),
        "mcc": _mcc(counts),
        "auc": roc_auc(predictions),
        "average_precision": average_precision(predictions),
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
