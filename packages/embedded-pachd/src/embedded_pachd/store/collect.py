# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage collection: removing nodes, chunks and packs that no commit and no file set reaches."""

import os
import time
from collections.abc import Callable
from sqlite3 import Connection
from typing import NamedTuple

from embedded_pachd.store.check import roots
from embedded_pachd.store.chunks import HASH_SIZE, read_chunk
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import Entry, NodeCache, Tree

_READERS_SECONDS = 600
"""A pack without a name stays so long, for calls that began to read it before."""


class Collected(NamedTuple):
    nodes: int
    chunks: int
    packs: int


def collect(store: Store, say: Callable[[str], None] = lambda _: None) -> Collected:
    """Remove garbage. Raises PreconditionError while files are being written; reads go on."""
    with store.collecting():
        _remove_old_packs(store)
        with store.database.read() as db:
            say("looking for what is in use")
            nodes, chunks = _reachable(db)
            last_node = db.execute("SELECT coalesce(max(id), 0) FROM node").fetchone()[0]
        with store.database.write() as db:
            say("removing the rest")
            dead_nodes = [
                row for row in db.execute("SELECT id FROM node WHERE id <= ?", (last_node,)) if row[0] not in nodes
            ]
            db.executemany("DELETE FROM node WHERE id = ?", dead_nodes)
            dead_chunks = [row for row in db.execute("SELECT hash FROM chunk") if row[0] not in chunks]
            db.executemany("DELETE FROM chunk WHERE hash = ?", dead_chunks)
        _rewrite_sparse_packs(store, say)
        gone = _forget_empty_packs(store)
    return Collected(len(dead_nodes), len(dead_chunks), gone)


def _reachable(db: Connection) -> tuple[set[int], set[bytes]]:
    tree = Tree(db, NodeCache())
    nodes: set[int] = set()
    chunks: set[bytes] = set()
    for root in roots(db):
        for _unused, node in tree.nodes(root, nodes):
            for entry in node.items:
                if isinstance(entry, Entry):
                    chunks.update(entry.chunks[i : i + HASH_SIZE] for i in range(0, len(entry.chunks), HASH_SIZE))
    return nodes, chunks


def _rewrite_sparse_packs(store: Store, say: Callable[[str], None]) -> None:
    """Move what is left in packs that are mostly garbage to new ones."""
    with store.database.read() as db:
        sparse = db.execute(
            "SELECT p.id, p.name FROM pack p JOIN chunk c ON c.pack = p.id "
            "GROUP BY p.id HAVING 2 * sum(c.size) < p.size"
        ).fetchall()
    for pack_id, name in sparse:
        say(f"moving what is left in pack {name}")
        pack = store.packs.create()
        moved = []
        with store.database.read() as db:
            for (chunk,) in db.execute("SELECT hash FROM chunk WHERE pack = ?", (pack_id,)).fetchall():
                moved.append((pack.size, chunk))
                for piece in read_chunk(db, store.packs, chunk):
                    pack.append(piece)
        pack.seal()
        with store.database.write() as db:
            new = db.execute("INSERT INTO pack (name, size) VALUES (?, ?)", (pack.name, pack.size)).lastrowid
            db.executemany(f"UPDATE chunk SET pack = {new}, offset = ? WHERE hash = ?", moved)  # noqa: S608 (a number)


def _forget_empty_packs(store: Store) -> int:
    with store.database.write() as db:
        names = db.execute(
            "SELECT name FROM pack WHERE id NOT IN (SELECT pack FROM chunk WHERE pack IS NOT NULL)"
        ).fetchall()
        db.executemany("DELETE FROM pack WHERE name = ?", names)
    for (name,) in names:
        os.utime(store.packs.folder / name)
    return len(names)


def _remove_old_packs(store: Store) -> None:
    with store.database.read() as db:
        known = {name for (name,) in db.execute("SELECT name FROM pack")}
    for name in store.packs.names() - known:
        if (store.packs.folder / name).stat().st_mtime < time.time() - _READERS_SECONDS:
            store.packs.remove(name)
