# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large chunks on disk: files that are written once, synced, then named, and never changed afterwards."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedded_pachd.errors import ExhaustedError, PachdError

_UNNAMED = ".partial"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BUFFER = 1024 * 1024


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """An owner-only folder, with those above it, that survives power loss."""
    if not folder.is_dir():
        if folder.exists():
            raise PachdError(f"{folder} is a file: give a folder")
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ExhaustedError(f"no space left in {folder}: nothing was changed; free some and try again") from error
        raise


class PackWriter:
    """One pack being written. It has no name, and so does not exist, until `seal`."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid.uuid4().hex
        self.size = 0
        self._folder = folder
        self._path = folder / (self.name + _UNNAMED)
        with full_disk_told(folder):
            self._file = self._path.open("xb", buffering=_BUFFER)

    def append(self, data: bytes | memoryview) -> None:
        try:
            self.size += self._file.write(data)
        except OSError:
            with full_disk_told(self._folder):
                raise

    def truncate(self, size: int) -> None:
        """Take back what was appended after `size`."""
        with full_disk_told(self._folder):
            self._file.seek(size)
            self._file.truncate()
        self.size = size

    def seal(self) -> None:
        with full_disk_told(self._folder):
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        self._path.rename(self._folder / self.name)
        sync_folder(self._folder)

    def discard(self) -> None:
        with suppress(OSError):  # what is buffered may not fit any more, and is not wanted
            self._file.close()
        self._path.unlink(missing_ok=True)


class Packs:
    """The folder of packs, with the files open for reading that were used last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)

    def create(self) -> PackWriter:
        return PackWriter(self.folder)

    def read(self, name: str, offset: int, size: int, piece: int) -> Iterator[bytes]:
        """`size` bytes from `offset`, in pieces of at most `piece` bytes. Raises OSError when the file is short."""
        with (self.folder / name).open("rb", buffering=0) as file:
            while size > 0:
                data = os.pread(file.fileno(), min(piece, size), offset)
                if not data:
                    raise OSError(errno.EIO, f"pack {name} ends before byte {offset + size}")
                yield data
                offset += len(data)
                size -= len(data)

    def names(self) -> set[str]:
        return {entry.name for entry in os.scandir(self.folder)}

    def bytes(self) -> int:
        return sum(entry.stat().st_size for entry in os.scandir(self.folder))

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
