# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with CPSign's flags, and which of them have no effect."""

from collections.abc import Iterator
from typing import Any

from cpsign_workflow.configuration import implementations
from cpsign_workflow.configuration.document import Problem
from cpsign_workflow.configuration.flags import (
    DESCRIPTOR_FLAGS,
    ENDPOINT_FLAGS,
    METRICS,
    MODEL_TYPES,
    NONCONFORMITY_FLAGS,
    PREDICTOR_FLAGS,
    PREDICTORS,
    SAMPLING_FLAGS,
    SCORER_FLAGS,
    Flags,
    given,
    labels_of,
    model_type_of,
    nonconformity_of,
    sampling_of,
    scorer_of,
    signatures_of,
    splits_of,
    strategy_of,
)
from cpsign_workflow.configuration.implementations import Implementation


def contradictions(flags: Flags) -> Iterator[Problem]:
    """What can not be meant, alone or together."""
    predictors = given(flags, PREDICTOR_FLAGS)
    if not predictors:
        yield _problem("ptype", "is missing: 1 for classification, 2 for regression")
        return
    first, *others = predictors
    if len({PREDICTORS[value] for value in predictors.values()}) > 1:
        yield _problem(others[-1], f"contradicts {first}")
        return
    model_type = model_type_of(flags)
    if "model-type" in flags and MODEL_TYPES[flags["model-type"]] != model_type:
        yield _problem("model-type", f"contradicts {first}, which says {model_type}")
    if len(set(given(flags, ENDPOINT_FLAGS).values())) > 1:
        yield _problem("response-name", "contradicts endpoint")
    implementation_faults = list(_implementation_faults(flags))
    yield from implementation_faults or _combination_faults(flags)
    yield from _label_faults(flags)


def tuning_faults(flags: Flags, tune: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with the section ``tune``, beside flags that have no faults."""
    if sampling_of(flags) is None:
        yield Problem(("tune",), "a transductive predictor calibrates on every compound, so none can be reserved")
    scorer = scorer_of(flags)
    readers = implementations.SCORERS[model_type_of(flags)][scorer.name]
    for name, values in tune["grid"].items():
        path = ("tune", "grid", name)
        if name not in readers:
            yield Problem(path, f"is no parameter of {scorer.name}, which has {', '.join(readers)}")
            continue
        if name in scorer.parameters:
            yield Problem(path, "is given to the scorer already; keep one of the two")
        for position, value in enumerate(values):
            try:
                implementations.read(name, str(value), readers)
            except ValueError as error:
                yield Problem((*path, position), str(error))
    metrics = METRICS[model_type_of(flags)]
    if tune.get("metric", metrics[0]) not in metrics:
        yield Problem(("tune", "metric"), f"must be {' or '.join(metrics)} for {model_type_of(flags)}")


def warnings(flags: Flags) -> Iterator[str]:
    """What may surprise: a kind of model with a catch, and flags that have a meaning, but none beside the others."""
    if sampling_of(flags) is None:
        yield (
            "a transductive model is valid when this collection predicts: CPSign's own programs leave out signatures "
            "that no training compound has"
        )
    yield from _ineffective(flags)


def _ineffective(flags: Flags) -> Iterator[str]:
    scorer = scorer_of(flags).name
    readers = implementations.SCORERS[model_type_of(flags)][scorer]
    for flag, parameter in SCORER_FLAGS.items():
        if flag in flags and parameter not in readers:
            yield f"cpsign.{flag} has no effect: {scorer} has no such parameter"
    measure = nonconformity_of(flags)
    if "nonconf-beta" in flags and not (measure and measure.name in {"Normalized", "LogNormalized"}):
        yield "cpsign.nonconf-beta has no effect: only normalized measures have a beta"
    if measure is None:
        yield from _without(flags, (*NONCONFORMITY_FLAGS,), "a Venn-ABERS predictor has no nonconformity measure")
    sampling = sampling_of(flags)
    if sampling is None:
        sampling_flags = ("nr-models", "calibration-ratio", "sampling-strategy", "stratified")
        yield from _without(flags, sampling_flags, "a transductive predictor has no splits")
    elif sampling.calibration_ratio is None:
        yield from _without(flags, ("calibration-ratio",), "the number of folds decides it")


def _implementation_faults(flags: Flags) -> Iterator[Problem]:
    """What is wrong inside a ``NAME:parameter=value``, and what stands beside it a second time."""
    model_type = model_type_of(flags)
    parsed: dict[str, Implementation] = {}
    for flag, kinds in (
        ("scorer", implementations.SCORERS[model_type]),
        ("ncm", implementations.NONCONFORMITIES[model_type]),
        ("nonconf-measure", implementations.NONCONFORMITIES[model_type]),
        ("sampling-strategy", implementations.SAMPLINGS),
        ("descriptors", implementations.DESCRIPTORS),
    ):
        if flag in flags:
            try:
                parsed[flag] = implementations.parse(flags[flag], kinds)
            except ValueError as error:
                yield _problem(flag, str(error))
    if "ncm" in parsed and "nonconf-measure" in parsed and parsed["ncm"] != parsed["nonconf-measure"]:
        yield _problem("nonconf-measure", "contradicts ncm")
    if "scorer" in parsed:
        yield from (_problem(flag, "is said by scorer") for flag in ("impl", *SCORER_FLAGS) if flag in flags)
    if "descriptors" in parsed:
        yield from (_problem(flag, "is said by descriptors") for flag in DESCRIPTOR_FLAGS if flag in flags)
    if any(parsed[flag].parameters for flag in NONCONFORMITY_FLAGS if flag in parsed) and "nonconf-beta" in flags:
        yield _problem("nonconf-beta", "is said by the nonconformity measure")
    if "sampling-strategy" in parsed:
        inside = parsed["sampling-strategy"].parameters
        for flag, names in SAMPLING_FLAGS.items():
            if flag in flags and any(name in inside for name in names):
                yield _problem(flag, "is said by sampling-strategy")


def _combination_faults(flags: Flags) -> Iterator[Problem]:
    """What does not go together, where every part by itself is right."""
    model_type = model_type_of(flags)
    start, end, _unused = signatures_of(flags)
    if start > end:
        flag = "descriptors" if "descriptors" in flags else "height-end"
        yield _problem(flag, f"the end height must be at least the start height, which is {start}")
    strategy, stratified = strategy_of(flags), flags.get("stratified")
    is_stratified = strategy is not None and strategy.name.endswith("Stratified")
    if model_type == "regression" and (stratified or is_stratified):
        yield _problem("stratified" if stratified else "sampling-strategy", "only classification can be stratified")
    elif stratified is not None and strategy is not None and stratified != is_stratified:
        yield _problem("stratified", f"contradicts sampling-strategy {strategy.name}")
    if strategy and strategy.name.startswith("Folded") and splits_of(flags) < 2:
        yield _problem("nr-models", "must be at least 2: each fold calibrates what the others trained")
    measure, scorer = nonconformity_of(flags), scorer_of(flags).name
    if measure and "Hyperplane" in measure.name and scorer == "LogisticRegression":
        yield _problem("ncm", "LogisticRegression has no hyperplane; take InverseProbability or ProbabilityMargin")
    if measure and "Probability" in measure.name and not scorer.startswith(("PlattScaled", "Logistic")):
        yield _problem("ncm", f"{scorer} gives no probabilities; take scorer PlattScaledC_SVC or LogisticRegression")


def _label_faults(flags: Flags) -> Iterator[Problem]:
    labels = labels_of(flags)
    if "labels" in flags and model_type_of(flags) == "regression":
        yield _problem("labels", "regression has no labels")
    elif "labels" in flags and len(set(labels)) != len(labels):
        yield _problem("labels", "a label stands twice")
    elif "labels" in flags and len(labels) != 2:
        yield _problem("labels", f"a support vector machine wants 2 classes, not {len(labels)}")
    for label in labels:
        if not label or label != label.strip() or not label.isprintable():
            yield _problem(
                "labels", f"{label!r} is no label: it is empty, or has a blank around it or a tab or newline"
            )


def _without(flags: Flags, names: tuple[str, ...], reason: str) -> Iterator[str]:
    yield from (f"cpsign.{name} has no effect: {reason}" for name in names if name in flags)


def _problem(flag: str, text: str) -> Problem:
    return Problem(("cpsign", flag), text)
