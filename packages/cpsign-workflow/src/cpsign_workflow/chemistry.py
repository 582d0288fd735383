# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the test compounds are, and how far they lie from what the model was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.ingest.compressed import rows
from cpsign_workflow.neighbours import Neighbours, fingerprint
from cpsign_workflow.progress import Progress

if TYPE_CHECKING:
    from rdkit import Chem

_AT_MOST = 1000
"""Test compounds whose nearest neighbour is looked for: one more costs a comparison with every training compound."""


@dataclass(frozen=True)
class Chemistry:
    """Structures of n test compounds."""

    smiles: tuple[str, ...]
    heavy_atoms: NDArray[np.float64]
    """Shape (n,); NaN where RDKit can not read the structure."""
    distance: NDArray[np.float64]
    """Shape (n,): 1 - Tanimoto similarity (Morgan fingerprints, radius 2, 2048 bits) to the nearest training compound;
    NaN where it was not looked for."""


def look_at(keys: Sequence[str], test: Path, training: Neighbours) -> Chemistry:
    """The chemistry of the compounds ``keys`` of the table ``test``, beside the compounds of the training.

    Among more than 1000 test compounds every k-th has its neighbour looked for: tables are sorted by a hash of the
    structure, so these are as good as drawn by lot, and the same every time.
    """
    from rdkit import Chem, rdBase

    structures = {row["key"]: row["smiles"] for row in rows(test)}
    smiles = tuple(structures[key] for key in keys)
    with rdBase.BlockLogs():
        # molecules are large: none is kept
        atoms = np.array([_heavy_atoms(Chem.MolFromSmiles(structure)) for structure in smiles])
        readable = np.flatnonzero(~np.isnan(atoms))
        asked = readable[:: max(1, -(-len(readable) // _AT_MOST))]
        distance = np.full(len(keys), np.nan)
        progress = Progress("aggregate: nearest neighbours of", len(asked), "test compounds")
        for place in asked:
            progress.advance()
            distance[place] = training.distance(fingerprint(Chem.MolFromSmiles(smiles[place])))
    return Chemistry(smiles, atoms, distance)


def _heavy_atoms(molecule: "Chem.Mol | None") -> float:
    return np.nan if molecule is None else molecule.GetNumHeavyAtoms()
