# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the probabilities of a Venn-ABERS predictor true?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.predictions import Predictions, ProbabilityPredictions

_BINS = 10
_SMALLEST_BIN = 20  # compounds; fewer show only chance


def brier(predictions: ProbabilityPredictions) -> float:
    """Mean squared distance of the second class's probability to the truth (0 or 1); 0.25 for "half" everywhere."""
    return float(np.mean((predictions.probabilities[:, 1] - predictions.observed) ** 2))


def log_loss(predictions: ProbabilityPredictions) -> float:
    """Mean of -ln(probability of the observed class); a probability counts as at least 1e-15."""
    given = predictions.probabilities[np.arange(len(predictions.observed)), predictions.observed]
    return float(-np.log(np.clip(given, 1e-15, 1)).mean())


def probability_bins(predictions: Predictions) -> list[dict[str, Any]]:
    """Test compounds in order of the second class's probability, in at most ten bins of nearly equal size.

    A bin is ``{n, predicted, lower, upper, observed, band}``: mean probability, mean p0 and p1, share of the second
    class among its compounds, and the range that holds this share with probability 0.95 when every compound's
    probability is true (the number is then Poisson-binomial, computed exactly). No bins for other predictors.
    """
    if not isinstance(predictions, ProbabilityPredictions):
        return []
    number = max(1, min(_BINS, len(predictions.observed) // _SMALLEST_BIN))
    order = np.argsort(predictions.probabilities[:, 1], kind="stable")
    return [_bin(predictions, members) for members in np.array_split(order, number)]


def _bin(predictions: ProbabilityPredictions, members: NDArray[np.intp]) -> dict[str, Any]:
    probabilities = predictions.probabilities[members, 1]
    return {
        "n": len(members),
        "predicted": float(probabilities.mean()),
        "lower": float(predictions.lower[members].mean()),
        "upper": float(predictions.upper[members].mean()),
        "observed": float(predictions.observed[members].mean()),
        "band": _poisson_binomial_range(probabilities),
    }


def _poisson_binomial_range(probabilities: NDArray[np.float64]) -> tuple[float, float]:
    distribution = np.ones(1)
    for probability in probabilities:
        distribution = np.convolve(distribution, [1 - probability, probability])
    cumulative = np.cumsum(distribution)
    low, high = np.searchsorted(cumulative, [0.025, 0.975])
    return float(low / len(probabilities)), float(min(high, len(probabilities)) / len(probabilities))
