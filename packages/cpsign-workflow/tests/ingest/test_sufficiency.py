# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data that are not enough for a model end in one message, and leave nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from workflows import Workflow, filler, table

MakeWorkflow = Callable[[str, str | bytes], Workflow]
CLASSES = {"threshold": 3, "below": "low", "above": "high"}


@pytest.mark.parametrize(
    ("rows", "changes", "expected"),
    [
        (filler(5), {}, r"training values are 5.0: there is nothing to learn"),
        (
            [*filler(1, 2), *[("c1ccccc", 1)] * 20],
            {},
            "20 of 60 structures can not be read, such as 'c1ccccc'; curation.unreadable_share allows 20%",
        ),
        (filler(1, 2, number=12), {"cpsign": {"ptype": 2, "nr-models": 12}}, "are fewer than the 12 splits"),
        (filler(1, number=40), {"classes": CLASSES, "cpsign": {"ptype": 1}}, "no training compound has the label"),
        (filler(1, 2, number=3), {"test": {"share": 0.0001}}, "no compound is left for test"),
    ],
)
def test_one_message(
    rows: list[tuple[object, ...]],
    changes: dict[str, Any],
    expected: str,
    file_workflow: MakeWorkflow,
    capsys: pytest.CaptureFixture[str],
) -> None:
    workflow = file_workflow("t.csv", table(*rows))
    workflow.configuration |= {"test": {"share": 0.2}, **changes}
    result = workflow.run()
    error = capsys.readouterr().err
    assert result.code == 1
    assert error.count("\n") == 1
    assert expected in error
    assert list(result.output.iterdir()) == []


def test_unreadable_structures_are_allowed_where_the_configuration_says_so(file_workflow: MakeWorkflow) -> None:
    workflow = file_workflow("t.csv", table(*filler(1, 2), *[("c1ccccc", 1)] * 20))
    workflow.configuration["curation"] = {"unreadable_share": 0.5}
    assert workflow.run().report()["rows"]["dropped"] == {"unreadable structure": 20}
