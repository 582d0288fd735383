# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The predictions of the test compounds as a table, for the user and for the comparison with the next model."""

from pathlib import Path

from cpsign_workflow.chemistry import Chemistry
from cpsign_workflow.ingest.compressed import writing
from cpsign_workflow.predictions import (
    CONFIDENCES,
    JUDGED_AT,
    ClassificationPredictions,
    ClassPredictions,
    Predictions,
    RegressionPredictions,
)


def write(path: Path, predictions: Predictions, chemistry: Chemistry) -> None:
    """Write ``key smiles observed predicted …`` (gzip, tab-separated).

    Regression: ``lower upper``, the interval at :data:`JUDGED_AT`. Classes: the one with the largest p-value or
    probability as ``predicted``, and ``p <label>`` or ``probability <label>`` for each.
    """
    header, lines = (
        _regression(predictions) if isinstance(predictions, RegressionPredictions) else _classes(predictions)
    )
    with writing(path, ("key", "smiles", "observed", "predicted", *header)) as write_row:
        for key, smiles, line in zip(predictions.keys, chemistry.smiles, lines, strict=True):
            write_row(key, smiles, *line)


def _regression(predictions: RegressionPredictions) -> tuple[list[str], list[list[str]]]:
    column = CONFIDENCES.index(JUDGED_AT)
    columns = (
        predictions.observed,
        predictions.predicted,
        predictions.lower[:, column],
        predictions.upper[:, column],
    )
    return ["lower", "upper"], [
        [repr(value) for value in row] for row in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _classes(predictions: ClassPredictions) -> tuple[list[str], list[list[str]]]:
    labels, score = predictions.labels, "p" if isinstance(predictions, ClassificationPredictions) else "probability"
    chosen = predictions.scores.argmax(axis=1)
    rows = zip(predictions.observed.tolist(), chosen.tolist(), predictions.scores.tolist(), strict=True)
    lines = [[labels[observed], labels[best], *map(repr, scores)] for observed, best, scores in rows]
    return [f"{score} {label}" for label in labels], lines
