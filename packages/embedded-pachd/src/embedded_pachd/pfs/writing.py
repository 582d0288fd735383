# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to a commit's files, gathered while they arrive and made to a commit in one step.

As in pachd a deletion comes before everything that the same writer adds, and undoes what it added to that path until
then.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from embedded_pachd.pfs.content import Content, ContentWriter
from embedded_pachd.pfs.names import DEFAULT_DATUM, checked_path, clean_path, directory_key
from embedded_pachd.store.chunks import ChunkBatch
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import Entry, Key


@dataclass(slots=True)
class Changes:
    """Deleted keys and directories (path with final '/', tag), then contents to append at each key."""

    batch: ChunkBatch
    deleted: set[Key] = field(default_factory=set)
    deleted_directories: set[Key] = field(default_factory=set)
    added: dict[Key, list[Content]] = field(default_factory=dict)

    def delete(self, path: str, tag: str) -> None:
        self.added.pop((path, tag), None)
        self.deleted.add((path, tag))

    def delete_directory(self, directory: str, tag: str) -> None:
        for key in [k for k in self.added if k[0].startswith(directory) and k[1] == tag]:
            del self.added[key]
        self.deleted_directories.add((directory, tag))

    def append(self, key: Key, content: Content) -> None:
        self.added.setdefault(key, []).append(content)

    def merge(self, later: "Changes") -> None:
        """Make `later` follow these changes."""
        for directory, tag in later.deleted_directories:
            self.delete_directory(directory, tag)
        for path, tag in later.deleted:
            self.delete(path, tag)
        for key, contents in later.added.items():
            for content in contents:
                self.append(key, content)


class Writer:
    """One upload, by one thread. Content goes to the store at once; no transaction is held. Made by `writing`."""

    def __init__(self, batch: ChunkBatch) -> None:
        self._changes = Changes(batch)
        self._batch = batch
        self._open: tuple[Key, ContentWriter] | None = None

    def put(self, path: str, data: bytes | Iterable[bytes], tag: str = DEFAULT_DATUM, *, append: bool = False) -> None:
        """Write a file; with `append` after what is there already. Raises PachdError for a path that is not allowed."""
        key = self._key(path, tag)
        if not append:
            self._delete(*key)
        if isinstance(data, bytes):
            self._append(key, data)
            return
        self._append(key, b"")
        for portion in data:
            self._append(key, portion)

    def delete(self, path: str, tag: str = DEFAULT_DATUM) -> None:
        """Delete a file, or with a final '/' everything below a directory; what is not there is no error."""
        target = checked_path(path)
        if path.endswith("/"):
            self._close_file()
            self._changes.delete_directory(directory_key(target), tag or DEFAULT_DATUM)
        else:
            self._delete(target, tag or DEFAULT_DATUM)

    def copy(
        self, entries: Iterable[Entry], source: str, target: str, tag: str = DEFAULT_DATUM, *, append: bool = False
    ) -> None:
        """Copy the file or directory `source`, given its entries, to `target`; bytes are shared, not read."""
        source, target = clean_path(source), checked_path(target)
        self._close_file()
        for entry in entries:
            key = (clean_path(f"{target}/{entry.path[len(source) :]}"), tag or DEFAULT_DATUM)
            if not append:
                self._delete(*key)
            self._changes.append(key, Content(entry.size, entry.hash, entry.chunks))

    @property
    def changes(self) -> Changes:
        """Everything so far, its content synced to disk."""
        self._close_file()
        self._batch.seal()
        return self._changes

    def abandon(self) -> None:
        if self._open is not None:
            self._open[1].abandon()
            self._open = None

    def _key(self, path: str, tag: str) -> Key:
        return checked_path(path), tag or DEFAULT_DATUM

    def _delete(self, path: str, tag: str) -> None:
        if self._open is not None and self._open[0] == (path, tag):
            self.abandon()
        self._changes.delete(path, tag)

    def _append(self, key: Key, data: bytes) -> None:
        """Consecutive portions of one file are one stream, however small each is."""
        if self._open is not None and self._open[0] != key:
            self._close_file()
        if self._open is None:
            self._open = key, ContentWriter(self._batch)
        self._open[1].write(data)

    def _close_file(self) -> None:
        if self._open is not None:
            key, writer = self._open
            self._open = None
            self._changes.append(key, writer.close())


@contextmanager
def writing(store: Store) -> Iterator[Writer]:
    """A writer. Its changes have to be applied inside the block; what was not is dropped at its end."""
    with store.batch() as batch:
        writer = Writer(batch)
        try:
            yield writer
        finally:
            writer.abandon()
