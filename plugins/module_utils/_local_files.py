# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of this machine that a task wants in a repo."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ._content_hash import hash_of_bytes, hash_of_file
from ._errors import UserError, raise_all
from ._wire import FileInfo, add_file

PIECE = 8 * 1024 * 1024  # bytes of a file in one message; pachd takes 20 MiB
FORBIDDEN = re.compile(r"[^ -~]|[*?\[\]{}!()@+^]")  # pachd: printable ASCII without glob characters


@dataclass(frozen=True)
class LocalFile:
    """What a path of the repo shall hold: these bytes, or a file's."""

    path: str
    source: bytes | Path

    def size(self) -> int:
        """In bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size

    def digest(self) -> str:
        """pachd's hash of it."""
        return hash_of_bytes(self.source) if isinstance(self.source, bytes) else hash_of_file(self.source)

    def equals(self, there: FileInfo | None) -> bool:
        """Whether pachd holds the same already; nothing is read when the sizes differ."""
        return there is not None and there.is_file and self.size() == there.size and self.digest() == there.digest

    def messages(self) -> Iterator[bytes]:
        """The requests that append it, a piece at a time."""
        if isinstance(self.source, bytes):
            yield add_file(self.path, self.source)
            return
        with self.source.open("rb") as file:
            yield add_file(self.path, file.read(PIECE))
            while piece := file.read(PIECE):
                yield add_file(self.path, piece)


def repo_path(path: str) -> str:
    """With one slash before it and none behind, as pachd prints it."""
    return "/" + path.strip("/")


def checked(files: Iterable[LocalFile]) -> dict[str, LocalFile]:
    """The files by their path in the repo.

    Raises:
        UserError: naming each file that cannot be read, each path pachd would refuse, and each that is given twice.
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
        if isinstance(file.source, Path) and not os.access(file.source, os.R_OK):
            problems.append(f"{file.source}: does not exist or cannot be read")
        elif isinstance(file.source, Path) and not file.source.is_file():
            problems.append(f"{file.source}: is not a file; a folder is for state synced")
        by_path[file.path] = file
    raise_all(problems)
    return by_path


def folder_files(folder: Path, below: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[LocalFile]:
    """Every file of a folder as a path below `below`, in order; links to folders are not followed."""
    if not folder.is_dir():
        raise UserError(f"{folder}: is not a folder")
    prefix = below.rstrip("/")
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            source = Path(parent, name)
            relative = source.relative_to(folder).as_posix()
            if chosen(relative, include, exclude):
                yield LocalFile(f"{prefix}/{relative}", source)


def chosen(relative: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Whether the globs leave a path in; `*` matches across folders too, as in a shell's `case`."""
    wanted = not include or any(fnmatch(relative, glob) for glob in include)
    return wanted and not any(fnmatch(relative, glob) for glob in exclude)
