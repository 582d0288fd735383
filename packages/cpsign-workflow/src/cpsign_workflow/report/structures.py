# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst predictions, drawn: often the quickest way to an error in the data or a gap in the training."""

import html
import re
from dataclasses import dataclass

import numpy as np

from cpsign_workflow.chemistry import Chemistry
from cpsign_workflow.predictions import CONFIDENCES, JUDGED_AT, Predictions, RegressionPredictions

_NUMBER = 8
# what a page does not need, among it the white ground
_DECLARATIONS = re.compile(r"<\?xml.*?\?>\s*|<!--.*?-->\s*|<rect [^>]*>\s*</rect>\s*", re.DOTALL)


@dataclass(frozen=True)
class Drawn:
    """A test compound whose prediction is far off."""

    key: str
    smiles: str
    svg: str
    """Empty where RDKit can not read or draw the structure: the page shows the SMILES then."""
    observed: str
    predicted: str
    distance: float | None
    """To the nearest training compound, 1 - Tanimoto similarity."""


def worst(predictions: Predictions, chemistry: Chemistry) -> list[Drawn]:
    """The largest errors first: |observed - predicted|, or how far another class is preferred to the right one."""
    if isinstance(predictions, RegressionPredictions):
        errors = np.abs(predictions.observed - predictions.predicted)
    else:
        right = predictions.scores[np.arange(len(predictions.observed)), predictions.observed]
        errors = predictions.scores.max(axis=1) - right
    chosen = [int(place) for place in np.argsort(-errors, kind="stable")[:_NUMBER] if errors[place] > 0]
    return [_drawn(place, predictions, chemistry) for place in chosen]


def _drawn(place: int, predictions: Predictions, chemistry: Chemistry) -> Drawn:
    if isinstance(predictions, RegressionPredictions):
        column = CONFIDENCES.index(JUDGED_AT)
        ends = (predictions.lower[place, column], predictions.upper[place, column])
        observed = _digits(predictions.observed[place], 4)
        predicted = "{} ({} to {})".format(*(_digits(value, 3) for value in (predictions.predicted[place], *ends)))
    else:
        observed = predictions.labels[predictions.observed[place]]
        pairs = zip(predictions.labels, predictions.scores[place], strict=True)
        predicted = ", ".join(f"{label} {score:.2g}" for label, score in pairs)
    distance = float(chemistry.distance[place])
    return Drawn(
        predictions.keys[place],
        chemistry.smiles[place],
        _svg(chemistry.smiles[place]),
        observed,
        predicted,
        None if np.isnan(distance) else distance,
    )


def _digits(value: float, digits: int) -> str:
    """So many significant ones, zeros at the end too: what stands side by side has the same."""
    return f"{value:#.{digits}g}".rstrip(".")


def _svg(smiles: str) -> str:
    from rdkit import Chem, rdBase

    try:
        from rdkit.Chem.Draw import rdMolDraw2D
    except ImportError:  # needs libXrender of the system, and a picture is no reason to lose a model
        return ""

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        return ""
    drawing = rdMolDraw2D.MolDraw2DSVG(240, 180)
    rdMolDraw2D.PrepareAndDrawMolecule(drawing, molecule)
    drawing.FinishDrawing()
    svg = _DECLARATIONS.sub("", drawing.GetDrawingText())
    return svg.replace("<svg ", f'<svg role="img" aria-label="Structure {html.escape(smiles)}" ', 1)
