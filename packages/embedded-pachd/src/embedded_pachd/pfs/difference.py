# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two trees of files."""

from collections.abc import Iterator

from embedded_pachd.errors import NotFoundError
from embedded_pachd.pfs.reading import Files
from embedded_pachd.pfs.records import FileInfo


def differing(
    old: Files | None, old_path: str, new: Files, new_path: str
) -> Iterator[tuple[FileInfo | None, FileInfo | None]]:
    """(old, new) of every path whose hash is not the same, directories included, in order of the paths."""
    left, right = _walk(old, old_path), _walk(new, new_path)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a.path < b.path):
            yield a, None
            a = next(left, None)
        elif a is None or b.path < a.path:
            yield None, b
            b = next(right, None)
        else:
            if a.hash != b.hash:
                yield a, b
            a, b = next(left, None), next(right, None)


def _walk(files: Files | None, path: str) -> Iterator[FileInfo]:
    if files is None:
        return
    try:
        yield from files.walk(path)
    except NotFoundError:  # a tree without the path has nothing there
        return
