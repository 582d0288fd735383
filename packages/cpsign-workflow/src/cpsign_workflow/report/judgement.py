# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this model be trusted? The answer of the test compounds, in words."""

from dataclasses import dataclass
from typing import Any, Literal

JUDGED_AT = 0.8
"""The confidence that the report's words and pictures speak of."""


@dataclass(frozen=True)
class Judgement:
    """Coverage at :data:`JUDGED_AT` of all test compounds, or of those of one class, and what a valid model gives."""

    of: str
    """The class, or "" for all compounds."""
    coverage: float
    low: float
    high: float

    @property
    def outcome(self) -> Literal["valid", "cautious", "invalid"]:
        """``cautious`` covers more than was asked for, as several splits together tend to: safe, but less precise."""
        if self.coverage < self.low:
            return "invalid"
        return "cautious" if self.coverage > self.high else "valid"


def judge(summary: dict[str, Any]) -> list[Judgement]:
    """One judgement for a regression, one for each class of a classification."""
    row = next(row for row in summary["calibration"] if row["confidence"] == JUDGED_AT)
    if "band" in row:
        return [Judgement("", row["coverage"], *row["band"])]
    return [Judgement(label, found["coverage"], *found["band"]) for label, found in row["classes"].items()]


def verdict(summary: dict[str, Any]) -> str:
    """One line for the log: goodness of fit and coverage."""
    test = summary["test"]
    names = {"r2": "R2", "rmse": "RMSE", "balanced_accuracy": "balanced accuracy", "mcc": "MCC"}
    fit = ", ".join(f"{name} {test[key]:.3f}" for key, name in names.items() if test.get(key) is not None)
    coverage = ", ".join(f"{found.coverage:.1%}{found.of and f' of class {found.of}'}" for found in judge(summary))
    return f"{fit}; covered at {JUDGED_AT:.0%} confidence: {coverage} ({test['n']:,} test compounds)"
