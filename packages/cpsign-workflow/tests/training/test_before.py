# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model before beside the new one: asked about what is new, and compared where neither was trained."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freesolv_training import CLASSES, CLASSIFICATION, REGRESSION, Training, freesolv

from cpsign_workflow.before import Before

ONE_SPLIT = REGRESSION | {"nr-models": 1}


def test_first_model_has_none_before(regression: Training) -> None:
    assert regression.metrics["before"] is None
    assert regression.metrics["test_looks"] == 1
    assert "There is none to compare with" in (regression.result / "report.html").read_text(encoding="utf-8")


def test_new_release(tmp_path: Path) -> None:
    old = Training(tmp_path / "old", ONE_SPLIT, rows=freesolv()[:400]).run()
    new = Training(tmp_path / "new", ONE_SPLIT, before=old.result).run()
    found = new.metrics["before"]
    assert found["commit"] == "c0ffee"
    assert found["payload_sha256"] == old.metrics["payload_sha256"]
    # the test compounds of then are still test compounds, and what else is one has come since
    assert found["shared"]["n"] == old.metrics["test"]["n"]
    assert found["new"]["n"] == new.metrics["test"]["n"] - old.metrics["test"]["n"] > 0
    assert found["shared"]["before"] == old.metrics["test"]["rmse"]
    assert found["shared"]["low"] <= found["shared"]["difference"] <= found["shared"]["high"]
    assert 0 < found["new"]["test"]["rmse"] < 5
    assert [row["confidence"] for row in found["new"]["calibration"]] == [0.8]
    assert new.metrics["test_looks"] == 2
    page = (new.result / "report.html").read_text(encoding="utf-8")
    assert f"{found['new']['n']} test compounds have come since then" in page
    assert "looked at 2 times" in page


def test_other_test_compounds_are_a_fresh_look_and_no_fair_question(tmp_path: Path, regression: Training) -> None:
    other = {"test": {"salt": "other"}}
    new = Training(tmp_path, ONE_SPLIT, further=other, before=regression.result).run()
    assert new.metrics["test_looks"] == 1
    assert new.metrics["before"]["new"] is None
    assert 0 < new.metrics["before"]["shared"]["n"] < new.metrics["test"]["n"]


def test_model_of_another_kind_is_named_and_not_compared(tmp_path: Path, regression: Training) -> None:
    new = Training(tmp_path, CLASSIFICATION, further={"classes": CLASSES}, before=regression.result).run()
    assert new.metrics["before"]["shared"] is None
    assert new.metrics["before"]["new"] is None


@pytest.mark.parametrize(
    ("now", "same_rule", "knows_none"),
    [
        ({"by": "random", "from_year": None, "share_of_from_year": None}, False, False),
        ({}, True, True),
        ({"from_year": 2021}, True, True),
        ({"from_year": 2021, "share_of_from_year": 0.9}, True, True),
        ({"share_of_from_year": 0.4}, True, True),
        ({"share_of_from_year": 0.6}, True, False),
        ({"from_year": 2019}, True, False),
    ],
)
def test_by_time_the_end_of_the_training_must_not_go_back(
    now: dict[str, Any], same_rule: bool, knows_none: bool, tmp_path: Path
) -> None:
    """Old measurements that came late would make test compounds of what the model before was trained on."""
    then = {"by": "time", "share": 0.15, "salt": "s", "from_year": 2020, "share_of_from_year": 0.5}
    (tmp_path / "metrics.json").write_text(json.dumps({"split": then, "test_looks": 3}))
    provenance: Any = SimpleNamespace(split=then | now)
    before = Before(tmp_path, provenance)
    assert (before.same_rule, before.knows_none, before.test_looks) == (same_rule, knows_none, 3 if same_rule else 0)
