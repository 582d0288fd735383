# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate before a release: may this model take the place of the one in use?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cpsign_workflow.catalogue.trained_model import figures
from cpsign_workflow.report.judgement import JUDGED_AT, judge


@dataclass(frozen=True)
class Rules:
    """What a model must reach."""

    test_rows: int
    """Test compounds that validity is judged on, at least."""
    worse_by: float
    """How much the key figure may fall below that of the released model, in the figure's own unit."""


@dataclass(frozen=True)
class Check:
    """One rule and what it found."""

    passed: bool
    text: str


def gate(candidate: dict[str, Any], released: dict[str, Any] | None, rules: Rules) -> list[Check]:
    """Judge a candidate's metrics.json beside that of the released model, if there is one."""
    return [_enough_rows(candidate, rules), *_valid(candidate), *_not_worse(candidate, released, rules)]


def _enough_rows(candidate: dict[str, Any], rules: Rules) -> Check:
    n = candidate["test"]["n"]
    return Check(n >= rules.test_rows, f"{n:,} test compounds, {rules.test_rows:,} are wanted")


def _valid(candidate: dict[str, Any]) -> Iterator[Check]:
    """A model that covers more than it promises is safe, if less precise; one that covers less breaks its promise."""
    for found in judge(candidate):
        of = f" of class {found.of}" if found.of else ""
        yield Check(
            found.outcome != "invalid",
            f"coverage{of} at confidence {JUDGED_AT} is {found.coverage:.3f}, "
            f"a valid model gives {found.low:.3f} to {found.high:.3f} or more",
        )


def _not_worse(candidate: dict[str, Any], released: dict[str, Any] | None, rules: Rules) -> Iterator[Check]:
    if released is None:
        return
    kinds = candidate["training"]["type"], released["training"]["type"]
    name, now = next(figures(candidate), ("", 0.0))
    before = dict(figures(released)).get(name)
    if before is None:
        yield Check(False, f"the released model is {kinds[1]}, this one {kinds[0]}: they can not be compared")
        return
    fell = now - before if name in ("Brier score", "log loss") else before - now
    yield Check(
        round(fell, 9) <= rules.worse_by,
        f"{name} is {now:.3f}, {before:.3f} of the released model; it may be worse by {rules.worse_by:g}",
    )
