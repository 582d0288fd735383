# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPSign's flags, as the configuration holds them, translated to the parameters of the steps.

Those of 0.7 (``impl``, ``cost``, ``nr-models``) and of 2 (``scorer``, ``ncm``) mean the same and may be mixed, but
nothing may be said twice. Values have passed the schema already; here is what several flags say together.
"""

from typing import Any, Final

from cpsign_workflow.configuration import implementations
from cpsign_workflow.configuration.implementations import Implementation
from cpsign_workflow.parameters import (
    ModelType,
    Nonconformity,
    PrecomputeParameters,
    PredictorType,
    Sampling,
    Scorer,
    TrainingParameters,
    Tuning,
)

Flags = dict[str, Any]

PREDICTOR_FLAGS: Final = ("ptype", "cptype", "predictor-type")
ENDPOINT_FLAGS: Final = ("endpoint", "response-name")
NONCONFORMITY_FLAGS: Final = ("ncm", "nonconf-measure")
PREDICTORS: Final[dict[object, tuple[PredictorType, ModelType]]] = {
    1: ("ACP", "classification"),
    "ACP_Classification": ("ACP", "classification"),
    2: ("ACP", "regression"),
    "ACP_Regression": ("ACP", "regression"),
    3: ("TCP", "classification"),
    "TCP_Classification": ("TCP", "classification"),
    5: ("VAP", "classification"),
    "VAP_Classification": ("VAP", "classification"),
}
MODEL_TYPES: Final[dict[object, ModelType]] = {
    1: "classification",
    2: "regression",
    "classification": "classification",
    "regression": "regression",
}
SCORERS: Final = {
    ("regression", "liblinear"): "LinearSVR",
    ("regression", "libsvm"): "EpsilonSVR",
    ("classification", "liblinear"): "LinearSVC",
    ("classification", "libsvm"): "C_SVC",
}
SCORER_FLAGS: Final = {"cost": "C", "gamma": "gamma", "epsilon": "epsilon", "epsilon-svr": "svrEpsilon"}
SAMPLING_FLAGS: Final = {"nr-models": ("numSamples", "folds"), "calibration-ratio": ("calibRatio",)}
DESCRIPTOR_FLAGS: Final = ("height-start", "height-end", "signatures-generator")
METRICS: Final[dict[ModelType, tuple[str, ...]]] = {
    "regression": ("RMSE", "MAE"),
    "classification": ("BalancedAccuracy", "ROC_AUC"),
}
DEFAULT_SPLITS: Final = 5
DEFAULT_FOLDS: Final = 10
DEFAULT_CALIBRATION_RATIO: Final = 0.2
DEFAULT_SEED: Final = 1
DEFAULT_HEIGHTS: Final = (1, 3)
DEFAULT_TUNING_FOLDS: Final = 3


def model_type_of(flags: Flags) -> ModelType:
    """Regression or classification."""
    return _predictor(flags)[1]


def endpoint_of(flags: Flags) -> str | None:
    """The name of the value's column, where a flag gives it."""
    return next(iter(given(flags, ENDPOINT_FLAGS).values()), None)


def labels_of(flags: Flags) -> tuple[str, ...]:
    """The classes, from a list or from one text with blanks or commas between them."""
    labels = flags.get("labels", [])
    parts = labels.replace(",", " ").split() if isinstance(labels, str) else labels
    return tuple(str(label) for label in parts)


def precompute_parameters(flags: Flags, labels: tuple[str, ...], tune: dict[str, Any] | None) -> PrecomputeParameters:
    """The parameters of the descriptors, and the search that the section ``tune`` asks for."""
    start, end, signature_type = signatures_of(flags)
    return PrecomputeParameters(
        model_type=model_type_of(flags),
        labels=labels,
        signatures_start_height=start,
        signatures_end_height=end,
        signature_type=signature_type,
        tuning=_tuning(flags, tune) if tune else None,
    )


def training_parameters(
    flags: Flags, workflow_name: str, splits_per_file: int | None
) -> tuple[TrainingParameters, ...]:
    """One object for each file: ``splits_per_file`` splits in each but perhaps the last; None puts all in one."""
    predictor, model_type = _predictor(flags)
    sampling = sampling_of(flags)
    if predictor == "ACP" and sampling and sampling.strategy.startswith("Folded"):
        predictor = "CCP"  # CPSign has no name of its own for it
    total = splits_of(flags)
    step = splits_per_file or total
    return tuple(
        TrainingParameters(
            model_type=model_type,
            predictor_type=predictor,
            index=index,
            splits=tuple(range(first, min(first + step, total))),
            total_splits=total,
            scorer=scorer_of(flags),
            nonconformity=nonconformity_of(flags),
            sampling=sampling,
            seed=flags.get("seed", DEFAULT_SEED),
            model_name=flags.get("model-name", workflow_name),
            model_version=flags.get("model-version", "1.0.0"),
            model_category=flags.get("model-category", ""),
        )
        for index, first in enumerate(range(0, total, step), start=1)
    )


def scorer_of(flags: Flags) -> Scorer:
    """The underlying machine learning, as ``scorer`` or as 0.7's ``impl``, ``cost`` and so on name it."""
    kinds = implementations.SCORERS[model_type_of(flags)]
    if "scorer" in flags:
        chosen = implementations.parse(flags["scorer"], kinds)
        return Scorer(chosen.name, {name: float(value) for name, value in chosen.parameters.items()})
    name = SCORERS[model_type_of(flags), flags.get("impl", "liblinear")]
    in_flags = {parameter: float(flags[flag]) for flag, parameter in SCORER_FLAGS.items() if flag in flags}
    return Scorer(name, {parameter: value for parameter, value in in_flags.items() if parameter in kinds[name]})


def nonconformity_of(flags: Flags) -> Nonconformity | None:
    """The nonconformity measure; None for a Venn-ABERS predictor."""
    predictor, model_type = _predictor(flags)
    if predictor == "VAP":
        return None
    kinds = implementations.NONCONFORMITIES[model_type]
    default = "InverseProbability" if scorer_of(flags).name == "LogisticRegression" else next(iter(kinds))
    measure = implementations.parse(next(iter(given(flags, NONCONFORMITY_FLAGS).values()), default), kinds)
    beta: Any = measure.parameters.get("beta", flags.get("nonconf-beta"))
    return Nonconformity(measure.name, float(beta) if beta is not None and "beta" in kinds[measure.name] else None)


def sampling_of(flags: Flags) -> Sampling | None:
    """How splits are drawn; None for a transductive predictor."""
    if _predictor(flags)[0] == "TCP":
        return None
    strategy = strategy_of(flags)
    if strategy is None:
        # Without strata a rare class may have no calibration compounds at all.
        stratified = flags.get("stratified", model_type_of(flags) == "classification")
        strategy = Implementation("RandomStratified" if stratified else "Random", {})
    if strategy.name.startswith("Folded"):
        return Sampling(strategy.name, None)
    ratio: Any = strategy.parameters.get("calibRatio", flags.get("calibration-ratio", DEFAULT_CALIBRATION_RATIO))
    return Sampling(strategy.name, float(ratio))


def strategy_of(flags: Flags) -> Implementation | None:
    """What ``sampling-strategy`` says."""
    text = flags.get("sampling-strategy")
    return implementations.parse(text, implementations.SAMPLINGS) if text else None


def splits_of(flags: Flags) -> int:
    """How many splits (folds) the model has; a transductive predictor counts as one."""
    if _predictor(flags)[0] == "TCP":
        return 1
    strategy = strategy_of(flags)
    inside: dict[str, Any] = strategy.parameters if strategy else {}
    folded = strategy is not None and strategy.name.startswith("Folded")
    default: int = flags.get("nr-models", DEFAULT_FOLDS if folded else DEFAULT_SPLITS)
    splits: int = inside.get("folds" if folded else "numSamples", default)
    return splits


def signatures_of(flags: Flags) -> tuple[int, int, str]:
    """Start height, end height and type."""
    start, end = DEFAULT_HEIGHTS
    if "descriptors" in flags:
        inside: dict[str, Any] = implementations.parse(flags["descriptors"], implementations.DESCRIPTORS).parameters
        return inside.get("startHeight", start), inside.get("endHeight", end), inside.get("signatureType", "standard")
    return (
        flags.get("height-start", start),
        flags.get("height-end", end),
        flags.get("signatures-generator", "standard"),
    )


def given(flags: Flags, names: tuple[str, ...]) -> dict[str, Any]:
    """Those of ``names`` that stand in the configuration, with their values."""
    return {name: flags[name] for name in names if name in flags}


def _predictor(flags: Flags) -> tuple[PredictorType, ModelType]:
    return PREDICTORS[next(iter(given(flags, PREDICTOR_FLAGS).values()))]


def _tuning(flags: Flags, tune: dict[str, Any]) -> Tuning:
    return Tuning(
        scorer=scorer_of(flags),
        grid={name: tuple(float(value) for value in values) for name, values in tune["grid"].items()},
        metric=tune.get("metric", METRICS[model_type_of(flags)][0]),
        folds=tune.get("folds", DEFAULT_TUNING_FOLDS),
        seed=flags.get("seed", DEFAULT_SEED),
    )
