# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RDKit says of a structure before the model is asked: read as in ingestion, and how far from the training."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from rdkit import Chem
from rdkit.Chem import rdDepictor

from cpsign_workflow.ingest.curation import NO_STRUCTURE, UNREADABLE
from cpsign_workflow.ingest.structure import parent_of
from cpsign_workflow.neighbours import Neighbours, fingerprint

neighbours_in = cache(Neighbours.read)
"""Each process reads the fingerprints once."""


class Seen(NamedTuple):
    """A structure as the model is asked about it."""

    smiles: str
    """As given, or written by RDKit for a record of an SDF; empty when that can not be read."""
    parent: str
    """What the model is asked about; empty where there is a ``problem``."""
    desalted: bool
    distance: float | None
    """To the nearest training compound; None where that is not known."""
    drawing: str
    """Mol block with two coordinates an atom, where one is wanted and can be drawn."""
    problem: str


@dataclass(frozen=True)
class Look:
    """Looks at structures; other processes get a copy."""

    kind: Literal["smiles", "sdf"]
    fingerprints: Path | None
    """Those of the training compounds."""
    draw: bool

    def __call__(self, structure: str) -> Seen:
        """Look at one."""
        smiles = structure.strip() if self.kind == "smiles" else _smiles_of(structure)
        # RDKit would take what follows a blank for a name.
        parent = parent_of(smiles) if len(smiles.split()) == 1 else None
        if parent is None:
            problem = UNREADABLE if structure.strip() else NO_STRUCTURE
            return Seen(smiles, "", desalted=False, distance=None, drawing="", problem=problem)
        distance = (
            neighbours_in(self.fingerprints).distance(fingerprint(parent.molecule)) if self.fingerprints else None
        )
        drawing = _drawn(smiles) if self.draw else ""
        return Seen(smiles, parent.smiles, parent.desalted, distance, drawing, problem="")


def _smiles_of(record: str) -> str:
    molecule = Chem.MolFromMolBlock(record)
    return "" if molecule is None else Chem.MolToSmiles(molecule)


def _drawn(smiles: str) -> str:
    molecule = Chem.MolFromSmiles(smiles)
    rdDepictor.Compute2DCoords(molecule)
    return Chem.MolToMolBlock(molecule)
