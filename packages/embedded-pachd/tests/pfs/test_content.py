# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chunks and hashes: equal to a direct reading of pachd's rule, however the bytes arrive."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_pachd.pfs import commits, repos
from embedded_pachd.pfs.content import Content, ContentWriter
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, RepoName
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.pfs.writing import writing
from embedded_pachd.store import chunks
from embedded_pachd.store.check import problems
from embedded_pachd.store.chunks import ChunkBatch
from embedded_pachd.store.store import Store

RANDOM = random.Random(7)
ONE, TWO, NINE, MANY = (RANDOM.randbytes(size) for size in (999_999, 1_000_001, 9_000_000, 45_000_000))
NINE += RANDOM.randbytes(3_000_000)


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[ChunkBatch]:
    store = Store(tmp_path)
    with store.batch() as opened:
        yield opened
    store.close()


def content(batch: ChunkBatch, data: bytes, portion: int) -> Content:
    writer = ContentWriter(batch)
    for at in range(0, len(data), portion):
        writer.write(data[at : at + portion])
    return writer.close()


@pytest.mark.parametrize(
    ("data", "recorded"),
    [
        (b"hello", "901c60ffffd77f743729f8fea0233c0b00223428b5192c2015f853562b45ce59"),
        (ONE, "b8570440ce53a94484d08aa100728bc250cceda986d2cbb80084d1437ffd8c80"),
        (TWO, "5bc4fbcd7e530acfbcffcd007dcf4599ccd6ab52faf8e4b643881594e4a3a23c"),
        (NINE, "4ccd478f0b937fa3e80f63e23e2450d35988e9c0506e65cb3ffc9386c8437b99"),
        (bytes(20_000_000), "a941f999fbe87eda34f13f6603a19330df939e08738d655860561864cd558719"),
        (MANY, "f2efe7e424ca00006c34c76222f1cfc8f86634a32fbe745dd40aed7065b0f2b6"),
    ],
    ids=["hello", "one", "two", "nine", "ends at a cut", "many"],
)
def test_hashes_are_those_of_a_real_pachd(batch: ChunkBatch, data: bytes, recorded: str) -> None:
    assert content(batch, data, 19 * 2**20).hash.hex() == recorded


@pytest.mark.parametrize("portion", [65_521, 1_000_000, 7_777_777])
def test_portions_do_not_matter(batch: ChunkBatch, portion: int) -> None:
    assert content(batch, MANY, portion) == content(batch, MANY, len(MANY))


def test_small_files_are_one_chunk(batch: ChunkBatch) -> None:
    def blake(data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=32).digest()

    assert content(batch, b"x" * 70_000, 1000) == (70_000, blake(blake(b"x" * 70_000)), blake(b"x" * 70_000))
    assert content(batch, b"", 1) == (0, blake(b""), b"")


def test_many_appends_in_one_commit(filesystem: FileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """More joined chunks than an upload keeps in memory."""
    monkeypatch.setattr(chunks, "_MAX_ROWS", 20)
    master = BranchName(RepoName("r"), "master")
    with filesystem.transaction() as tx:
        repos.create(tx, master.repo)
    for round_number in range(3):
        with writing(filesystem.store) as writer:
            for number in range(50):
                writer.put(f"/{number}", b"%d-%d " % (number, round_number), append=True)
            writer.put("/large", NINE if round_number == 0 else b"more", append=True)
            changes = writer.changes
            with filesystem.transaction() as tx:
                name = commits.start(tx, master)
                commits.apply(tx, name, changes)
                commits.finish(tx, name)
    with filesystem.snapshot() as s, writing(filesystem.store) as writer:
        files = open_files(s, name)
        assert b"".join(files.read(files.get("/7"))) == b"7-0 7-1 7-2 "
        writer.put("/large", NINE + b"moremore")
        assert files.get("/large").hash == writer.changes.added["/large", "default"][0].hash
    assert list(problems(filesystem.store)) == []
