# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content-addressed chunks: small ones in the database, large ones in packs. A chunk is named by the BLAKE2b-256 of its bytes."""

import hashlib
from collections.abc import Iterator
from sqlite3 import Connection

from embedded_pachd.errors import CorruptError
from embedded_pachd.store.database import Database
from embedded_pachd.store.packs import Packs, PackWriter

HASH_SIZE = 32
INLINE_SIZE = 64 * 1024
"""Chunks up to this size lie in the database: one sync for many of them."""
_FLUSH_SIZE = 8 * 1024 * 1024
_PACK_SIZE = 128 * 1024 * 1024
PIECE = 2 * 1024 * 1024
"""Largest piece in which content is read."""


def digest(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=HASH_SIZE).digest()


class ChunkBatch:
    """Chunks of one upload. They become durable with `save`, in the transaction that makes them reachable.

    `begin`, `extend`…, `end` store one chunk whose size is not known beforehand, without holding more than INLINE_SIZE of it.
    """

    def __init__(self, database: Database, packs: Packs) -> None:
        self._database = database
        self._packs = packs
        self._rows: dict[bytes, tuple[int, bytes | None, str | None, int | None]] = {}
        self._inline_bytes = 0
        self._pack: PackWriter | None = None
        self._sealed: dict[str, int] = {}
        self._saved = False
        self._start_chunk()

    def _start_chunk(self) -> None:
        self._head = bytearray()
        self._hash = hashlib.blake2b(digest_size=HASH_SIZE)
        self._size = 0
        self._in_pack_from: int | None = None

    def extend(self, data: bytes | memoryview) -> None:
        """More bytes of the chunk under way."""
        self._hash.update(data)
        self._size += len(data)
        if self._in_pack_from is None:
            if self._size <= INLINE_SIZE:
                self._head += data
                return
            self._in_pack_from = self._open_pack().size
            self._open_pack().append(self._head)
            self._head.clear()
        self._open_pack().append(data)

    def end(self) -> bytes:
        """Close the chunk under way; gives its hash."""
        name = self._hash.digest()
        if self._in_pack_from is None:
            self._add_inline(name, bytes(self._head))
        else:
            self._add_packed(name, self._in_pack_from)
        self._start_chunk()
        return name

    def abandon_chunk(self) -> None:
        """Forget the chunk under way."""
        if self._in_pack_from is not None:
            self._open_pack().truncate(self._in_pack_from)
        self._start_chunk()

    def read(self, name: bytes) -> bytes | None:
        """A chunk of this batch that may not be in the database yet."""
        row = self._rows.get(name)
        if row is None:
            return None
        size, data, pack, offset = row
        if data is not None:
            return data
        if pack is None or offset is None:
            raise CorruptError(f"chunk {name.hex()} has no content")
        self._seal_pack()
        return b"".join(self._packs.read(pack, offset, size, PIECE))

    def _add_inline(self, name: bytes, data: bytes) -> None:
        if name not in self._rows:
            self._rows[name] = (len(data), data, None, None)
            self._inline_bytes += len(data)
            if self._inline_bytes > _FLUSH_SIZE:
                self._flush()

    def _add_packed(self, name: bytes, start: int) -> None:
        pack = self._open_pack()
        if name in self._rows or self._stored(name):
            pack.truncate(start)
            return
        self._rows[name] = (self._size, None, pack.name, start)
        if pack.size > _PACK_SIZE:
            self._seal_pack()

    def _stored(self, name: bytes) -> bool:
        with self._database.read() as db:
            return db.execute("SELECT 1 FROM chunk WHERE hash = ?", (name,)).fetchone() is not None

    def _open_pack(self) -> PackWriter:
        if self._pack is None:
            self._pack = self._packs.create()
        return self._pack

    def _seal_pack(self) -> None:
        if self._pack is not None:
            self._pack.seal()
            self._sealed[self._pack.name] = self._pack.size
            self._pack = None

    def _flush(self) -> None:
        """Put the small chunks into the database early, so that memory stays bounded; unreachable, they are garbage."""
        rows = {name: row for name, row in self._rows.items() if row[1] is not None}
        with self._database.write() as db:
            _insert(db, rows, {})
        for name in rows:
            del self._rows[name]
        self._inline_bytes = 0

    def seal(self) -> None:
        """Sync everything that lies outside the database. Must come before `save`."""
        self._seal_pack()

    def save(self, db: Connection) -> None:
        """Name everything, in the caller's transaction."""
        if self._pack is not None:
            raise RuntimeError("seal comes before save")
        packs = {}
        for name, size in self._sealed.items():
            cursor = db.execute(
                "INSERT INTO pack (name, size) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, size)
            )
            packs[name] = cursor.lastrowid or 0
        _insert(db, self._rows, packs)
        self._saved = True

    def close(self) -> None:
        """Drop what was not saved."""
        if self._pack is not None:
            self._pack.discard()
            self._pack = None
        if not self._saved:
            for name in self._sealed:
                self._packs.remove(name)


def _insert(
    db: Connection, rows: dict[bytes, tuple[int, bytes | None, str | None, int | None]], packs: dict[str, int]
) -> None:
    db.executemany(
        "INSERT INTO chunk (hash, size, data, pack, offset) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        (
            (name, size, data, packs[pack] if pack else None, offset)
            for name, (size, data, pack, offset) in rows.items()
        ),
    )


def read_chunk(db: Connection, packs: Packs, name: bytes, skip: int = 0) -> Iterator[bytes]:
    """A chunk's bytes after the first `skip`, in pieces of at most PIECE bytes."""
    row = db.execute(
        "SELECT c.size, c.data, p.name, c.offset FROM chunk c LEFT JOIN pack p ON p.id = c.pack WHERE c.hash = ?",
        (name,),
    ).fetchone()
    if row is None:
        raise CorruptError(f"chunk {name.hex()} is missing: run embedded-pachd fsck")
    size, data, pack, offset = row
    if data is not None:
        if skip < size:
            yield data[skip:]
        return
    try:
        yield from packs.read(pack, offset + skip, size - skip, PIECE)
    except OSError as error:
        raise CorruptError(f"chunk {name.hex()} cannot be read: {error}") from error


def chunk_sizes(db: Connection, chunks: bytes) -> list[tuple[bytes, int]]:
    """(hash, size) of each chunk in a file's concatenated chunk hashes."""
    names = [chunks[i : i + HASH_SIZE] for i in range(0, len(chunks), HASH_SIZE)]
    sizes = []
    for name in names:
        row = db.execute("SELECT size FROM chunk WHERE hash = ?", (name,)).fetchone()
        if row is None:
            raise CorruptError(f"chunk {name.hex()} is missing: run embedded-pachd fsck")
        sizes.append((name, int(row[0])))
    return sizes
