# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gzipped tables whose bytes depend on their rows alone."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

LEVEL: Final = 4
"""Twelve per cent more bytes than at 6, in a third of its time."""

_BUFFER_BYTES: Final = 1 << 18


@contextmanager
def writing(path: Path, header: tuple[str, ...]) -> Iterator[Callable[..., None]]:
    """Write a tab-separated table; the yielded function takes the fields of one row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither name nor time goes into the gzip header.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as stream,
        io.BufferedWriter(cast(io.RawIOBase, stream), _BUFFER_BYTES) as buffer,
    ):

        def write(*fields: str) -> None:
            buffer.write(("\t".join(fields) + "\n").encode("utf-8"))

        write(*header)
        yield write


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of what :func:`writing` wrote, by column."""
    with gzip.open(path, "rb") as stream, io.TextIOWrapper(stream, encoding="utf-8", newline="\n") as text:
        yield from csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
