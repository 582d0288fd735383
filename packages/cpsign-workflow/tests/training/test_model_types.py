# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind of model: one seed, one model, however it is divided into files."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steps import LABELS, classified, compounds, logs, merged, precomputed, trained, write_table

from cpsign_workflow.cpsign import dataset, prediction, predictor
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.digest import entry_digests, payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.metrics import calibration
from cpsign_workflow.parameters import TrainingParameters
from cpsign_workflow.predictions import ClassificationPredictions, ProbabilityPredictions, RegressionPredictions
from cpsign_workflow.train import TRAINING_ENTRY
from cpsign_workflow.training_data import check_size, needed

KINDS: dict[str, dict[str, Any]] = {
    "ACP regression": {"ptype": 2, "sampling-strategy": "Random:numSamples=4"},
    "CCP regression": {"ptype": 2, "sampling-strategy": "Folded:folds=4", "scorer": "EpsilonSVR:gamma=0.01"},
    "ACP classification": {"ptype": 1, "sampling-strategy": "RandomStratified:numSamples=4"},
    "CCP classification": {"ptype": 1, "sampling-strategy": "FoldedStratified:folds=4"},
    "TCP classification": {"ptype": 3},
    "VAP classification": {"ptype": 5, "sampling-strategy": "RandomStratified:numSamples=4"},
    "VAP classification in folds": {"ptype": 5, "sampling-strategy": "FoldedStratified:folds=4"},
}
OTHER_SCORERS = [
    {"ptype": 2, "scorer": "NuSVR:gamma=0.01", "ncm": "LogNormalized:beta=0.1"},
    {"ptype": 2, "scorer": "LinearSVR:C=1", "ncm": "AbsDiff"},
    {"ptype": 1, "scorer": "C_SVC:gamma=0.01", "ncm": "PositiveDistanceToHyperplane"},
    {"ptype": 1, "scorer": "NuSVC:nu=0.3:gamma=0.01"},
    {"ptype": 1, "scorer": "PlattScaledC_SVC:gamma=0.01", "ncm": "InverseProbability"},
    {"ptype": 1, "scorer": "PlattScaledNuSVC:nu=0.3:gamma=0.01", "ncm": "ProbabilityMargin"},
    {"ptype": 1, "scorer": "LogisticRegression"},
]
TEST_ROWS = slice(220, 250)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Precomputed data for both kinds of values. Read only."""
    rows = compounds()[:220]
    return {
        "regression": precomputed(tmp_path_factory.mktemp("values"), rows, {"ptype": 2}),
        "classification": precomputed(tmp_path_factory.mktemp("classes"), classified(rows), {"ptype": 1}),
    }


@pytest.fixture(scope="session")
def models(data: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a finished training of each kind, one file for each split. Read only."""
    folders = {}
    for kind, flags in KINDS.items():
        folders[kind] = tmp_path_factory.mktemp("model")
        merged(trained(folders[kind], data[kind.split()[1]], flags, splits_per_file=1), folders[kind])
    return folders


@pytest.mark.parametrize("kind", KINDS)
def test_files_do_not_change_the_model(
    kind: str, data: dict[str, Path], models: dict[str, Path], tmp_path: Path
) -> None:
    whole = payload_sha256(models[kind] / "model.jar")
    for splits_per_file, files in ((None, 1), (3, 2)):
        folder = tmp_path / str(files)
        parts = trained(folder, data[kind.split()[1]], KINDS[kind], splits_per_file)
        assert len(parts) == (1 if kind.startswith("TCP") else files)
        assert payload_sha256(merged(parts, folder)) == whole


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_draws_other_compounds(
    kind: str, data: dict[str, Path], models: dict[str, Path], tmp_path: Path
) -> None:
    other = merged(trained(tmp_path, data[kind.split()[1]], {**KINDS[kind], "seed": 2}), tmp_path)
    first, second = entry_digests(models[kind] / "model.jar"), entry_digests(other)
    assert payload_sha256(other) != payload_sha256(models[kind] / "model.jar")
    of_splits = [name for name in first if name.endswith((".ncs", ".calibration"))]
    assert len(of_splits) == (0 if kind.startswith("TCP") else 4)  # a transductive one keeps all compounds
    assert all(first[name] != second[name] for name in of_splits)


@pytest.mark.parametrize("kind", KINDS)
def test_splits_trained_alone_equal_cpsigns_own_training_of_all(
    kind: str, data: dict[str, Path], models: dict[str, Path], tmp_path: Path
) -> None:
    """CPSign 2.0.0 gives single splits of a classification the wrong seed; what it trains as a whole is right."""
    parameters = TrainingParameters.read(models[kind] / "mount_1" / "training" / "parameters_1.json")
    whole = predictor.untrained(parameters, dataset.load(data[kind.split()[1]] / "precomputed.jar"))
    whole.train()
    with zipfile.ZipFile(models[kind] / "model.jar") as archive:
        entry = archive.read(TRAINING_ENTRY).decode()
    predictor.save(whole, tmp_path / "whole.jar", {TRAINING_ENTRY: entry})
    assert entry_digests(tmp_path / "whole.jar") == entry_digests(models[kind] / "model.jar")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].get("sampling-strategy", "").startswith("Fol")])
def test_every_compound_calibrates_in_one_fold(kind: str, data: dict[str, Path], models: dict[str, Path]) -> None:
    parameters = TrainingParameters.read(models[kind] / "mount_1" / "training" / "parameters_1.json")
    records = dataset.load(data[kind.split()[1]] / "precomputed.jar")
    model = predictor.untrained(parameters, records)
    calibrating = [
        str(record)
        for split in range(4)
        for record in predictor.division(model, split, parameters.seed).getCalibrationSet()
    ]
    assert sorted(calibrating) == sorted(str(record) for record in records.getDataset())
    if kind == "CCP classification":  # of which CPSign keeps nothing but the scores
        with zipfile.ZipFile(models[kind] / "model.jar") as archive:
            scores = [archive.read(name) for name in archive.namelist() if name.endswith(".ncs")]
        assert sum(text.count(b".") for text in scores) == len(calibrating)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "classification" in kind])
def test_classes_are_calibrated_one_by_one_and_stratified(kind: str, models: dict[str, Path]) -> None:
    log = logs(models[kind])[0]
    (split,) = log["splits"]
    share = {"TCP": 1, "VAP": 0.2}.get(kind[:3], 0.2) if "Folded" not in str(KINDS[kind]) else 0.25
    for label, n in log["precompute"]["classes"].items():
        assert split["calibration_by_class"][label] == pytest.approx(share * n, abs=1)


def test_predictions_of_each_kind(models: dict[str, Path], tmp_path: Path) -> None:
    rows = compounds()[TEST_ROWS]
    write_table(tmp_path / "values.tsv.gz", rows)
    write_table(tmp_path / "classes.tsv.gz", classified(rows))
    for kind, folder in models.items():
        table = tmp_path / ("values.tsv.gz" if "regression" in kind else "classes.tsv.gz")
        found = prediction.predict(prediction.load(folder / "model.jar"), Compounds(table))
        assert set(found.keys) <= {key for key, _unused, _unused in rows}
        if isinstance(found, RegressionPredictions):
            assert np.corrcoef(found.observed, found.predicted)[0, 1] > 0.7
            continue
        assert found.labels == LABELS
        leaning = found.scores[:, 1] - found.scores[:, 0]
        assert leaning[found.observed == 1].mean() > leaning[found.observed == 0].mean() + 0.2
        if isinstance(found, ClassificationPredictions):
            assert (found.p_values > 0).all()
            assert (found.p_values <= 1).all()
        else:
            assert isinstance(found, ProbabilityPredictions)
            assert found.probabilities.sum(axis=1) == pytest.approx(1)
            assert (found.lower <= found.upper).all()
            assert np.corrcoef((found.lower + found.upper) / 2, found.probabilities[:, 1])[0, 1] > 0.9


def test_a_transductive_predictor_is_valid(models: dict[str, Path], tmp_path: Path) -> None:
    """CPSign 2.0.0 by itself leaves out signatures that are new, and then covers far less than it promises."""
    rows = classified(compounds(400))[220:400]
    write_table(tmp_path / "classes.tsv.gz", rows)
    model = prediction.load(models["TCP classification"] / "model.jar")
    found = prediction.predict(model, Compounds(tmp_path / "classes.tsv.gz"))
    assert isinstance(found, ClassificationPredictions)
    (log,) = logs(models["TCP classification"])
    for row in calibration(found, {"calibration_by_class": log["splits"][0]["calibration_by_class"]}):
        if row["confidence"] in {0.7, 0.8, 0.9}:
            assert all(of_class["coverage"] >= of_class["band"][0] for of_class in row["classes"].values())


def test_new_structures_have_no_observed_value(models: dict[str, Path], tmp_path: Path) -> None:
    table = tmp_path / "new.tsv"
    table.write_text("key\tsmiles\nA\tCCCCCCO\n")
    for kind, folder in models.items():
        found = prediction.predict(prediction.load(folder / "model.jar"), Compounds(table))
        assert found.keys == ("A",)
        assert np.isnan(found.observed[0]) if "regression" in kind else found.observed[0] == -1


@pytest.mark.parametrize("flags", OTHER_SCORERS, ids=lambda flags: flags["scorer"].split(":")[0])
def test_other_scorers_and_measures_train_split_by_split(
    flags: dict[str, Any], data: dict[str, Path], tmp_path: Path
) -> None:
    source = data["regression" if flags["ptype"] == 2 else "classification"]
    two = {**flags, "nr-models": 2}
    apart = merged(trained(tmp_path / "apart", source, two, splits_per_file=1), tmp_path / "apart")
    together = merged(trained(tmp_path / "together", source, two), tmp_path / "together")
    assert payload_sha256(apart) == payload_sha256(together)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_every_kind_are_counted(kind: str, models: dict[str, Path], tmp_path: Path) -> None:
    parts = sorted((models[kind] / "models").iterdir())
    again = tmp_path / "partial_model_9.jar"
    again.write_bytes(parts[-1].read_bytes())
    with pytest.raises(UserError, match=r"stands in both .* and partial_model_9"):
        merged([*parts, again], tmp_path)
    if len(parts) > 1:
        with pytest.raises(UserError, match="split 2 of 4 is missing"):
            merged([parts[0], *parts[2:]], tmp_path)
        foreign = models["TCP classification"] / "models" / "partial_model_1.jar"
        with pytest.raises(UserError, match="not of the same training"):
            merged([*parts[1:], foreign], tmp_path)


def test_a_transductive_predictor_is_for_few_compounds(models: dict[str, Path]) -> None:
    mount = models["TCP classification"] / "mount_1"
    parameters = TrainingParameters.read(mount / "training" / "parameters_1.json")
    check_size(parameters, 5_000)
    with pytest.raises(UserError, match="5,001 compounds are too many for a transductive predictor"):
        check_size(parameters, 5_001)


def test_folds_need_compounds(models: dict[str, Path]) -> None:
    mount = models["CCP regression"] / "mount_1"
    parameters = TrainingParameters.read(mount / "training" / "parameters_1.json")
    with pytest.raises(UserError, match="3 compounds cannot be divided into 4 folds"):
        check_size(parameters, 3)


def test_calibration_compounds_that_a_confidence_needs() -> None:
    assert [needed(confidence) for confidence in (0.5, 0.8, 0.9, 0.95)] == [1, 4, 9, 19]
