# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A datum's folders on this machine: its inputs laid out below pfs/, an empty pfs/out, a private tmp/."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.datums import InputFile
from embedded_pachd.pps.lazy import LazyFiles

MOST_LINKS = 40  # followed for one path, as in Linux itself

Contents = Callable[[InputFile], Iterator[tuple[str, Iterator[bytes]]]]
"""Gives the files of an input: (path in the repo, its bytes)."""


class OutputError(Exception):
    """Something in /pfs/out that cannot become a file of the output commit."""


class Scratch:
    """The folders of one try; `with` makes them and removes them, whatever the step did to their modes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pfs = folder / "pfs"
        self.tmp = folder / "tmp"
        self.out = self.pfs / "out"
        self._lazy = LazyFiles()

    def __enter__(self) -> Scratch:
        self.out.mkdir(parents=True, mode=0o700)
        self.tmp.mkdir(mode=0o700)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._lazy.close()
        shutil.rmtree(self.folder, onerror=_open_up)

    def lay_out(self, each: InputFile, contents: Contents, cancellation: Cancellation) -> int:
        """Put one input's files below pfs/<name>; gives the bytes that were written."""
        root = self.pfs / each.name
        root.mkdir(exist_ok=True)
        written = 0
        for path, data in contents(each):
            cancellation.check()
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if each.lazy:
                self._lazy.add(target, data)
            elif each.empty_files:
                target.touch()
            else:
                written += _write(target, data)
        return written

    def outputs(self) -> Iterator[tuple[str, Path]]:
        """(path in the output repo, file of this machine) of everything the step left in /pfs/out.

        Links are followed as the step saw them: within its own /pfs and /tmp, never into this machine's folders.
        """
        yield from self._outputs(self.out, "", ())

    def _outputs(self, folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        folder.chmod(0o700)
        for entry in sorted(os.scandir(folder), key=lambda each: each.name):
            path = f"{prefix}/{entry.name}"
            place = self._resolve(Path(entry.path), path) if entry.is_symlink() else Path(entry.path)
            mode = place.lstat().st_mode
            if stat.S_ISDIR(mode):
                if place == folder or place in above:
                    raise OutputError(f"{path} links to a folder that contains it")
                yield from self._outputs(place, path, (*above, folder))
            elif stat.S_ISREG(mode):
                place.chmod(stat.S_IMODE(mode) | stat.S_IRUSR)
                yield path, place
            elif not self._lazy.owns(place):
                raise OutputError(f"{path} is neither a file nor a folder")

    def _resolve(self, link: Path, path: str) -> Path:
        """Where the link leads, with the scratch folder in the place of the sandbox's root."""
        todo = list(link.relative_to(self.folder).parts)[::-1]
        place, links = self.folder, 0
        while todo:
            part = todo.pop()
            if part == "..":
                place = place.parent if place != self.folder else place
                continue
            place = place / part
            if place.is_symlink():
                links += 1
                target = place.readlink()
                todo += [each for each in target.parts[::-1] if each != "/"]
                place = self.folder if target.is_absolute() else place.parent
            if links > MOST_LINKS or not place.is_relative_to(self.folder):
                raise OutputError(f"{path} is a link that leads nowhere")
        if not place.exists():
            raise OutputError(f"{path} links to {link.readlink()}, which is not in /pfs or /tmp of the step")
        return place


def _write(target: Path, data: Iterator[bytes]) -> int:
    with target.open("wb", buffering=0) as file:
        return sum(file.write(piece) for piece in data)


def _open_up(function: Callable[[str], Any], name: str, _error: object) -> None:
    """The step may have taken away our permissions; they are ours to take back."""
    Path(name).parent.chmod(0o700)
    if Path(name).is_dir() and not Path(name).is_symlink():
        Path(name).chmod(0o700)
        shutil.rmtree(name)
    else:
        function(name)
