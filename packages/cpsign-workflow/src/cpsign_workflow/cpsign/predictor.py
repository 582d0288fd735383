# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal predictors: build one from its parameters, train some of its splits, save them.

``_PREDICTORS`` is the place for further types (CCP, TCP, Venn-ABERS).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.parameters import Nonconformity, Sampling, Scorer, TrainingParameters


@dataclass(frozen=True)
class SplitSizes:
    """Compounds of a split: ``proper`` ones fit the model, ``calibration`` ones give the nonconformity scores."""

    proper: int
    calibration: int
    calibration_by_class: dict[str, int]
    """Empty for regression."""


def untrained(parameters: TrainingParameters, dataset: Any) -> Any:
    """A predictor of the chemical kind (``ChemCPRegressor``, …) with no split trained.

    p-values are the standard ones: the smoothed depend on how often they were asked for.
    """
    # every algorithm takes its seed from here when it is fitted, so a split does not depend on the splits before it
    java("commons.GlobalConfig").getInstance().setRNGSeed(parameters.seed)
    with messages("preparing the predictor"):
        predictor = _PREDICTORS[parameters.predictor_type, parameters.model_type](parameters)
        predictor.setDataset(dataset)
        version = java("commons.Version").parseVersion(parameters.model_version)
        predictor.withModelInfo(java("ml.io.ModelInfo")(parameters.model_name, version, parameters.model_category))
        return predictor


def train_split(predictor: Any, split: int, seed: int) -> SplitSizes:
    """Train split ``split`` (from 0) of the predictor, with the rows that ``seed`` gives this split.

    ``ACPClassifier.train(data, split)`` of CPSign 2.0.0 takes the split's number for the seed; asking the sampling
    strategy for the split is what ``train(data)`` does for all splits, and is right for both kinds.
    """
    aggregated = predictor.getPredictor()
    division = aggregated.getStrategy().getIterator(predictor.getDataset(), seed).get(split)
    inductive = aggregated.getICPImplementation().clone()
    inductive.setSeed(seed)
    with messages(f"training split {split + 1}"):
        inductive.train(division)
        aggregated.addICP(inductive, split)
    return _sizes(division, predictor.getDataset().getTextualLabels())


def save(predictor: Any, path: Path, entries: dict[str, str]) -> None:
    """Write the predictor as a jar; ``entries`` (name: text) are put into it beside CPSign's own."""
    mounted = [java("ml.io.MountData")(name, text) for name, text in entries.items()]
    with messages(f"writing {path.name}"):
        java("cheminf.io.ModelSerializer").saveModel(predictor, java("java.io.File")(str(path)), None, mounted)


def _sizes(division: Any, labels: Any) -> SplitSizes:
    calibration = division.getCalibrationSet()
    by_class: Counter[str] = Counter()
    if labels is not None and not labels.isEmpty():
        by_class.update(str(labels.getLabel(int(record.getLabel()))) for record in calibration)
    return SplitSizes(
        int(division.getProperTrainingSet().size()), int(calibration.size()), dict(sorted(by_class.items()))
    )


def _acp_regression(parameters: TrainingParameters) -> Any:
    icp = java("ml.cp.icp.ICPRegressor")(_nonconformity(parameters.nonconformity, parameters.scorer))
    icp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
    acp = java("ml.cp.acp.ACPRegressor")(icp, _sampling(parameters.sampling, parameters.total_splits))
    acp.setSeed(parameters.seed)
    return java("cheminf.ChemCPRegressor")(acp)


def _acp_classification(parameters: TrainingParameters) -> Any:
    # CPSign's classifiers are Mondrian: calibrated for each class by itself
    icp = java("ml.cp.icp.ICPClassifier")(_nonconformity(parameters.nonconformity, parameters.scorer))
    icp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
    acp = java("ml.cp.acp.ACPClassifier")(icp, _sampling(parameters.sampling, parameters.total_splits))
    acp.setSeed(parameters.seed)
    return java("cheminf.ChemCPClassifier")(acp)


_PREDICTORS: dict[tuple[str, str], Callable[[TrainingParameters], Any]] = {
    ("ACP", "regression"): _acp_regression,
    ("ACP", "classification"): _acp_classification,
}

_NONCONFORMITY = {
    "Normalized": "ml.cp.nonconf.regression.NormalizedNCM",
    "LogNormalized": "ml.cp.nonconf.regression.LogNormalizedNCM",
    "AbsDiff": "ml.cp.nonconf.regression.AbsDiffNCM",
    "NegativeDistanceToHyperplane": "ml.cp.nonconf.classification.NegativeDistanceToHyperplaneNCM",
}

_SAMPLING = {
    "Random": "ml.sampling.RandomSampling",
    "RandomStratified": "ml.sampling.RandomStratifiedSampling",
}


def _nonconformity(measure: Nonconformity, scorer: Scorer) -> Any:
    built = java(_NONCONFORMITY[measure.name])(_scorer(scorer))
    if measure.beta is not None:
        built.setConfigParameters({"beta": float(measure.beta)})
    return built


def _scorer(scorer: Scorer) -> Any:
    built = java(f"ml.algorithms.svm.{scorer.name}")()
    given = {"C": scorer.cost, "gamma": scorer.gamma, "epsilon": scorer.epsilon, "svrEpsilon": scorer.svr_epsilon}
    built.setConfigParameters({name: float(value) for name, value in given.items() if value is not None})
    return built


def _sampling(sampling: Sampling, splits: int) -> Any:
    return java(_SAMPLING[sampling.strategy])(splits, float(sampling.calibration_ratio))
