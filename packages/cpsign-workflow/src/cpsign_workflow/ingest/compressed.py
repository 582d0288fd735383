# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gzipped tables whose bytes depend on their rows alone."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LEVEL: Final = 6


@contextmanager
def writing(path: Path, header: tuple[str, ...]) -> Iterator[Callable[..., None]]:
    """Write a tab-separated table; the yielded function takes the fields of one row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither name nor time goes into the gzip header.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as stream:

        def write(*fields: str) -> None:
            stream.write(("\t".join(fields) + "\n").encode("utf-8"))

        write(*header)
        yield write
