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


def look_at(keys: Sequence[str], test: Path, training: Path) -> Chemistry:
    """The chemistry of the compounds ``keys`` of the table ``test``, beside the table ``training``.

    Among more than 1000 test compounds every k-th has its neighbour looked for: tables are sorted by a hash of the
    structure, so these are as good as drawn by lot, and the same every time.
    """
    from rdkit import Chem, DataStructs, rdBase
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    structures = {row["key"]: row["smiles"] for row in rows(test)}
    smiles = tuple(structures[key] for key in keys)
    with rdBase.BlockLogs():
        # molecules are large: none is kept
        atoms = np.array([_heavy_atoms(Chem.MolFromSmiles(structure)) for structure in smiles])
        readable = np.flatnonzero(~np.isnan(atoms))
        asked = readable[:: max(1, -(-len(readable) // _AT_MOST))]
        fingerprints = [generator.GetFingerprint(Chem.MolFromSmiles(smiles[place])) for place in asked]
        nearest = np.zeros(len(asked))
        progress = Progress("aggregate: neighbours among", sum(1 for _unused in rows(training)), "training compounds")
        for row in rows(training):
            progress.advance()
            molecule = Chem.MolFromSmiles(row["smiles"])
            if molecule is not None:
                similar = DataStructs.BulkTanimotoSimilarity(generator.GetFingerprint(molecule), fingerprints)
                np.maximum(nearest, similar, out=nearest)
    distance = np.full(len(keys), np.nan)
    distance[asked] = 1 - nearest
    return Chemistry(smiles, atoms, distance)


def _heavy_atoms(molecule: "Chem.Mol | None") -> float:
    return np.nan if molecule is None else molecule.GetNumHeavyAtoms()
