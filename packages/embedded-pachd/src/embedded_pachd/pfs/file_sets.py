# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File sets: changes that wait, under an id and for a limited time, to be added to a commit; they can be read
meanwhile.
"""

import uuid
from collections.abc import Sequence

import msgpack

from embedded_pachd.errors import InvalidError, NotFoundError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.applying import apply_changes
from embedded_pachd.pfs.content import Content
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pfs.reading import Files, open_files
from embedded_pachd.pfs.repos import FILE_SETS
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pfs.writing import Changes
from embedded_pachd.store.chunks import ChunkBatch

_SECOND = 1_000_000_000
DEFAULT_SECONDS = 600
_MOST_SECONDS = 100_000_000


def create(tx: Transaction, changes: Changes, seconds: int = DEFAULT_SECONDS) -> str:
    """Keep changes for some seconds; gives their id."""
    set_id = uuid.uuid4().hex
    expires = _expiry(tx, seconds)
    root = apply_changes(tx.db, tx.tree, tx.store.packs, None, changes)
    _join_parts(tx, root, changes)
    tx.db.execute(
        "INSERT INTO file_set (id, root, changes, expires) VALUES (?, ?, ?, ?)",
        (set_id, root, _pack(changes), expires),
    )
    return set_id


def _join_parts(tx: Transaction, root: int | None, changes: Changes) -> None:
    """Name what the tree holds, which keeps it from being collected, instead of the parts it was joined of."""
    for key, parts in changes.added.items():
        if len(parts) > 1 and (entry := tx.tree.get(root, key)) is not None:
            changes.added[key] = [Content(entry.size, entry.hash, entry.chunks)]


def of_commit(tx: Transaction, batch: ChunkBatch, name: CommitName, seconds: int = DEFAULT_SECONDS) -> str:
    """A commit's files as a file set."""
    changes = Changes(batch)
    for entry in open_files(tx, name).entries():
        changes.append(entry.key, Content(entry.size, entry.hash, entry.chunks))
    return create(tx, changes, seconds)


def compose(tx: Transaction, batch: ChunkBatch, set_ids: Sequence[str], seconds: int = DEFAULT_SECONDS) -> str:
    """One file set of several, later ones on top of earlier ones."""
    changes = Changes(batch)
    for set_id in set_ids:
        changes.merge(load(tx, batch, set_id))
    return create(tx, changes, seconds)


def renew(tx: Transaction, set_id: str, seconds: int) -> None:
    _row(tx, set_id)
    tx.db.execute("UPDATE file_set SET expires = ? WHERE id = ?", (_expiry(tx, seconds), set_id))


def _expiry(tx: Transaction, seconds: int) -> int:
    if abs(seconds) > _MOST_SECONDS:
        raise InvalidError(f"a file set cannot be kept for {seconds} s: at most for {_MOST_SECONDS}")
    return tx.now + seconds * _SECOND


def remove_expired(tx: Transaction) -> None:
    tx.db.execute("DELETE FROM file_set WHERE expires < ?", (tx.now,))


def load(s: Snapshot, batch: ChunkBatch, set_id: str) -> Changes:
    """The changes of a file set; its chunks are in the store already, so `batch` may be an empty one."""
    return _unpack(_row(s, set_id)[1], batch)


def open_named(s: Snapshot, name: CommitName, tag: str = "") -> Files:
    """The files of a commit, or of a file set when the repo is the one that pachd reserves for them."""
    if name.repo.name == FILE_SETS:
        return Files(s, _row(s, name.id)[0], None, tag)
    commit, root = commits.readable(s, name)
    return Files(s, root.node, commit, tag)


def _row(s: Snapshot, set_id: str) -> tuple[int | None, bytes]:
    row: tuple[int | None, bytes] | None
    row = s.db.execute("SELECT root, changes FROM file_set WHERE id = ?", (set_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"file set {set_id} not found: it may have expired")
    return row


def _pack(changes: Changes) -> bytes:
    packed: bytes = msgpack.packb(
        (list(changes.deleted), list(changes.deleted_directories), list(changes.added.items()))
    )
    return packed


def _unpack(packed: bytes, batch: ChunkBatch) -> Changes:
    deleted, directories, added = msgpack.unpackb(packed, use_list=False)
    return Changes(
        batch, set(deleted), set(directories), {key: [Content(*part) for part in parts] for key, parts in added}
    )
