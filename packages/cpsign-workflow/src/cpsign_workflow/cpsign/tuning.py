# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search for the scorer's parameters, by cross-validation on compounds that never calibrate and are no test compounds.

What was tuned on is not exchangeable with what comes later, so it must not calibrate; it may train. CPSign 2.0.0's own
search says of valid results that there are none.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, NamedTuple

from cpsign_workflow import cores
from cpsign_workflow.cpsign import jvm
from cpsign_workflow.cpsign.dataset import class_sizes
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.cpsign.predictor import scorer
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import Scorer, Tuning
from cpsign_workflow.progress import say

Parameters = dict[str, float]


class _Metric(NamedTuple):
    name: str
    """In CPSign's package of metrics."""
    question: str
    """The method of a scorer whose answer the metric judges."""
    observed: type


_METRICS: Final = {
    "RMSE": _Metric("regression.RMSE", "predictValue", float),
    "MAE": _Metric("regression.MAE", "predictValue", float),
    "BalancedAccuracy": _Metric("classification.BalancedAccuracy", "predictClass", int),
    "ROC_AUC": _Metric("classification.ROC_AUC", "predictScores", int),
}


def search(dataset: Any, tuning: Tuning) -> dict[str, Any]:
    """Try every combination of the grid on the compounds of the data set that are reserved for it.

    Returns ``{metric, folds, compounds, grid: [{parameters, score}], chosen: {parameter: value}}``; of equal scores the
    first wins. Raises :class:`UserError` when too few compounds are reserved.
    """
    java("commons.GlobalConfig").getInstance().setRNGSeed(tuning.seed)
    reserved = java("data.Dataset")().withDataset(dataset.getModelingExclusiveDataset().clone())
    folds = _folds(reserved, class_sizes(reserved.getDataset(), dataset.getTextualLabels()), tuning)
    combinations = list(_combinations(tuning.grid))
    compounds = int(reserved.size())
    say(f"tune: {len(combinations)} combinations, {tuning.folds} folds of {compounds:,} reserved compounds")
    with ThreadPoolExecutor(cores.available(), initializer=jvm.adopt_thread) as threads:
        scores = list(threads.map(partial(_score, folds=folds, tuning=tuning), combinations))
    less_is_better = _metric(tuning).goalIsMinimization()
    chosen = combinations[scores.index(min(scores) if less_is_better else max(scores))]
    say(f"tune: best are {_in_words(chosen)}")
    return {
        "metric": tuning.metric,
        "folds": tuning.folds,
        "compounds": compounds,
        "grid": [{"parameters": each, "score": score} for each, score in zip(combinations, scores, strict=True)],
        "chosen": chosen,
    }


def _folds(reserved: Any, classes: dict[str, int], tuning: Tuning) -> list[Any]:
    smallest = min(classes.values(), default=int(reserved.size()))
    if smallest < tuning.folds:
        group = " of a class" if classes else ""
        raise UserError(
            f"tune: {smallest} compounds{group} are reserved for tuning (a tenth), too few for {tuning.folds} folds; "
            "use more compounds, or take the section tune away"
        )
    strategy = java(f"ml.sampling.Folded{'Stratified' if classes else ''}Sampling")(tuning.folds)
    divisions = strategy.getIterator(reserved, tuning.seed)
    return [divisions.get(fold) for fold in range(tuning.folds)]


def _combinations(grid: dict[str, tuple[float, ...]]) -> Iterator[Parameters]:
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _score(parameters: Parameters, folds: list[Any], tuning: Tuning) -> float:
    """The metric over the predictions for all folds, each by a scorer trained on the others."""
    metric, rules = _metric(tuning), _METRICS[tuning.metric]
    with messages(f"tuning {_in_words(parameters)}"):
        for fold in folds:
            trained = scorer(Scorer(tuning.scorer.name, {**tuning.scorer.parameters, **parameters}))
            trained.train(fold.getProperTrainingSet())
            ask = getattr(trained, rules.question)
            for record in fold.getCalibrationSet():
                metric.addPrediction(rules.observed(record.getLabel()), ask(record.getFeatures()))
        score = float(metric.getScore())
    say(f"tune: {tuning.metric} {score:.4g} with {_in_words(parameters)}")
    return score


def _metric(tuning: Tuning) -> Any:
    return java(f"ml.metrics.{_METRICS[tuning.metric].name}")()


def _in_words(parameters: Parameters) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in parameters.items())
