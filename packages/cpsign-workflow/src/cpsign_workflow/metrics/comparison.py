# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is one model better than another? Both are asked about the same compounds, and chance is told by the bootstrap."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 2000


def compare_values(
    observed: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]
) -> dict[str, Any]:
    """The RMSE of two models' predictions, all of shape (n,): see :func:`_compare`."""

    def rmse(predicted: NDArray[np.float64], members: NDArray[np.intp]) -> float:
        return float(np.sqrt(np.mean((predicted[members] - observed[members]) ** 2)))

    return {"metric": "rmse", **_compare(rmse, before, after)}


def compare_classes(observed: NDArray[np.str_], before: NDArray[np.str_], after: NDArray[np.str_]) -> dict[str, Any]:
    """The balanced accuracy of two models' chosen classes, all of shape (n,): see :func:`_compare`."""
    _labels, classes = np.unique(observed, return_inverse=True)

    def balanced_accuracy(right: NDArray[np.bool_], members: NDArray[np.intp]) -> float:
        drawn = np.bincount(classes[members])
        recognised = np.bincount(classes[members], weights=right[members])
        return float((recognised[drawn > 0] / drawn[drawn > 0]).mean())

    return {"metric": "balanced_accuracy", **_compare(balanced_accuracy, before == observed, after == observed)}


def _compare(
    metric: Callable[[Any, NDArray[np.intp]], float], before: NDArray[Any], after: NDArray[Any]
) -> dict[str, Any]:
    """``{n, before, after, difference, low, high}``: after - before, and the interval that holds it with 95 %.

    Paired percentile bootstrap (Efron and Tibshirani 1993, chapter 13): compounds are drawn anew, with replacement, and
    both models are measured on the same draw.
    """
    n = len(before)
    everything = np.arange(n)
    draws = np.random.default_rng(1)
    differences = []
    for _unused in range(_RESAMPLES):
        members = draws.integers(n, size=n)
        differences.append(metric(after, members) - metric(before, members))
    low, high = np.quantile(differences, [0.025, 0.975])
    first, second = metric(before, everything), metric(after, everything)
    return {
        "n": n,
        "before": first,
        "after": second,
        "difference": second - first,
        "low": float(low),
        "high": float(high),
    }
