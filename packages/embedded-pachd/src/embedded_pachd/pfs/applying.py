# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making changes to a tree of files."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from embedded_pachd.pfs.content import Content, ContentWriter, last_chunk
from embedded_pachd.pfs.writing import Changes
from embedded_pachd.store.chunks import HASH_SIZE, ChunkBatch, chunk_sizes, read_chunk
from embedded_pachd.store.packs import Packs
from embedded_pachd.store.tree import Entry, Key, Tree


def apply_changes(db: Connection, tree: Tree, packs: Packs, root: int | None, changes: Changes) -> int | None:
    """The root of `root`'s files with `changes` made; saves the chunks they bring."""
    changes.batch.save(db)
    edits: dict[Key, Entry | None] = {}
    for directory, tag in changes.deleted_directories:
        edits.update((entry.key, None) for entry in tree.below(root, directory) if entry.tag == tag)
    edits.update((key, None) for key in changes.deleted)
    with _joining(db, packs, changes.batch) as joiner:
        for key, contents in changes.added.items():
            base = None if key in edits else tree.get(root, key)
            parts = contents if base is None else [Content(base.size, base.hash, base.chunks), *contents]
            content = parts[0] if len(parts) == 1 else joiner.join(parts)
            edits[key] = Entry(*key, content.size, content.hash, content.chunks)
    return tree.update(root, sorted(edits.items(), key=lambda edit: edit[0]))


class _Joiner:
    """Joins contents to what one file of their bytes would be: cuts depend on what comes before, so the rest is cut
    again.
    """

    def __init__(self, db: Connection, packs: Packs, batch: ChunkBatch) -> None:
        self._db, self._packs, self._batch = db, packs, batch
        self.joined = 0

    def join(self, parts: list[Content]) -> Content:
        parts = [part for part in parts if part.size] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        self.joined += 1
        _unused, last_size = chunk_sizes(self._db, parts[0].chunks[-HASH_SIZE:])[0]
        kept, last = last_chunk(parts[0], last_size)
        writer = ContentWriter(self._batch, kept)
        for portion in self._bytes(last + b"".join(part.chunks for part in parts[1:])):
            writer.write(portion)
        return writer.close()

    def _bytes(self, chunks: bytes) -> Iterator[bytes]:
        for at in range(0, len(chunks), HASH_SIZE):
            yield from read_chunk(self._db, self._packs, chunks[at : at + HASH_SIZE])


@contextmanager
def _joining(db: Connection, packs: Packs, batch: ChunkBatch) -> Iterator[_Joiner]:
    """A joiner, whose new chunks are saved at the end."""
    joiner = _Joiner(db, packs, batch)
    with batch.inside(db):
        yield joiner
        if joiner.joined:
            batch.seal()
            batch.save(db)
