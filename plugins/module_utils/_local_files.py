# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of this machine that a task wants in a repo."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ._content_hash import hash_of_bytes, hash_of_file
from ._errors import UserError, raise_all
from ._wire import FileInfo, add_file

PIECE = 16 * 1024 * 1024  # bytes of a file in one message; pachd takes 20 MiB
FORBIDDEN = re.compile(r"[^ -~]|[*?\[\]{}!()@+^]")  # pachd: printable ASCII without glob characters


@dataclass(frozen=True)
class LocalFile:
    """What a path of the repo shall hold: these bytes, or a file's; `size` in bytes."""

    path: str
    source: bytes | Path
    size: int

    def equals(self, there: FileInfo | None) -> bool:
        """Whether pachd holds the same already; nothing is read when the sizes differ."""
        return there is not None and there.is_file and self.size == there.size and self._digest() == there.digest

    def _digest(self) -> str:
        if isinstance(self.source, bytes):
            return hash_of_bytes(self.source)
        with _readable(self.source) as file:
            return hash_of_file(file, self.size)

    def messages(self) -> Iterator[bytes]:
        """The requests that append it, a piece at a time."""
        with BytesIO(self.source) if isinstance(self.source, bytes) else _readable(self.source) as file:
            yield add_file(self.path, file.read(PIECE))
            while piece := file.read(PIECE):
                yield add_file(self.path, piece)


@contextmanager
def _readable(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def file_of_bytes(path: str, data: bytes) -> LocalFile:
    """A file that the task itself spells out."""
    return LocalFile(repo_path(path), data, len(data))


def file_of_disk(path: str, source: Path) -> LocalFile:
    """A single file of this machine.

    Raises:
        UserError: when it is not there or not a file.
    """
    try:
        status = source.stat()
    except OSError as error:
        raise UserError(f"{source}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{source}: is not a file; a folder is for state synced")
    return LocalFile(repo_path(path), source, status.st_size)


def repo_path(path: str) -> str:
    """With one slash before it and none behind, as pachd prints it."""
    return "/" + path.strip("/")


def checked(files: Iterable[LocalFile]) -> dict[str, LocalFile]:
    """The files by their path in the repo.

    Raises:
        UserError: naming each path that pachd would refuse, and each that is given twice.
    """
    by_path: dict[str, LocalFile] = {}
    problems = []
    for file in files:
        if file.path in by_path:
            problems.append(f"{file.path}: given twice")
        if bad := FORBIDDEN.search(file.path):
            problems.append(f"{file.path}: pachd allows no {bad.group()!r} in a path")
        if file.path == "/":
            problems.append("/: is the repo itself, not a file")
        by_path[file.path] = file
    both = sorted(folders_of(by_path) & by_path.keys())
    raise_all(problems + [f"{path}: cannot be a file and the folder of others" for path in both])
    return by_path


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder above these paths of a repo, but for the root."""
    folders = set[str]()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return folders


def folder_files(folder: Path, below: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[LocalFile]:
    """Every file of a folder as a path below `below`; links to folders are not followed."""
    if not folder.is_dir():
        raise UserError(f"{folder}: is not a folder")
    try:
        for relative, entry in _entries(folder, ""):
            if chosen(relative, include, exclude):
                yield LocalFile(f"{below.rstrip('/')}/{relative}", Path(entry.path), entry.stat().st_size)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _entries(folder: Path | str, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The files of a folder by name, with their path below it; a scan asks the disk once a folder, not once a file."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield f"{prefix}{entry.name}", entry


def chosen(relative: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Whether the globs leave a path in; `*` matches across folders too, as in a shell's `case`."""
    wanted = not include or any(fnmatch(relative, glob) for glob in include)
    return wanted and not any(fnmatch(relative, glob) for glob in exclude)
