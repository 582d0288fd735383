# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as a tar stream, the way pachd writes one: absolute names, directories too, no modes or times."""

import tarfile
from collections.abc import Iterator
from itertools import chain

from embedded_pachd.pfs.reading import Files
from embedded_pachd.pfs.records import FileInfo

_END = bytes(2 * tarfile.BLOCKSIZE)
_PORTION = 128 * 1024


def tar_stream(files: Files, first: FileInfo, rest: Iterator[FileInfo]) -> Iterator[bytes]:
    """The archive in portions: of many small files one, of a large one several."""
    portion = bytearray()
    for block in _blocks(files, chain([first], rest)):
        if len(portion) + len(block) > _PORTION:
            yield bytes(portion)
            portion.clear()
        if len(block) > _PORTION:
            yield block
        else:
            portion += block
    yield bytes(portion)


def _blocks(files: Files, found: Iterator[FileInfo]) -> Iterator[bytes]:
    for file in found:
        header = tarfile.TarInfo(file.path)
        header.mode = 0
        if file.is_directory:
            header.type = tarfile.DIRTYPE
            yield header.tobuf(tarfile.PAX_FORMAT)
            continue
        header.size = file.size
        yield header.tobuf(tarfile.PAX_FORMAT)
        yield from files.read(file)
        yield bytes(-file.size % tarfile.BLOCKSIZE)
    yield _END
