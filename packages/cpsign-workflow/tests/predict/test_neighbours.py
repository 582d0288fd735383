# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The distance to the nearest training compound is what a comparison with every one of them by RDKit gives."""

import gzip
from pathlib import Path

import pytest
from molecules import drugs
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from cpsign_workflow import neighbours
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.compressed import writing
from cpsign_workflow.neighbours import Neighbours


def written(folder: Path, structures: list[str]) -> Path:
    with writing(folder / "training.tsv.gz", ("key", "smiles", "value")) as write:
        for place, smiles in enumerate(structures):
            write(f"KEY{place}", smiles, "1")
    neighbours.write(folder / neighbours.FILE, folder / "training.tsv.gz", "abc")
    return folder / neighbours.FILE


def test_it_is_rdkits_similarity_to_the_most_similar_of_all(tmp_path: Path) -> None:
    training, asked = drugs()[:1_500], drugs()[1_500:1_600]
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    all_of_them = [generator.GetFingerprint(Chem.MolFromSmiles(smiles)) for smiles in training]
    known = Neighbours.read(written(tmp_path, training))
    for smiles in [*asked, *training[::500]]:
        molecule = Chem.MolFromSmiles(smiles)
        by_rdkit = max(DataStructs.BulkTanimotoSimilarity(generator.GetFingerprint(molecule), all_of_them))
        assert known.distance(neighbours.fingerprint(molecule)) == 1 - by_rdkit


def test_the_file_is_fps_and_depends_on_the_structures_alone(tmp_path: Path) -> None:
    first = written(tmp_path / "first", ["CCO", "not one", "c1ccccc1O"])
    header, lines = [], []
    for line in gzip.decompress(first.read_bytes()).decode().splitlines():
        (header if line.startswith("#") else lines).append(line)
    assert header[:2] == ["#FPS1", "#num_bits=2048"]
    assert header[-1] == "#source=abc"
    packed, key = lines[1].split("\t")
    assert key == "KEY2"
    bits = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048).GetFingerprint(
        Chem.MolFromSmiles("c1ccccc1O")
    )
    assert packed == DataStructs.BitVectToFPSText(bits)
    assert written(tmp_path / "again", ["CCO", "not one", "c1ccccc1O"]).read_bytes() == first.read_bytes()
    assert Neighbours.read(first).source == "abc"


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"#FPS1\n"), gzip.compress(b"zz\tKEY\n"), gzip.compress(b"00ff\tKEY\n")]
)
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / neighbours.FILE).write_bytes(content)
    with pytest.raises(UserError, match=r"training\.fps\.gz: not a whole file of fingerprints"):
        Neighbours.read(tmp_path / neighbours.FILE)
