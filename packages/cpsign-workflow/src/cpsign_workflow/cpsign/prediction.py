# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a saved model for its predictions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jpype  # type: ignore[import-untyped]
import numpy as np

from cpsign_workflow.cpsign.compounds import KEY, VALUE, Compounds
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.errors import UserError
from cpsign_workflow.predictions import (
    CONFIDENCES,
    ClassificationPredictions,
    Predictions,
    ProbabilityPredictions,
    RegressionPredictions,
)
from cpsign_workflow.progress import Progress


class _Molecule(NamedTuple):
    key: str
    value: str
    structure: Any


def load(path: Path) -> Any:
    """The predictor in a model's jar."""
    with messages(f"reading {path}"):
        return java("cheminf.io.ModelSerializer").loadChemPredictor(java("java.io.File")(str(path)).toURI(), None)


def predict(
    model: Any, compounds: Compounds, confidences: Sequence[float] = CONFIDENCES, progress: Progress | None = None
) -> Predictions:
    """Predict every compound of the table that the model accepts; the others stand in ``compounds.refused()``.

    Intervals of a regression are at ``confidences``. Where the table has no value, ``observed`` is NaN for regression
    and -1 for classes.
    """
    progress = progress or Progress("predict", compounds.rows, "compounds")
    if isinstance(model, java("cheminf.ChemCPRegressor")):
        return _regression(model, compounds, confidences, progress)
    if isinstance(model, java("cheminf.ChemVAPClassifier")):
        return _probabilities(model, compounds, progress)
    return _classification(model, compounds, progress)


def _regression(
    model: Any, compounds: Compounds, confidences: Sequence[float], progress: Progress
) -> RegressionPredictions:
    asked = java("java.util.ArrayList")([jpype.JDouble(confidence) for confidence in confidences])
    keys, observed, predicted, lower, upper = [], [], [], [], []
    for molecule, answer in _answers(compounds, lambda structure: model.predict(structure, asked), progress):
        intervals = [answer.getInterval(confidence).getInterval() for confidence in confidences]
        keys.append(molecule.key)
        observed.append(float(molecule.value) if molecule.value else np.nan)
        predicted.append(float(answer.getY_hat()))
        lower.append([float(interval.lowerEndpoint()) for interval in intervals])
        upper.append([float(interval.upperEndpoint()) for interval in intervals])
    return RegressionPredictions(tuple(keys), np.array(observed), np.array(predicted), np.array(lower), np.array(upper))


def _classification(model: Any, compounds: Compounds, progress: Progress) -> ClassificationPredictions:
    labels = labels_of(model)
    keys, observed, p_values = [], [], []
    transductive = isinstance(model.getPredictor(), java("ml.cp.tcp.TCPClassifier"))
    for molecule, answer in _answers(compounds, _transductive(model) if transductive else model.predict, progress):
        keys.append(molecule.key)
        observed.append(_class(molecule, labels, compounds.table))
        p_values.append([float(answer.get(label)) for label in labels])
    return ClassificationPredictions(labels, tuple(keys), np.array(observed, dtype=np.int64), np.array(p_values))


def _transductive(model: Any) -> Callable[[Any], dict[str, float]]:
    """Ask a transductive predictor for p-values, with the signatures that no training compound has.

    CPSign 2.0.0 leaves these out. Every training compound has signatures of its own, by which it is easily fitted; a
    new compound without them is not exchangeable with the training compounds, and its p-values are too small.
    """
    dataset, predictor, labels = model.getDataset(), model.getPredictor(), model.getNamedLabels()
    descriptor = dataset.getDescriptors().get(0)
    known = java("java.util.HashSet")(descriptor.getFeatureNames())
    first_new = int(descriptor.getLength())

    def ask(structure: Any) -> dict[str, float]:
        features = dataset.convertToFeatureVector(structure)
        counts = descriptor.generateSignatures(structure)
        new = sorted(str(signature) for signature in counts if not known.contains(signature))
        for position, signature in enumerate(new, start=first_new):
            features.withFeature(position, jpype.JInt(counts[signature]))
        return {str(labels.getLabel(label)): float(p) for label, p in predictor.predict(features).items()}

    return ask


def _probabilities(model: Any, compounds: Compounds, progress: Progress) -> ProbabilityPredictions:
    labels = labels_of(model)
    keys, observed, probabilities, lower, upper = [], [], [], [], []
    for molecule, answer in _answers(compounds, model.predict, progress):
        keys.append(molecule.key)
        observed.append(_class(molecule, labels, compounds.table))
        probability = answer.getProbabilities()
        probabilities.append([float(probability.get(label)) for label in labels])
        low, high = np.mean(answer.getP0List()), np.mean(answer.getP1List())
        # CPSign gives the bounds of whichever class it took for its first
        turned = str(answer.getLabel0()) == labels[0]
        lower.append(1 - high if turned else low)
        upper.append(1 - low if turned else high)
    return ProbabilityPredictions(
        labels,
        tuple(keys),
        np.array(observed, dtype=np.int64),
        np.array(probabilities),
        np.array(lower),
        np.array(upper),
    )


def labels_of(model: Any) -> tuple[str, ...]:
    """The classes of a model, in their order in it."""
    named = model.getNamedLabels()
    return tuple(str(named.getLabel(value)) for value in sorted(int(value) for value in named.getLabels().keySet()))


def _class(molecule: _Molecule, labels: tuple[str, ...], table: Path) -> int:
    """Index of the molecule's class, -1 when it is not known."""
    if not molecule.value:
        return -1
    if molecule.value not in labels:
        raise UserError(f"{table}: class {molecule.value!r} is not one of the model's: {', '.join(labels)}")
    return labels.index(molecule.value)


def _answers(compounds: Compounds, ask: Callable[[Any], Any], progress: Progress) -> Iterator[tuple[_Molecule, Any]]:
    """Each molecule with the model's answer; a molecule that gets none is counted and left out."""
    filtered = java("cheminf.data.ChemDataset$DiscardedByChemFilter")
    uncalculated = java("cheminf.descriptors.DescriptorCalcException")
    invalid = java("org.openscience.cdk.exception.CDKException")
    causes = {filtered: "REMOVED_BY_FILTER", uncalculated: "DESCRIPTOR_CALC_ERROR", invalid: "INVALID_STRUCTURE"}
    with messages("prediction"), compounds.molecules(progress) as molecules:
        for structure in molecules:
            key, value = (str(structure.getProperty(name) or "") for name in (KEY, VALUE))
            try:
                answer = ask(structure)
            except (filtered, uncalculated, invalid) as refusal:
                cause, *_others = (causes[kind] for kind in causes if isinstance(refusal, kind))
                compounds.discard(structure, cause)
                continue
            yield _Molecule(key, value, structure), answer
