# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking for damage: everything that a commit or file set reaches has to be there, and to be what its hash says."""

import hashlib
from collections.abc import Callable, Iterator
from sqlite3 import Connection

from embedded_pachd.errors import PachdError
from embedded_pachd.store.chunks import HASH_SIZE, digest, read_chunk
from embedded_pachd.store.packs import Packs
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import Entry, Node, NodeCache, Tree

_TOLD_EVERY = 500_000_000
"""Bytes between two words about how far it is."""


def roots(db: Connection) -> set[int]:
    """Root nodes of all trees that are in use."""
    rows = db.execute(
        "SELECT root FROM pfs_commit WHERE root IS NOT NULL UNION SELECT root FROM file_set WHERE root IS NOT NULL"
    )
    return {row[0] for row in rows}


def problems(
    store: Store, *, read_data: bool = True, say: Callable[[str], None] = lambda _unused: None
) -> Iterator[str]:
    """A sentence for each thing that is wrong. With `read_data` every chunk's bytes are read and hashed."""
    with store.keep_garbage(), store.database.read() as db:
        say("looking at the database")
        for (found,) in db.execute("PRAGMA integrity_check"):
            if found != "ok":
                yield f"database: {found}"
        for table, rowid, parent, _unused in db.execute("PRAGMA foreign_key_check"):
            yield f"database: row {rowid} of {table} refers to a row of {parent} that is not there"
        for row in db.execute("SELECT r.name, b.name FROM branch b JOIN repo r ON r.id = b.repo WHERE b.head IS NULL"):
            yield f"branch {row[0]}@{row[1]} has no head"
        sizes = dict(db.execute("SELECT hash, size FROM chunk"))
        say("looking at the commits' files")
        yield from _tree_problems(db, sizes)
        yield from _pack_problems(db, store.packs)
        if read_data:
            yield from _data_problems(db, store.packs, sizes, say)


def _tree_problems(db: Connection, sizes: dict[bytes, int]) -> Iterator[str]:
    tree = Tree(db, NodeCache())
    known: set[int] = set()
    for root in sorted(roots(db)):
        try:
            for number, node in tree.nodes(root, known):
                if list(node.keys) != sorted(set(node.keys)):
                    yield f"node {number}: its entries are not in order"
                yield from _entry_problems(number, node, sizes)
        except PachdError as error:
            yield f"tree {root}: {error}"


def _entry_problems(number: int, node: Node, sizes: dict[bytes, int]) -> Iterator[str]:
    for entry in node.items:
        if not isinstance(entry, Entry):
            continue
        names = [entry.chunks[i : i + HASH_SIZE] for i in range(0, len(entry.chunks), HASH_SIZE)]
        missing = [name for name in names if name not in sizes]
        for name in missing:
            yield f"node {number}: {entry.path} needs chunk {name.hex()}, which is not there"
        if digest(entry.chunks) != entry.hash:
            yield f"node {number}: the hash of {entry.path} is not that of its chunks"
        if not missing and sum(sizes[name] for name in names) != entry.size:
            yield f"node {number}: {entry.path} has not the size of its chunks"


def _pack_problems(db: Connection, packs: Packs) -> Iterator[str]:
    for name, size in db.execute("SELECT name, size FROM pack"):
        path = packs.folder / name
        if not path.is_file():
            yield f"pack {name} is missing"
        elif path.stat().st_size != size:
            yield f"pack {name} has {path.stat().st_size} bytes instead of {size}"


def _data_problems(db: Connection, packs: Packs, sizes: dict[bytes, int], say: Callable[[str], None]) -> Iterator[str]:
    total, done, told = sum(sizes.values()), 0, 0
    for name, size in sizes.items():
        done += size
        if done - told >= _TOLD_EVERY or done == total:
            told = done
            say(f"reading {done / 1e6:.0f} of {total / 1e6:.0f} MB")
        try:
            found = hashlib.blake2b(digest_size=HASH_SIZE)
            for piece in read_chunk(db, packs, name):
                found.update(piece)
            if found.digest() != name:
                yield f"chunk {name.hex()} has other bytes than its name says"
        except PachdError as error:
            yield str(error)
