# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the models good, and is what they say of themselves true?"""

import statistics
from pathlib import Path

import pytest
from freesolv_training import REGRESSION, Training, freesolv, permuted


def test_regression_explains_measured_values(regression: Training) -> None:
    assert regression.metrics["test"]["r2"] >= 0.7
    assert regression.metrics["test"]["mae"] < regression.metrics["test"]["rmse"] < 2


def test_regression_covers_what_it_promises_over_ten_salts(tmp_path: Path) -> None:
    coverages, explained = [], []
    for salt in range(10):
        training = Training(tmp_path / str(salt), REGRESSION, further={"test": {"salt": f"salt {salt}"}}).run()
        coverages.append(training.covered(0.8)["coverage"])
        explained.append(training.metrics["test"]["r2"])
    assert 0.74 <= statistics.mean(coverages) <= 0.88
    assert statistics.mean(explained) >= 0.7
    assert len(set(coverages)) > 1, "the salt decides which compounds are kept back"


def test_values_without_relation_to_structures_are_not_explained(tmp_path: Path) -> None:
    training = Training(tmp_path, REGRESSION, rows=permuted(freesolv())).run()
    assert training.metrics["test"]["r2"] <= 0.1
    # validity needs no good model: the intervals become wide instead
    low, high = training.covered(0.8)["band"]
    assert low <= training.covered(0.8)["coverage"] <= high


def test_classification_recognises_both_classes(classification: Training) -> None:
    test = classification.metrics["test"]
    assert test["balanced_accuracy"] >= 0.8
    assert test["mcc"] >= 0.6
    assert set(test["classes"]) == {"soluble", "volatile"}
    assert sum(found["n"] for found in test["classes"].values()) == test["n"]


@pytest.mark.parametrize("confidence", [0.7, 0.8, 0.9])
def test_classification_is_valid_for_each_class(classification: Training, confidence: float) -> None:
    for found in classification.covered(confidence)["classes"].values():
        assert found["coverage"] >= found["band"][0]


def test_higher_confidence_covers_more_and_says_less(regression: Training, classification: Training) -> None:
    intervals, sets = regression.metrics["calibration"], classification.metrics["calibration"]
    for rows, size in ((intervals, "median_width"), (sets, "mean_set_size")):
        assert [row["confidence"] for row in rows] == [round(0.05 * step, 2) for step in range(1, 20)]
        assert [row["coverage"] for row in rows] == sorted(row["coverage"] for row in rows)
        assert [row[size] for row in rows] == sorted(row[size] for row in rows)


def test_metrics_tell_all_that_a_run_is_known_by(regression: Training) -> None:
    metrics = regression.metrics
    rows = metrics["rows"]
    assert rows["read"] == 642 == rows["used"] + sum(rows["dropped"].values())
    assert rows["used"] == rows["training"] + rows["test"]
    assert rows["dropped"]["fewer than 5 heavy atoms"] > 0
    assert metrics["test"]["n"] == rows["test"]
    assert metrics["versions"]["cpsign"] == "2.0.0"
    assert set(metrics["versions"]) == {"collection", "cpsign", "java"}
    assert set(metrics["data"]) >= {"release", "fingerprint"}
    assert set(metrics["timings"]) == {"ingestion", "precompute", "training", "aggregate"}
    assert {"seed", "salt", "user", "payload_sha256", "calibration", "workflow"} <= set(metrics)


def test_the_configuration_stays_with_the_model(regression: Training) -> None:
    given = regression.folder / "config" / "configuration.json"
    assert (regression.result / "configuration.json").read_bytes() == given.read_bytes()
