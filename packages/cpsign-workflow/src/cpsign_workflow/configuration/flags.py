# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPSign 0.7's flags, as the configuration holds them, translated to the parameters of the steps on CPSign 2.

Values have passed the schema already; here is only what several flags say together.
"""

from collections.abc import Iterator
from typing import Any, Final

from cpsign_workflow.configuration.document import Problem
from cpsign_workflow.parameters import (
    ModelType,
    Nonconformity,
    NonconformityName,
    PrecomputeParameters,
    Sampling,
    SamplingStrategy,
    Scorer,
    ScorerName,
    TrainingParameters,
)

Flags = dict[str, Any]

PREDICTOR_FLAGS: Final = ("ptype", "cptype", "predictor-type")
ENDPOINT_FLAGS: Final = ("endpoint", "response-name")
MODEL_TYPES: Final[dict[object, ModelType]] = {
    1: "classification",
    "ACP_Classification": "classification",
    "classification": "classification",
    2: "regression",
    "ACP_Regression": "regression",
    "regression": "regression",
}
SCORERS: Final[dict[tuple[ModelType, str], ScorerName]] = {
    ("regression", "liblinear"): "LinearSVR",
    ("regression", "libsvm"): "EpsilonSVR",
    ("classification", "liblinear"): "LinearSVC",
    ("classification", "libsvm"): "C_SVC",
}
NONCONFORMITIES: Final[dict[str, tuple[ModelType, NonconformityName]]] = {
    "normalized": ("regression", "Normalized"),
    "lognormalized": ("regression", "LogNormalized"),
    "absdiff": ("regression", "AbsDiff"),
    "negativedistancetohyperplane": ("classification", "NegativeDistanceToHyperplane"),
}
DEFAULT_NONCONFORMITY: Final = {"regression": "normalized", "classification": "negative-distance-to-hyperplane"}
DEFAULT_SPLITS: Final = 5
DEFAULT_CALIBRATION_RATIO: Final = 0.2
DEFAULT_SEED: Final = 1
DEFAULT_HEIGHTS: Final = (1, 3)


def contradictions(flags: Flags) -> Iterator[Problem]:
    """What can not be meant together."""
    predictors = _given(flags, PREDICTOR_FLAGS)
    if not predictors:
        yield _problem("ptype", "is missing: 1 for classification, 2 for regression")
        return
    first, *others = predictors
    if len({MODEL_TYPES[value] for value in predictors.values()}) > 1:
        yield _problem(others[-1], f"contradicts {first}")
        return
    model_type = model_type_of(flags)
    if "model-type" in flags and MODEL_TYPES[flags["model-type"]] != model_type:
        yield _problem("model-type", f"contradicts {first}, which says {model_type}")
    if len(set(_given(flags, ENDPOINT_FLAGS).values())) > 1:
        yield _problem("response-name", "contradicts endpoint")
    if "nonconf-measure" in flags and NONCONFORMITIES[_plain(flags["nonconf-measure"])][0] != model_type:
        yield _problem("nonconf-measure", f"{flags['nonconf-measure']} is no measure for {model_type}")
    start, end = _heights(flags)
    if start > end:
        yield _problem("height-end", f"must be at least height-start, which is {start}")
    strategy, stratified = flags.get("sampling-strategy"), flags.get("stratified")
    if model_type == "regression" and (stratified or strategy == "RandomStratified"):
        yield _problem("stratified" if stratified else "sampling-strategy", "only classification can be stratified")
    elif stratified is not None and strategy is not None and stratified != (strategy == "RandomStratified"):
        yield _problem("stratified", f"contradicts sampling-strategy {strategy}")
    if "labels" in flags and model_type == "regression":
        yield _problem("labels", "regression has no labels")
    elif "labels" in flags and len(set(labels_of(flags))) != len(labels_of(flags)):
        yield _problem("labels", "a label stands twice")
    elif "labels" in flags and len(labels_of(flags)) != 2:
        yield _problem("labels", f"a support vector machine wants 2 classes, not {len(labels_of(flags))}")
    for label in labels_of(flags):
        if not label or label != label.strip() or not label.isprintable():
            yield _problem(
                "labels", f"{label!r} is no label: it is empty, or has a blank around it or a tab or newline"
            )


def ineffective(flags: Flags) -> Iterator[str]:
    """Flags that have a meaning, but none beside the others."""
    if "gamma" in flags and _implementation(flags) == "liblinear":
        yield "cpsign.gamma has no effect: liblinear has no kernel (impl libsvm has)"
    if "epsilon-svr" in flags and model_type_of(flags) == "classification":
        yield "cpsign.epsilon-svr has no effect: only regression has a tube"
    if "nonconf-beta" in flags and "Normalized" not in _nonconformity(flags).name:
        yield "cpsign.nonconf-beta has no effect: only normalized measures have a beta"


def model_type_of(flags: Flags) -> ModelType:
    """Regression or classification."""
    return MODEL_TYPES[next(iter(_given(flags, PREDICTOR_FLAGS).values()))]


def endpoint_of(flags: Flags) -> str | None:
    """The name of the value's column, where a flag gives it."""
    return next(iter(_given(flags, ENDPOINT_FLAGS).values()), None)


def labels_of(flags: Flags) -> tuple[str, ...]:
    """The classes, from a list or from one text with blanks or commas between them."""
    labels = flags.get("labels", [])
    parts = labels.replace(",", " ").split() if isinstance(labels, str) else labels
    return tuple(str(label) for label in parts)


def precompute_parameters(flags: Flags, labels: tuple[str, ...]) -> PrecomputeParameters:
    """The parameters of the descriptors."""
    start, end = _heights(flags)
    return PrecomputeParameters(
        model_type=model_type_of(flags), labels=labels, signatures_start_height=start, signatures_end_height=end
    )


def training_parameters(
    flags: Flags, workflow_name: str, splits_per_file: int | None
) -> tuple[TrainingParameters, ...]:
    """One object for each file: ``splits_per_file`` splits in each but perhaps the last; None puts all in one."""
    total: int = flags.get("nr-models", DEFAULT_SPLITS)
    step = splits_per_file or total
    return tuple(
        TrainingParameters(
            model_type=model_type_of(flags),
            predictor_type="ACP",
            index=index,
            splits=tuple(range(first, min(first + step, total))),
            total_splits=total,
            scorer=Scorer(
                name=SCORERS[model_type_of(flags), _implementation(flags)],
                cost=flags.get("cost"),
                gamma=flags.get("gamma") if _implementation(flags) == "libsvm" else None,
                epsilon=flags.get("epsilon"),
                svr_epsilon=flags.get("epsilon-svr") if model_type_of(flags) == "regression" else None,
            ),
            nonconformity=_nonconformity(flags),
            sampling=Sampling(_strategy(flags), flags.get("calibration-ratio", DEFAULT_CALIBRATION_RATIO)),
            seed=flags.get("seed", DEFAULT_SEED),
            model_name=flags.get("model-name", workflow_name),
            model_version=flags.get("model-version", "1.0.0"),
            model_category=flags.get("model-category", ""),
        )
        for index, first in enumerate(range(0, total, step), start=1)
    )


def _nonconformity(flags: Flags) -> Nonconformity:
    measure = flags.get("nonconf-measure", DEFAULT_NONCONFORMITY[model_type_of(flags)])
    _unused, name = NONCONFORMITIES[_plain(measure)]
    return Nonconformity(name, flags.get("nonconf-beta") if "Normalized" in name else None)


def _strategy(flags: Flags) -> SamplingStrategy:
    if "sampling-strategy" in flags:
        return "RandomStratified" if flags["sampling-strategy"] == "RandomStratified" else "Random"
    # Without strata a rare class may have no calibration compounds at all.
    stratified = flags.get("stratified", model_type_of(flags) == "classification")
    return "RandomStratified" if stratified else "Random"


def _heights(flags: Flags) -> tuple[int, int]:
    start, end = DEFAULT_HEIGHTS
    return flags.get("height-start", start), flags.get("height-end", end)


def _implementation(flags: Flags) -> str:
    return str(flags.get("impl", "liblinear"))


def _given(flags: Flags, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: flags[name] for name in names if name in flags}


def _plain(name: str) -> str:
    return name.replace("-", "").lower()


def _problem(flag: str, text: str) -> Problem:
    return Problem(("cpsign", flag), text)
