# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a model about lists of structures, several at a time, and put what it says into columns."""

import queue
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cpsign_workflow.cpsign import jvm, prediction
from cpsign_workflow.cpsign.compounds import KEY, STRUCTURE, VALUE, Compounds
from cpsign_workflow.cpsign.jvm import java
from cpsign_workflow.errors import UserError
from cpsign_workflow.predictions import (
    ClassificationPredictions,
    ClassPredictions,
    Predictions,
    ProbabilityPredictions,
    RegressionPredictions,
)
from cpsign_workflow.progress import Progress

Value = float | str | tuple[str, ...]


class Model:
    """A model that threads may ask; each gets a copy of its own, as CPSign says nothing of sharing one."""

    def __init__(self, jar: Path, confidences: Sequence[float]) -> None:
        """Raises :class:`UserError` when CPSign finds no model in the jar."""
        jvm.start()
        self._jar, self._confidences = jar, confidences
        first = prediction.load(jar)
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._idle.put(first)
        self.gives_probabilities = isinstance(first, java("cheminf.ChemVAPClassifier"))
        self.columns: tuple[str, ...] = tuple(self._columns(first))

    def ask(self, structures: Sequence[str], progress: Progress) -> list[tuple[Value, ...] | str]:
        """For each SMILES the values of :attr:`columns`, or the reason why there are none."""
        try:
            model = self._idle.get_nowait()
        except queue.Empty:
            model = prediction.load(self._jar)
        try:
            with tempfile.NamedTemporaryFile("w", prefix="predict-", suffix=".tsv", encoding="utf-8") as table:
                table.write(f"{KEY}\t{STRUCTURE}\t{VALUE}\n")
                table.writelines(f"{place}\t{smiles}\t\n" for place, smiles in enumerate(structures))
                table.flush()
                compounds = Compounds(Path(table.name))
                predictions = prediction.predict(model, compounds, self._confidences, progress)
        except OSError as error:
            raise UserError(f"{tempfile.gettempdir()}: {error.strerror}, for a table of structures") from error
        self._idle.put(model)
        refused = compounds.refused()
        said = dict(zip(map(int, predictions.keys), _values(predictions, self._confidences), strict=True))
        return [said.get(place) or refused[place] for place in range(len(structures))]

    def _columns(self, model: Any) -> Iterator[str]:
        yield "predicted"
        if isinstance(model, java("cheminf.ChemCPRegressor")):
            for confidence in self._confidences:
                yield from (f"lower {confidence:g}", f"upper {confidence:g}")
            return
        labels = prediction.labels_of(model)
        if self.gives_probabilities:
            yield from (f"probability {label}" for label in labels)
            yield from (f"p0 {labels[1]}", f"p1 {labels[1]}")
            return
        yield from (f"p {label}" for label in labels)
        yield from (f"set {confidence:g}" for confidence in self._confidences)


def _values(predictions: Predictions, confidences: Sequence[float]) -> Iterator[tuple[Value, ...]]:
    """In the order of :meth:`Model._columns`."""
    if isinstance(predictions, RegressionPredictions):
        for place, predicted in enumerate(predictions.predicted.tolist()):
            ends = zip(predictions.lower[place].tolist(), predictions.upper[place].tolist(), strict=True)
            yield predicted, *(end for both in ends for end in both)
    elif isinstance(predictions, ProbabilityPredictions):
        bounds = zip(predictions.lower.tolist(), predictions.upper.tolist(), strict=True)
        for scores, both in zip(_scores(predictions), bounds, strict=True):
            yield *scores, *both
    else:
        sets = zip(*(_sets(predictions, confidence) for confidence in confidences), strict=True)
        for scores, at_each in zip(_scores(predictions), sets, strict=True):
            yield *scores, *at_each


def _scores(predictions: ClassPredictions) -> Iterator[tuple[Value, ...]]:
    """The class that looks most like it, and the score of each."""
    for scores in predictions.scores.tolist():
        yield predictions.labels[scores.index(max(scores))], *scores


def _sets(predictions: ClassificationPredictions, confidence: float) -> Iterator[tuple[str, ...]]:
    for members in predictions.sets(confidence).tolist():
        yield tuple(label for label, member in zip(predictions.labels, members, strict=True) if member)
