# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this model be trusted? The answer of the test compounds, in words."""

from dataclasses import dataclass
from typing import Any, Literal

from cpsign_workflow.predictions import JUDGED_AT

__all__ = ["JUDGED_AT", "Judgement", "bins_outside", "judge", "verdict"]


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
    """One judgement for a regression, one for each class of a classification; none for Venn-ABERS."""
    row = next((row for row in summary["calibration"] if row["confidence"] == JUDGED_AT), None)
    if row is None:
        return []
    if "band" in row:
        return [Judgement("", row["coverage"], *row["band"])]
    return [Judgement(label, found["coverage"], *found["band"]) for label, found in row["classes"].items()]


def bins_outside(summary: dict[str, Any]) -> int:
    """Bins of a Venn-ABERS predictor whose share of the class is not what its probabilities let expect."""
    return sum(not row["band"][0] <= row["observed"] <= row["band"][1] for row in summary["probability_bins"])


def verdict(summary: dict[str, Any]) -> str:
    """One line for the log: goodness of fit, and coverage or truth of the probabilities."""
    test, bins = summary["test"], summary["probability_bins"]
    names = {"r2": "R2", "rmse": "RMSE", "balanced_accuracy": "balanced accuracy", "mcc": "MCC", "brier": "Brier score"}
    fit = ", ".join(f"{name} {test[key]:.3f}" for key, name in names.items() if test.get(key) is not None)
    if bins:
        return (
            f"{fit}; {len(bins) - bins_outside(summary)} of {len(bins)} bins as expected ({test['n']:,} test compounds)"
        )
    coverage = ", ".join(f"{found.coverage:.1%}{found.of and f' of class {found.of}'}" for found in judge(summary))
    return f"{fit}; covered at {JUDGED_AT:.0%} confidence: {coverage} ({test['n']:,} test compounds)"
