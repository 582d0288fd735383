# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed, one model and one set of figures, from configuration to report; ``test_model_types`` has every kind."""

import json
from pathlib import Path
from typing import Any

import pytest
from freesolv_training import CLASSES, CLASSIFICATION, REGRESSION, Training

from cpsign_workflow.digest import payload_sha256

KINDS = {
    "regression": (REGRESSION, {}),
    "classification": (CLASSIFICATION, {"classes": CLASSES}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_division_into_files_changes_neither_model_nor_figures(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    cpsign, further = KINDS[kind]
    five_files: Training = request.getfixturevalue(kind)
    training = Training(tmp_path, cpsign, further=further).run()
    assert len(five_files.partial_models) == 5
    assert len(training.partial_models) == 1
    assert payload_sha256(training.model) == payload_sha256(five_files.model)
    assert training.metrics["payload_sha256"] == payload_sha256(training.model)
    assert training.metrics["calibration"] == five_files.metrics["calibration"]


def test_classification_is_stratified_and_class_conditional(classification: Training) -> None:
    log: dict[str, Any] = json.loads((classification.training / "logs" / "training_1.json").read_text())
    compounds = log["precompute"]["classes"]
    (split,) = log["splits"]
    assert split["proper"] + split["calibration"] == sum(compounds.values())
    for label, n in compounds.items():
        assert split["calibration_by_class"][label] == pytest.approx(0.2 * n, abs=1)
