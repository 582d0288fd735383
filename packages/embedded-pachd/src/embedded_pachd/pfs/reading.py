# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a commit's files. Directories are not stored: readers make an entry for each, with size and hash of what is
below.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.glob import Glob
from embedded_pachd.pfs.names import CommitName, clean_path, directory_key
from embedded_pachd.pfs.records import CommitInfo, FileInfo
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.store.chunks import HASH_SIZE, chunk_sizes, read_chunk
from embedded_pachd.store.tree import Entry, after_prefix

_MAX_PAGE = 100_000


class Page(NamedTuple):
    """Which part of a list: at most `number` (0: all) after `marker`; reversed: the last ones before it, backwards."""

    number: int = 0
    marker: str = ""
    reverse: bool = False

    def check(self) -> None:
        if self.number == 0 and self.reverse:
            raise PachdError("number must be > 0 when reverse is true")
        if self.number > _MAX_PAGE:
            raise PachdError(f"cannot return more than {_MAX_PAGE} files at a time")


ALL = Page()


class PathRange(NamedTuple):
    """Paths from `lower` on and less than `upper`; '' is no bound."""

    lower: str = ""
    upper: str = ""

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and path >= self.lower and (not self.upper or path < self.upper)


EVERYWHERE = PathRange()


class Files:
    """The files below one root, of one datum tag when `tag` is given."""

    def __init__(self, s: Snapshot, root: int | None, commit: CommitInfo | None = None, tag: str = "") -> None:
        self.commit = commit
        self._s = s
        self._root = root
        self._tag = tag
        self._directories: dict[str, FileInfo] = {}

    # --- files ---

    def entries(self, path: str = "/") -> Iterator[FileInfo]:
        """The file `path` or the files below it, in order of path and tag."""
        clean = clean_path(path)
        if clean != "/":
            yield from self._scan(clean, clean + "\0")
        yield from self._scan(directory_key(clean), after_prefix(directory_key(clean)))

    def read(self, file: FileInfo, offset: int = 0) -> Iterator[bytes]:
        """The file's bytes from `offset` on, in pieces of at most 128 KiB."""
        if offset:
            yield from self._read_from(file, offset)
            return
        for at in range(0, len(file.chunks), HASH_SIZE):
            yield from read_chunk(self._s.db, self._s.store.packs, file.chunks[at : at + HASH_SIZE])

    def _read_from(self, file: FileInfo, offset: int) -> Iterator[bytes]:
        for name, size in chunk_sizes(self._s.db, file.chunks):
            if offset < size:
                yield from read_chunk(self._s.db, self._s.store.packs, name, offset)
            offset = max(0, offset - size)

    # --- lists ---

    def walk(self, path: str, page: Page = ALL) -> Iterator[FileInfo]:
        """`path` and everything below, each directory before what it holds."""
        page.check()
        found = _turn(self._walk(clean_path(path), page), page)
        first = next(found, None)
        if first is None:
            if clean_path(path) != "/" and page == ALL:
                raise NotFoundError(f"commit/{self._commit_id()} does not contain item: ({clean_path(path)})")
            return
        yield first
        yield from found

    def list_directory(self, path: str, page: Page = ALL) -> Iterator[FileInfo]:
        """What lies directly in a directory; of a file, itself. A missing one is empty."""
        page.check()
        yield from _turn(self._children(clean_path(path), page), page)

    def glob(self, pattern: str, within: PathRange = EVERYWHERE) -> Iterator[FileInfo]:
        """Files and directories that match."""
        glob = Glob(pattern)
        if glob.is_literal:
            yield from (f for f in self._exactly(glob.pattern) if f.path in within)
            return
        prefix = glob.literal_prefix
        start, before = _prefix_range(prefix)
        for found in self._with_directories(start, before):
            if found.path in within and glob.match(found.path):
                yield found

    def inspect(self, path: str) -> FileInfo:
        """One file or directory. Raises NotFoundError."""
        found = None
        for found in self._exactly(clean_path(path)):  # noqa: B007 (a directory comes after a file of its name)
            pass
        if found is None:
            raise NotFoundError(f"file {path} not found")
        return found

    def get(self, pattern: str) -> FileInfo:
        """The one file that matches. Raises when it is a directory, or more than one, or none."""
        found = list(islice(self.glob(pattern), 2))
        if not found:
            raise NotFoundError(f"file {pattern} not found")
        if any(f.is_directory for f in found):
            raise PachdError("cannot get directory or non-regular file. Use GetFileTAR instead")
        if len(found) > 1:
            raise PachdError("matched multiple files. Use GetFileTAR instead")
        return found[0]

    def tree_of(self, pattern: str, within: PathRange = EVERYWHERE) -> Iterator[FileInfo]:
        """What matches, with everything below the directories that do; each once."""
        glob = Glob(pattern)
        inside = ""
        start, before = _prefix_range(glob.literal_prefix)
        for found in self._with_directories(start, before):
            if inside and found.path.startswith(inside):
                if found.path in within:
                    yield found
            elif glob.match(found.path):
                inside = found.path if found.is_directory else ""
                if found.path in within:
                    yield found

    # --- how ---

    def _commit_id(self) -> str:
        return self.commit.name.id if self.commit else ""

    def _scan(self, start: str, before: str | None) -> Iterator[Entry]:
        for entry in self._s.tree.scan(self._root, (start, ""), before):
            if (not self._tag or entry.tag == self._tag) and not entry.is_directory:
                yield entry

    def _exists(self, directory: str) -> bool:
        return next(self._s.tree.below(self._root, directory), None) is not None

    def _exactly(self, path: str) -> Iterator[FileInfo]:
        if path != "/":
            yield from self._scan(path, path + "\0")
        directory = directory_key(path)
        if self._exists(directory):
            yield self.directory(directory)

    def directory(self, path: str) -> FileInfo:
        """Size and hash of a directory (final '/'); those inside it are remembered on the way."""
        if path not in self._directories:
            self._add_up(path)
        return self._directories[path]

    def _add_up(self, top: str) -> None:
        open_directories = [_Sum(top)]

        def close() -> None:
            done = open_directories.pop().info()
            self._directories[done.path] = done
            if open_directories:
                open_directories[-1].add(done)

        for entry in self._scan(top, after_prefix(top)):
            while not entry.path.startswith(open_directories[-1].path):
                close()
            open_directories.extend(_Sum(d) for d in _directories_between(open_directories[-1].path, entry.path))
            open_directories[-1].add(entry)
        while open_directories:
            close()

    def _with_directories(self, start: str, before: str | None) -> Iterator[FileInfo]:
        """Entries whose path is in the range, with those directories in it that hold any; in order."""
        last = "/"
        if start <= "/" and self._exists("/"):
            yield self.directory("/")
        for entry in self._scan(start, before):
            for directory in _directories_between("/", entry.path):
                if directory > last and directory >= start:
                    last = directory
                    yield self.directory(directory)
            yield entry

    def _walk(self, path: str, page: Page) -> Iterator[FileInfo]:
        start, before = _page_range(path, page)
        top = directory_key(path)
        if path != "/":
            yield from (e for e in self._scan(path, path + "\0") if _inside(e.path, page))
        for found in self._with_directories(max(top, start), before):
            if found.path.startswith(top) and _inside(found.path, page):
                yield found

    def _children(self, path: str, page: Page) -> Iterator[FileInfo]:
        start, before = _page_range(path, page)
        top = directory_key(path)
        if path != "/":
            yield from (e for e in self._scan(path, path + "\0") if _inside(e.path, page))
        position = max(top, start)
        while True:
            for entry in self._scan(position, before):
                rest = entry.path[len(top) :]
                if "/" in rest:
                    directory = top + rest.split("/", 1)[0] + "/"
                    if _inside(directory, page):
                        yield self.directory(directory)
                    position = after_prefix(directory)
                    break
                if _inside(entry.path, page):
                    yield entry
            else:
                return


class _Sum:
    """A directory while what is in it is added up."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._size = 0
        self._hash = hashlib.blake2b(digest_size=HASH_SIZE)

    def add(self, child: FileInfo) -> None:
        self._size += child.size
        self._hash.update(child.hash)

    def info(self) -> FileInfo:
        return FileInfo(self.path, "", self._size, self._hash.digest(), b"")


def _directories_between(top: str, path: str) -> Iterator[str]:
    """Directories of `path` below `top`, outermost first."""
    at = path.find("/", len(top))
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


def _prefix_range(prefix: str) -> tuple[str, str | None]:
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else None


def _page_range(path: str, page: Page) -> tuple[str, str]:
    """From where and up to what a page has to be looked for."""
    top = directory_key(path)
    start, before = top, after_prefix(top)
    if page.marker and not page.reverse:
        start = max(start, page.marker)
    if page.marker and page.reverse:
        before = min(before, page.marker)
    return start, before


def _inside(path: str, page: Page) -> bool:
    if not page.marker:
        return True
    if clean_path(path) == clean_path(page.marker):
        return False
    return path < page.marker if page.reverse else path > page.marker


def _turn(found: Iterator[FileInfo], page: Page) -> Iterator[FileInfo]:
    if page.reverse:
        yield from reversed(deque(found, maxlen=page.number))
    else:
        yield from islice(found, page.number) if page.number else found


def open_files(s: Snapshot, name: CommitName, tag: str = "") -> Files:
    """The files of a commit. Raises NotFoundError for a missing commit, and PachdError when what it is based on is
    open.
    """
    commit, root = commits.readable(s, name)
    return Files(s, root.node, commit, tag)
