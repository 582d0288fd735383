# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content-addressed chunks: small ones in the database, large ones in packs. A chunk is named by the BLAKE2b-256 of
its bytes.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from embedded_pachd.errors import CorruptError
from embedded_pachd.store.database import Database
from embedded_pachd.store.packs import Packs, PackWriter

HASH_SIZE = 32
INLINE_SIZE = 64 * 1024
"""Chunks up to this size lie in the database: nothing but its own sync is needed to keep them."""
_INLINE_TOTAL = 8 * 1024 * 1024
"""After so many bytes of them an upload is large, and its small chunks go to packs too."""
_MAX_ROWS = 50_000
"""Chunks that an upload keeps in memory before it puts them into the database."""
_PACK_SIZE = 128 * 1024 * 1024
PIECE = 128 * 1024
"""Largest piece in which content is read."""


def digest(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=HASH_SIZE).digest()


_Row = tuple[int, bytes | None, str | None, int | None]
"""Size, and either the bytes or where in which pack they are."""


class ChunkBatch:
    """Chunks of one upload. They become durable with `save`, in the transaction that makes them reachable.

    `begin`, `extend`…, `end` store one chunk whose size is not known beforehand, without holding more than
    INLINE_SIZE of it.
    """

    def __init__(self, database: Database, packs: Packs) -> None:
        self._database = database
        self._packs = packs
        self._rows: dict[bytes, _Row] = {}
        self._inline_bytes = 0
        self._pack: PackWriter | None = None
        self._sealed: dict[str, int] = {}
        self._inside: Connection | None = None
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
            self._open_pack().append(bytes(self._head))
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

    def add_small(self, data: bytes) -> bytes:
        """A whole chunk of at most INLINE_SIZE bytes at once; gives its hash."""
        name = digest(data)
        self._add_inline(name, data)
        return name

    def abandon_chunk(self) -> None:
        """Forget the chunk under way."""
        if self._in_pack_from is not None:
            self._open_pack().truncate(self._in_pack_from)
        self._start_chunk()

    def _add_inline(self, name: bytes, data: bytes) -> None:
        if name not in self._rows:
            if self._inline_bytes + len(data) <= _INLINE_TOTAL:
                self._inline_bytes += len(data)
                self._add_row(name, (len(data), data, None, None))
            else:
                pack = self._open_pack()
                start = pack.size
                pack.append(data)
                self._add_row(name, (len(data), None, pack.name, start))

    def _add_packed(self, name: bytes, start: int) -> None:
        pack = self._open_pack()
        if name in self._rows or self._stored(name):
            pack.truncate(start)
            return
        self._add_row(name, (self._size, None, pack.name, start))

    def _add_row(self, name: bytes, row: _Row) -> None:
        self._rows[name] = row
        if self._pack is not None and self._pack.size > _PACK_SIZE:
            self._seal_pack()
        if len(self._rows) >= _MAX_ROWS:
            self._flush()

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
        """Put chunks into the database early, so that memory stays bounded; as long as nothing reaches them, they are
        garbage."""
        self._seal_pack()
        if self._inside is not None:
            self.save(self._inside)
        else:
            with self._database.write() as db:
                self.save(db)
        self._rows.clear()

    def seal(self) -> None:
        """Sync everything that lies outside the database. Must come before `save`."""
        self._seal_pack()

    def save(self, db: Connection) -> None:
        """Name everything, in the caller's transaction."""
        if self._pack is not None:
            raise RuntimeError("seal comes before save")
        packs = {}
        for name, size in self._sealed.items():
            db.execute("INSERT INTO pack (name, size) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, size))
            packs[name] = db.execute("SELECT id FROM pack WHERE name = ?", (name,)).fetchone()[0]
        db.executemany(
            "INSERT INTO chunk (hash, size, data, pack, offset) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
            (
                (name, size, data, packs[pack] if pack else None, offset)
                for name, (size, data, pack, offset) in self._rows.items()
            ),
        )

    @contextmanager
    def inside(self, db: Connection) -> Iterator[None]:
        """For chunks that are made while the caller's transaction is open."""
        self._inside = db
        try:
            yield
        finally:
            self._inside = None

    def close(self) -> None:
        """Drop what no transaction came to name."""
        if self._pack is not None:
            self._pack.discard()
            self._pack = None
        if self._sealed:
            with self._database.read() as db:
                for name in self._sealed:
                    if db.execute("SELECT 1 FROM pack WHERE name = ?", (name,)).fetchone() is None:
                        self._packs.remove(name)


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
