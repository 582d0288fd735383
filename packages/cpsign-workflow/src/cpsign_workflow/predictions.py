# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model says of the compounds that were kept back, beside what was measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCES: tuple[float, ...] = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""0.05, 0.10, … 0.95: the confidences at which a model is judged."""

JUDGED_AT = 0.8
"""The confidence that the report's words and pictures speak of."""


@dataclass(frozen=True)
class RegressionPredictions:
    """Predictions for n compounds, in the unit of the modelled value."""

    keys: tuple[str, ...]
    observed: NDArray[np.float64]
    """Shape (n,)."""
    predicted: NDArray[np.float64]
    """Shape (n,): the midpoint of the intervals."""
    lower: NDArray[np.float64]
    """Shape (n, k): lower end of the interval at each of k confidences, which are :data:`CONFIDENCES` where a model is
    judged; -inf when nothing can be said."""
    upper: NDArray[np.float64]
    """Shape (n, k)."""


@dataclass(frozen=True)
class ClassificationPredictions:
    """Predictions for n compounds and k classes."""

    labels: tuple[str, ...]
    keys: tuple[str, ...]
    observed: NDArray[np.int64]
    """Shape (n,): index into ``labels``."""
    p_values: NDArray[np.float64]
    """Shape (n, k): a class is in the set at confidence c when its p-value is above 1 - c."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """Shape (n, k): the larger, the more a compound looks like one of the class."""
        return self.p_values

    def sets(self, confidence: float) -> NDArray[np.bool_]:
        """Shape (n, k): whether the prediction set at ``confidence`` holds the class."""
        # rounded, because the mean of p-values of several splits may lie a last digit above the significance
        return self.p_values.round(9) > round(1 - confidence, 9)


@dataclass(frozen=True)
class ProbabilityPredictions:
    """Venn-ABERS predictions for n compounds and two classes."""

    labels: tuple[str, ...]
    keys: tuple[str, ...]
    observed: NDArray[np.int64]
    """Shape (n,): index into ``labels``."""
    probabilities: NDArray[np.float64]
    """Shape (n, 2): calibrated probability of each class; a row sums up to 1."""
    lower: NDArray[np.float64]
    """Shape (n,): p0 of ``labels[1]``, its probability were the compound of the other class; mean over splits."""
    upper: NDArray[np.float64]
    """Shape (n,): p1 of ``labels[1]``, its probability were the compound of this class; mean over splits."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """Shape (n, k): the larger, the more a compound looks like one of the class."""
        return self.probabilities


ClassPredictions = ClassificationPredictions | ProbabilityPredictions
Predictions = RegressionPredictions | ClassPredictions
