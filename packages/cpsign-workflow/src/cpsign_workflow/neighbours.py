# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of the training compounds, in a file beside the model, and the distance to the nearest of them.

The file is no entry of the model's jar, where it would count in the payload digest: then another version of RDKit would
make another model of the same training. Its format is FPS (Dalke, J. Cheminform. 5 (2013) P36), gzipped.
"""

import gzip
import zlib
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.compressed import rows, writing
from cpsign_workflow.ingest.processes import asked
from cpsign_workflow.progress import Progress

if TYPE_CHECKING:
    from rdkit import Chem

FILE: Final = "training.fps.gz"
BITS: Final = 2048
_RADIUS: Final = 2
_SOURCE: Final = b"#source="
_BLOCK: Final = 4096
"""Training compounds that are compared at once: their bits fit into a core's cache."""


def fingerprint(molecule: "Chem.Mol") -> bytes:
    """The Morgan fingerprint, :data:`BITS` bits of radius 2, as bytes."""
    from rdkit import DataStructs

    packed: bytes = DataStructs.BitVectToBinaryText(_generator().GetFingerprint(molecule))
    return packed


@cache
def _generator() -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS, fpSize=BITS)


def write(path: Path, training: Path, source: str) -> None:
    """Write the fingerprints of the table ``training``, in its order; ``source`` says which training it is.

    Structures that RDKit can not read are left out.
    """
    import rdkit

    total = sum(1 for _unused in rows(training))
    progress = Progress("aggregate: fingerprints of", total, "training compounds")
    header = f"#FPS1\n#num_bits={BITS}\n#type=RDKit-Morgan/2 radius={_RADIUS} fpSize={BITS}"
    software = f"#software=RDKit/{rdkit.__version__}\n{_SOURCE.decode()}{source}"
    with writing(path, (f"{header}\n{software}",)) as write_line:
        for row, found in asked(_fingerprint, rows(training), itemgetter("smiles")):
            progress.advance()
            if found is not None:
                write_line(found.hex(), row["key"])


def _fingerprint(smiles: str) -> bytes | None:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    return None if molecule is None else fingerprint(molecule)


class Neighbours:
    """The training compounds of one model, in 256 bytes each."""

    def __init__(self, packed: bytes, source: str) -> None:
        """``packed``: fingerprints, one after the other; ``source``: as given to :func:`write`."""
        self.source = source
        rows = np.frombuffer(packed, dtype=np.uint8).reshape(-1, BITS // 8)
        on = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
        order = np.argsort(on, kind="stable")
        blocks = np.split(order, range(_BLOCK, len(order), _BLOCK))
        self._on = [on[block] for block in blocks]
        self._fewest, self._most = np.array([block[[0, -1]] for block in self._on]).T
        # Bit k of all compounds of a block stands in row k, as only the rows of the bits that a structure has are read.
        self._bits = [np.packbits(np.unpackbits(rows[block], axis=1).T, axis=1) for block in blocks]

    @classmethod
    def read(cls, path: Path) -> "Neighbours":
        """Read what :func:`write` wrote. Raises :class:`UserError` when it is something else."""
        packed, source = bytearray(), ""
        try:
            with gzip.open(path, "rb") as lines:
                for line in lines:
                    if line.startswith(_SOURCE):
                        source = line[len(_SOURCE) :].decode().strip()
                    elif not line.startswith(b"#"):
                        packed += bytes.fromhex(line[: BITS // 4].decode())
        except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
            raise UserError(f"{path}: not a whole file of fingerprints ({error})") from error
        if not packed or len(packed) % (BITS // 8):
            raise UserError(f"{path}: not a whole file of fingerprints of {BITS} bits")
        return cls(bytes(packed), source)

    def distance(self, structure: bytes) -> float:
        """1 - Tanimoto similarity of a :func:`fingerprint` to the nearest training compound.

        Blocks are visited by how similar, from their numbers of bits alone, they can be (Swamidass and Baldi, J. Chem.
        Inf. Model. 47 (2007) 302-317), so that most are never looked at.
        """
        bits = np.flatnonzero(np.unpackbits(np.frombuffer(structure, dtype=np.uint8)))
        closest = np.clip(len(bits), self._fewest, self._most)
        bounds = np.minimum(closest, len(bits)) / np.maximum(closest, len(bits))
        nearest = 0.0
        for block in np.argsort(-bounds, kind="stable"):
            if bounds[block] <= nearest:
                break
            nearest = max(nearest, self._most_similar(block, bits))
        return 1 - nearest

    def _most_similar(self, block: int, bits: NDArray[np.intp]) -> float:
        on = self._on[block]
        both = np.unpackbits(self._bits[block][bits], axis=1, count=len(on))
        common = both.sum(axis=0, dtype=np.uint8 if len(bits) < 256 else np.uint16)
        return float((common / (on + (len(bits) - common.astype(np.int64)))).max())
