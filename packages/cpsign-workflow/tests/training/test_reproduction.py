# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed, one model: however many files the splits are divided into."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from freesolv_training import CLASSES, CLASSIFICATION, REGRESSION, Training

from cpsign_workflow.cpsign import dataset, predictor
from cpsign_workflow.digest import entry_digests, payload_sha256
from cpsign_workflow.parameters import TrainingParameters
from cpsign_workflow.train import TRAINING_ENTRY

KINDS = {
    "regression": (REGRESSION, {}),
    "classification": (CLASSIFICATION, {"classes": CLASSES}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("splits_per_model", "files"), [(None, 1), (3, 2)])
def test_division_into_files_does_not_change_the_model(
    kind: str, splits_per_model: int | None, files: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    cpsign, further = KINDS[kind]
    five_files: Training = request.getfixturevalue(kind)
    training = Training(tmp_path, cpsign, splits_per_model=splits_per_model, further=further).run()
    assert len(five_files.partial_models) == 5
    assert len(training.partial_models) == files
    assert payload_sha256(training.model) == payload_sha256(five_files.model)
    assert training.metrics["payload_sha256"] == payload_sha256(training.model)
    assert training.metrics["calibration"] == five_files.metrics["calibration"]


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_another_model(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    cpsign, further = KINDS[kind]
    first: Training = request.getfixturevalue(kind)
    second = Training(tmp_path, {**cpsign, "seed": 2}, splits_per_model=1, further=further).run()
    assert second.metrics["payload_sha256"] != first.metrics["payload_sha256"]
    # not only the recorded seed: other compounds calibrate
    of_splits = [name for name in entry_digests(first.model) if name.endswith(".ncs")]
    assert len(of_splits) == 5
    assert all(entry_digests(first.model)[name] != entry_digests(second.model)[name] for name in of_splits)


@pytest.mark.parametrize("kind", KINDS)
def test_a_split_trained_alone_equals_cpsigns_own_training_of_all(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """CPSign 2.0.0 trains single splits of a classification with the wrong seed; what it trains as a whole is right."""
    ours: Training = request.getfixturevalue(kind)
    parameters = TrainingParameters.read(ours.ingestion / "training" / "parameters_1.json")
    whole = predictor.untrained(parameters, dataset.load(ours.precomputed / "precomputed.jar"))
    whole.train()
    with zipfile.ZipFile(ours.model) as archive:
        entry = archive.read(TRAINING_ENTRY).decode()
    predictor.save(whole, tmp_path / "whole.jar", {TRAINING_ENTRY: entry})
    assert entry_digests(tmp_path / "whole.jar") == entry_digests(ours.model)


def test_classification_is_stratified_and_class_conditional(classification: Training) -> None:
    log: dict[str, Any] = json.loads((classification.training / "logs" / "training_1.json").read_text())
    compounds = log["precompute"]["classes"]
    (split,) = log["splits"]
    assert split["proper"] + split["calibration"] == sum(compounds.values())
    for label, n in compounds.items():
        assert split["calibration_by_class"][label] == pytest.approx(0.2 * n, abs=1)
