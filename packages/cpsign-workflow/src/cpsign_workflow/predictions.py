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
    """Shape (n, 19): lower end of the interval at each of :data:`CONFIDENCES`; -inf when nothing can be said."""
    upper: NDArray[np.float64]
    """Shape (n, 19)."""


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
