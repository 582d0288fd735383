# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal and Venn-ABERS predictors: build one from its parameters, train some of its splits, save them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpsign_workflow.cpsign.dataset import class_sizes
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.parameters import Scorer, TrainingParameters


@dataclass(frozen=True)
class SplitSizes:
    """Compounds of a split: ``proper`` ones fit the model, ``calibration`` ones give the nonconformity scores."""

    proper: int
    calibration: int
    calibration_by_class: dict[str, int]
    """Of every class, in the order of the classes; empty for regression."""


def untrained(parameters: TrainingParameters, dataset: Any) -> Any:
    """A predictor of the chemical kind (``ChemCPRegressor``, …) with no split trained.

    p-values are the standard ones: the smoothed depend on how often they were asked for.
    """
    # every algorithm takes its seed from here when it is made, so a split does not depend on the splits before it
    java("commons.GlobalConfig").getInstance().setRNGSeed(parameters.seed)
    with messages("preparing the predictor"):
        predictor = _PREDICTORS[parameters.predictor_type, parameters.model_type](parameters)
        predictor.setDataset(dataset)
        version = java("commons.Version").parseVersion(parameters.model_version)
        predictor.withModelInfo(java("ml.io.ModelInfo")(parameters.model_name, version, parameters.model_category))
        return predictor


def division(predictor: Any, split: int, seed: int) -> Any:
    """The compounds of split ``split`` (from 0): ``getProperTrainingSet()`` and ``getCalibrationSet()``."""
    return predictor.getPredictor().getStrategy().getIterator(predictor.getDataset(), seed).get(split)


def split_sizes(predictor: Any, split: int, parameters: TrainingParameters) -> SplitSizes:
    """How split ``split`` (from 0) divides the compounds; a transductive predictor uses all of them for both."""
    data = predictor.getDataset()
    if parameters.predictor_type == "TCP":
        everything = data.getDataset()
        return _sizes(everything, everything, data)
    divided = division(predictor, split, parameters.seed)
    return _sizes(divided.getProperTrainingSet(), divided.getCalibrationSet(), data)


def train_split(predictor: Any, split: int, parameters: TrainingParameters) -> None:
    """Train split ``split`` (from 0) with the rows that the seed gives this split."""
    train = {"TCP": _train_transductive, "VAP": _train_venn_abers}.get(parameters.predictor_type, _train_inductive)
    with messages(f"training split {split + 1}"):
        train(predictor, split, parameters.seed)


def save(predictor: Any, path: Path, entries: dict[str, str]) -> None:
    """Write the predictor as a jar; ``entries`` (name: text) are put into it beside CPSign's own."""
    mounted = [java("ml.io.MountData")(name, text) for name, text in entries.items()]
    with messages(f"writing {path.name}"):
        java("cheminf.io.ModelSerializer").saveModel(predictor, java("java.io.File")(str(path)), None, mounted)


def scorer(parameters: Scorer) -> Any:
    """The underlying machine learning, untrained."""
    package = "linear" if parameters.name == "LogisticRegression" else "svm"
    built = java(f"ml.algorithms.{package}.{parameters.name}")()
    built.setConfigParameters({name: float(value) for name, value in parameters.parameters.items()})
    return built


def _train_inductive(predictor: Any, split: int, seed: int) -> None:
    """One split of an ACP or one fold of a CCP.

    ``ACPClassifier.train(data, split)`` of CPSign 2.0.0 takes the split's number for the seed, so that other seeds give
    the same splits and folds overlap; asking the sampling strategy for the split is what ``train(data)`` does for all
    splits, and is right for both kinds.
    """
    aggregated = predictor.getPredictor()
    inductive = aggregated.getICPImplementation().clone()
    inductive.setSeed(seed)
    inductive.train(division(predictor, split, seed))
    aggregated.addICP(inductive, split)


def _train_venn_abers(predictor: Any, split: int, _seed: int) -> None:
    predictor.getPredictor().train(predictor.getDataset(), split)


def _train_transductive(predictor: Any, _split: int, _seed: int) -> None:
    predictor.train()  # keeps the compounds: every prediction trains anew, with the new compound among them


def _sizes(proper: Any, calibration: Any, dataset: Any) -> SplitSizes:
    classes = class_sizes(java("data.Dataset$SubSet")(calibration), dataset.getTextualLabels())
    return SplitSizes(int(proper.size()), int(calibration.size()), classes)


def _regressor(parameters: TrainingParameters) -> Any:
    icp = java("ml.cp.icp.ICPRegressor")(_nonconformity(parameters))
    icp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
    acp = java("ml.cp.acp.ACPRegressor")(icp, _sampling(parameters))
    acp.setSeed(parameters.seed)
    return java("cheminf.ChemCPRegressor")(acp)


def _classifier(parameters: TrainingParameters) -> Any:
    # CPSign's classifiers are Mondrian: calibrated for each class by itself
    icp = java("ml.cp.icp.ICPClassifier")(_nonconformity(parameters))
    icp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
    acp = java("ml.cp.acp.ACPClassifier")(icp, _sampling(parameters))
    acp.setSeed(parameters.seed)
    return java("cheminf.ChemCPClassifier")(acp)


def _transductive_classifier(parameters: TrainingParameters) -> Any:
    tcp = java("ml.cp.tcp.TCPClassifier")(_nonconformity(parameters))
    tcp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
    tcp.setSeed(parameters.seed)
    return java("cheminf.ChemCPClassifier")(tcp)


def _venn_abers_classifier(parameters: TrainingParameters) -> Any:
    avap = java("ml.vap.avap.AVAPClassifier")(scorer(parameters.scorer), _sampling(parameters), parameters.seed)
    return java("cheminf.ChemVAPClassifier")(avap)


_PREDICTORS: dict[tuple[str, str], Callable[[TrainingParameters], Any]] = {
    ("ACP", "regression"): _regressor,
    ("CCP", "regression"): _regressor,  # as ACP, with folds for splits
    ("ACP", "classification"): _classifier,
    ("CCP", "classification"): _classifier,
    ("TCP", "classification"): _transductive_classifier,
    ("VAP", "classification"): _venn_abers_classifier,
}


def _nonconformity(parameters: TrainingParameters) -> Any:
    measure: Any = parameters.nonconformity  # never None for these types
    built = java(f"ml.cp.nonconf.{parameters.model_type}.{measure.name}NCM")(scorer(parameters.scorer))
    if measure.beta is not None:
        built.setConfigParameters({"beta": float(measure.beta)})
    return built


def _sampling(parameters: TrainingParameters) -> Any:
    sampling: Any = parameters.sampling  # never None for these types
    strategy = java(f"ml.sampling.{sampling.strategy}Sampling")
    if sampling.calibration_ratio is None:
        return strategy(parameters.total_splits)
    return strategy(parameters.total_splits, float(sampling.calibration_ratio))
