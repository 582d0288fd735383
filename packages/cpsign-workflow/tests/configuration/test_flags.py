# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of model, in the words of CPSign 0.7 and in those of 2."""

import json
from pathlib import Path
from typing import Any

import pytest

from cpsign_workflow.configuration import Configuration, load
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import Nonconformity, Sampling, Scorer, Tuning

LABELS = {"labels": "a b"}


def loaded(folder: Path, flags: dict[str, Any], **sections: Any) -> Configuration:
    path = folder / "configuration.json"
    source = {"file": "a.csv", "smiles": "s", "value": "v"}
    path.write_text(json.dumps({"workflow_name": "W", "source": source, "cpsign": flags, **sections}, indent=2))
    return load(path)


def fault(folder: Path, flags: dict[str, Any], **sections: Any) -> str:
    with pytest.raises(UserError) as caught:
        loaded(folder, flags, **sections)
    (line,) = str(caught.value).splitlines()
    return line.split(": ", 1)[1]


@pytest.mark.parametrize(
    ("flags", "predictor", "sampling", "splits"),
    [
        ({"ptype": 2}, "ACP regression", Sampling("Random", 0.2), 5),
        ({"ptype": 2, "sampling-strategy": "Folded"}, "CCP regression", Sampling("Folded", None), 10),
        ({"ptype": 2, "sampling-strategy": "folded:folds=4"}, "CCP regression", Sampling("Folded", None), 4),
        ({"ptype": 2, "sampling-strategy": "Folded:4"}, "CCP regression", Sampling("Folded", None), 4),
        ({"ptype": 2, "sampling-strategy": "Folded", "nr-models": 3}, "CCP regression", Sampling("Folded", None), 3),
        ({"ptype": 1, **LABELS}, "ACP classification", Sampling("RandomStratified", 0.2), 5),
        (
            {"predictor-type": "ACP_Classification", "sampling-strategy": "FoldedStratified:numSamples=6", **LABELS},
            "CCP classification",
            Sampling("FoldedStratified", None),
            6,
        ),
        (
            {"ptype": 1, "sampling-strategy": "RandomStratified:numSamples=3:calibRatio=0.3", **LABELS},
            "ACP classification",
            Sampling("RandomStratified", 0.3),
            3,
        ),
        ({"ptype": 3, **LABELS}, "TCP classification", None, 1),
        ({"ptype": 5, **LABELS}, "VAP classification", Sampling("RandomStratified", 0.2), 5),
        (
            {"predictor-type": "VAP_Classification", "sampling-strategy": "FoldedStratified", **LABELS},
            "VAP classification",
            Sampling("FoldedStratified", None),
            10,
        ),
    ],
)
def test_kinds_of_models(
    flags: dict[str, Any], predictor: str, sampling: Sampling | None, splits: int, tmp_path: Path
) -> None:
    configuration = loaded(tmp_path, flags)
    (training,) = configuration.training
    assert f"{training.predictor_type} {training.model_type}" == predictor
    assert training.sampling == sampling
    assert training.total_splits == splits
    assert (training.nonconformity is None) == (training.predictor_type == "VAP")
    assert [warning for warning in configuration.warnings if "has no effect" in warning] == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"impl": "liblinear", "cost": 2, "epsilon-svr": 0.2}, {"scorer": "LinearSVR:C=2:svrEpsilon=0.2"}),
        ({"impl": "libsvm", "cost": 2, "gamma": 0.01}, {"scorer": "epsilonsvr:cost=2:gamma=0.01"}),
        ({"nonconf-measure": "log-normalized", "nonconf-beta": 0.5}, {"ncm": "LogNormalized:beta=0.5"}),
        ({"nr-models": 7, "calibration-ratio": 0.3}, {"sampling-strategy": "Random:7:0.3"}),
        ({"height-start": 0, "height-end": 2}, {"descriptors": "signatures:0:2"}),
        ({"signatures-generator": "stereo"}, {"descriptors": "signatures:signatureType=stereo"}),
    ],
)
def test_0_7_and_2_say_the_same(older: dict[str, Any], newer: dict[str, Any], tmp_path: Path) -> None:
    first, second = loaded(tmp_path, {"ptype": 2, **older}), loaded(tmp_path, {"ptype": 2, **newer})
    assert (first.training, first.precompute) == (second.training, second.precompute)
    default = loaded(tmp_path, {"ptype": 2})
    assert (first.training, first.precompute) != (default.training, default.precompute)


def test_a_scorer_without_a_hyperplane_has_a_measure_that_fits(tmp_path: Path) -> None:
    (training,) = loaded(tmp_path, {"ptype": 1, "scorer": "LogisticRegression", **LABELS}).training
    assert training.nonconformity == Nonconformity("InverseProbability", None)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"scorer": "LinearSVM"}, "cpsign.scorer: must be one of LinearSVR, EpsilonSVR, NuSVR, not 'LinearSVM'; did"),
        ({"scorer": "LinearSVR:gamma=1"}, "cpsign.scorer: LinearSVR has no parameter 'gamma'; it has C, epsilon, svrE"),
        ({"scorer": "LinearSVR:C=0"}, "cpsign.scorer: C must be more than 0 and at most 1000000000, not '0'"),
        ({"scorer": "LinearSVR:C=much"}, "cpsign.scorer: C must be a number, not 'much'"),
        ({"scorer": "LinearSVR:C=nan"}, "cpsign.scorer: C must be more than 0"),
        ({"scorer": "LinearSVR:C=1:cost=2"}, "cpsign.scorer: LinearSVR: C stands twice"),
        ({"scorer": "LinearSVR:1:1:1:1"}, "cpsign.scorer: LinearSVR has no parameter '1'; it has"),
        ({"scorer": "LinearSVR", "cost": 1}, "cpsign.cost: is said by scorer"),
        ({"ncm": "normalised"}, "cpsign.ncm: must be one of Normalized, LogNormalized, AbsDiff, not 'normalised'; did"),
        ({"ncm": "Normalized", "nonconf-measure": "AbsDiff"}, "cpsign.nonconf-measure: contradicts ncm"),
        ({"ncm": "Normalized:beta=0.1", "nonconf-beta": 0.1}, "cpsign.nonconf-beta: is said by the nonconformity"),
        ({"ncm": "Normalized:beta=11"}, "cpsign.ncm: beta must be 0 to 10, not '11'"),
        ({"sampling-strategy": "Random:numSamples=0"}, "cpsign.sampling-strategy: numSamples must be a whole number"),
        ({"sampling-strategy": "Random:calibRatio=1"}, "cpsign.sampling-strategy: calibRatio must be more than 0"),
        ({"sampling-strategy": "Folded:folds=5", "nr-models": 5}, "cpsign.nr-models: is said by sampling-strategy"),
        ({"sampling-strategy": "Folded", "nr-models": 1}, "cpsign.nr-models: must be at least 2"),
        ({"sampling-strategy": "FoldedStratified"}, "cpsign.sampling-strategy: only classification can be stratified"),
        ({"descriptors": "signatures:1:3", "height-end": 3}, "cpsign.height-end: is said by descriptors"),
        ({"descriptors": "signatures:3:1"}, "cpsign.descriptors: the end height must be at least the start height"),
        ({"descriptors": "ECFP4"}, "cpsign.descriptors: must be one of Signatures, not 'ECFP4'"),
        (
            {"descriptors": "signatures:signatureType=3d"},
            "cpsign.descriptors: signatureType must be standard or stereo",
        ),
    ],
)
def test_faults_of_regression(flags: dict[str, Any], expected: str, tmp_path: Path) -> None:
    assert fault(tmp_path, {"ptype": 2, **flags}).startswith(expected)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"scorer": "LinearSVR"}, "cpsign.scorer: must be one of LinearSVC, C_SVC, NuSVC, PlattScaledC_SVC"),
        ({"scorer": "NuSVC:nu=1.5"}, "cpsign.scorer: nu must be more than 0 and less than 1"),
        ({"ncm": "InverseProbability"}, "cpsign.ncm: LinearSVC gives no probabilities"),
        (
            {"scorer": "LogisticRegression", "ncm": "NegativeDistanceToHyperplane"},
            "cpsign.ncm: LogisticRegression has no hyperplane",
        ),
        (
            {"stratified": True, "sampling-strategy": "Folded"},
            "cpsign.stratified: contradicts sampling-strategy Folded",
        ),
    ],
)
def test_faults_of_classification(flags: dict[str, Any], expected: str, tmp_path: Path) -> None:
    assert fault(tmp_path, {"ptype": 1, **LABELS, **flags}).startswith(expected)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"ptype": 3, "nr-models": 5}, "cpsign.nr-models has no effect: a transductive predictor has no splits"),
        ({"ptype": 5, "ncm": "NegativeDistanceToHyperplane"}, "cpsign.ncm has no effect: a Venn-ABERS predictor has"),
        (
            {"ptype": 1, "sampling-strategy": "FoldedStratified", "calibration-ratio": 0.3},
            "cpsign.calibration-ratio has no effect: the number of folds decides it",
        ),
    ],
)
def test_what_a_kind_of_model_does_not_use_is_named(flags: dict[str, Any], expected: str, tmp_path: Path) -> None:
    found = [warning for warning in loaded(tmp_path, {**LABELS, **flags}).warnings if "has no effect" in warning]
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_transductive_model_has_a_catch(tmp_path: Path) -> None:
    (warning,) = loaded(tmp_path, {"ptype": 3, **LABELS}).warnings
    assert "is valid when this collection predicts" in warning


def test_tuning_starts_from_the_scorer(tmp_path: Path) -> None:
    flags = {"ptype": 2, "scorer": "EpsilonSVR:epsilon=0.01", "seed": 4}
    tuned = loaded(tmp_path, flags, tune={"grid": {"C": [1, 10], "gamma": [0.01]}, "metric": "MAE"})
    assert tuned.precompute.tuning == Tuning(
        Scorer("EpsilonSVR", {"epsilon": 0.01}), {"C": (1.0, 10.0), "gamma": (0.01,)}, "MAE", folds=3, seed=4
    )
    (training,) = tuned.training
    training.write(tmp_path / "training.json")
    assert type(training).read(tmp_path / "training.json") == training
    tuned.precompute.write(tmp_path / "precompute.json")
    assert type(tuned.precompute).read(tmp_path / "precompute.json") == tuned.precompute


@pytest.mark.parametrize(
    ("flags", "tune", "expected"),
    [
        ({}, {"grid": {"gamma": [1]}}, "tune.grid.gamma: is no parameter of LinearSVR, which has C, epsilon, svrEps"),
        ({"cost": 1}, {"grid": {"C": [1]}}, "tune.grid.C: is given to the scorer already"),
        ({}, {"grid": {"C": [1, 0]}}, "tune.grid.C[1]: C must be more than 0"),
        ({}, {"grid": {"C": [1]}, "metric": "ROC_AUC"}, "tune.metric: must be RMSE or MAE for regression"),
        ({}, {"grid": {"C": [1]}, "folds": 1}, "tune.folds: must be at least 2"),
        ({}, {"grid": {"C": []}}, "tune.grid.C: must have at least 1 entries"),
        ({}, {"metric": "RMSE"}, "tune.grid: is missing"),
    ],
)
def test_faults_of_tuning(flags: dict[str, Any], tune: dict[str, Any], expected: str, tmp_path: Path) -> None:
    assert fault(tmp_path, {"ptype": 2, **flags}, tune=tune).startswith(expected)
