# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this model be trusted? The answer of the test compounds, in words."""

from dataclasses import dataclass
from typing import Any, Literal

from cpsign_workflow.predictions import JUDGED_AT

__all__ = ["JUDGED_AT", "Judgement", "answer", "bins_outside", "falling_short", "judge", "verdict"]

_GROUPS = {"by_size": "{} heavy atoms", "by_distance": "a distance of {} to the nearest training compound"}


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


def falling_short(summary: dict[str, Any]) -> list[Judgement]:
    """The groups of test compounds, by size and by distance, that are covered less than chance explains."""
    groups = [
        Judgement(words.format(row["group"]), row["coverage"], *row["band"])
        for name, words in _GROUPS.items()
        for row in summary["validity"][name]
        if "coverage" in row
    ]
    return [group for group in groups if group.outcome == "invalid"]


def answer(summary: dict[str, Any]) -> str:
    """Can this model be trusted? One sentence, the first that a reader sees."""
    if summary["probability_bins"]:
        if bins_outside(summary) > 1:
            return "No: its probabilities are not what they say."
        return "Yes: its probabilities are what they say."
    found = judge(summary)
    if broken := [one.of for one in found if one.outcome == "invalid"]:
        return f"No: it is right less often than it says{', for class ' + ' and '.join(broken) if any(broken) else ''}."
    if falling_short(summary):
        return "Yes on the whole, but not for every kind of compound."
    if any(one.outcome == "cautious" for one in found):
        return "Yes: it is right at least as often as it says."
    return "Yes: it is right as often as it says."


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
