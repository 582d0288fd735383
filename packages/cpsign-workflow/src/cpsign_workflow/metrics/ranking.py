# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a model ranks the compounds of its second class before those of the first."""

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.predictions import ClassPredictions

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def roc(predictions: ClassPredictions) -> Curve:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1)."""
    true, false = _found(predictions)
    return np.append(0, false / false[-1]), np.append(0, true / true[-1])


def precision_recall(predictions: ClassPredictions) -> Curve:
    """Recall and precision at every threshold, with rising recall."""
    true, false = _found(predictions)
    return true / true[-1], true / (true + false)


def roc_auc(predictions: ClassPredictions) -> float | None:
    """Area under :func:`roc`: the chance that a compound of the second class is ranked before one of the first."""
    if len(set(predictions.observed.tolist())) < 2:
        return None
    false, true = roc(predictions)
    return float(np.trapezoid(true, false))


def average_precision(predictions: ClassPredictions) -> float | None:
    """Precision, averaged over the steps of recall (no interpolation, which would flatter)."""
    if len(set(predictions.observed.tolist())) < 2:
        return None
    recall, precision = precision_recall(predictions)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def _found(predictions: ClassPredictions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Compounds of the second and of the first class that have at least the score, for each score that there is."""
    # p-values of both classes say something: a compound alike to neither has two small ones
    scores = predictions.scores[:, 1] - predictions.scores[:, 0]
    order = np.argsort(-scores, kind="stable")
    of_second = predictions.observed[order] == 1
    last_of_score = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return np.cumsum(of_second)[last_of_score], np.cumsum(~of_second)[last_of_score]
