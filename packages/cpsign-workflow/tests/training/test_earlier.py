# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregation reads what an earlier version's steps left; tests/e2e does so with a whole service."""

from cpsign_workflow import earlier


def test_an_earlier_ingestion_drew_its_test_compounds_by_a_hash() -> None:
    then = {"share": 0.15, "salt": "pepper", "rows": {"read": 80}}
    split = {"by": "random", "share": 0.15, "salt": "pepper", "from_year": None}
    assert earlier.ingestion(then) == then | {"split": split}


def test_an_earlier_training_named_its_parameters_beside_the_scorer() -> None:
    scorer = {"name": "LinearSVR", "cost": 1, "gamma": None}
    then = {"parameters": {"seed": 8, "scorer": scorer}, "precompute": {"features": 118}, "java": "17"}
    assert earlier.training(then) == {
        "parameters": {"seed": 8, "scorer": {"name": "LinearSVR", "parameters": {"cost": 1}}},
        "precompute": {"features": 118, "tuning": None},
        "java": "17",
    }


def test_what_is_of_today_stays_as_it_is() -> None:
    report = {"share": 0.1, "salt": "pepper", "split": {"by": "time", "share": 0.1, "salt": None, "from_year": 2020}}
    assert earlier.ingestion(report) == report
    scorer = {"name": "LinearSVC", "parameters": {"cost": 2.0}}
    log = {"parameters": {"scorer": scorer}, "precompute": {"tuning": {"chosen": {"cost": 2.0}}}}
    assert earlier.training(log) == log
