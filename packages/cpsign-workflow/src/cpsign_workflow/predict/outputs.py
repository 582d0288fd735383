# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of predictions: a table, JSON lines or an SDF, which takes its place when it is complete."""

import csv
import filecmp
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TextIO

from cpsign_workflow.errors import UserError
from cpsign_workflow.predict.asking import Value
from cpsign_workflow.predict.inputs import DELIMITERS
from cpsign_workflow.progress import say

SUFFIXES: Final = (*DELIMITERS, ".jsonl", ".sdf")
_NO_ATOMS: Final = "\n     cpsign\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n"

Fields = Sequence[Value | None]
"""One for each column; None where there is nothing to say."""
WriteRow = Callable[[str, Fields], None]
"""Takes the text of a structure for an SDF, and the fields."""


def kind(path: Path, source: Path) -> Literal["table", "sdf"]:
    """What ``path`` is to be. Raises :class:`UserError` when it can not be that for the input ``source``."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: what to write is told by its name, which ends in one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise UserError(f"{path}: this is a folder; name a file")
    if path.exists() and source.exists() and path.samefile(source):
        raise UserError(f"{path}: this is the input; name another file for the predictions")
    return "sdf" if path.suffix.lower() == ".sdf" else "table"


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file that becomes ``path`` at the end; whatever goes wrong, nothing is left of it and ``path`` stays.

    A ``path`` that holds the same already is not touched; which of both it was is said. Raises :class:`UserError` when
    the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists() and filecmp.cmp(part, path, shallow=False):
            say(f"predict: {path} is the same as before")
        else:
            part.replace(path)
            say(f"predict: {path} written")
    except OSError as error:
        kept = "what was there stays" if path.exists() else "nothing was written"
        raise UserError(f"{path}: {error.strerror or error}; {kept}") from error
    finally:
        part.unlink(missing_ok=True)


def writer(path: Path, stream: TextIO, columns: Sequence[str]) -> WriteRow:
    """How a row is written to the file that ``path`` names."""
    suffix = path.suffix.lower()
    if suffix in DELIMITERS:
        return _table(stream, columns, DELIMITERS[suffix])
    return _json_lines(stream, columns) if suffix == ".jsonl" else _sdf(stream, columns)


def _table(stream: TextIO, columns: Sequence[str], delimiter: str) -> WriteRow:
    lines = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    lines.writerow(columns)
    return lambda _structure, fields: lines.writerow([_text(field) for field in fields])


def _json_lines(stream: TextIO, columns: Sequence[str]) -> WriteRow:
    def write(_structure: str, fields: Fields) -> None:
        known = (None if isinstance(field, float) and not math.isfinite(field) else field for field in fields)
        stream.write(json.dumps(dict(zip(columns, known, strict=True)), ensure_ascii=False) + "\n")

    return write


def _sdf(stream: TextIO, columns: Sequence[str]) -> WriteRow:
    def write(structure: str, fields: Fields) -> None:
        text = (structure or _NO_ATOMS).rstrip("\n")
        stream.write(text + ("\n" if text.endswith("M  END") else "\n\n"))  # a property ends in an empty line
        for name, field in zip(columns, fields, strict=True):
            if field is not None:
                stream.write(f">  <{name}>\n{' '.join(_text(field).splitlines())}\n\n")
        stream.write("$$$$\n")

    return write


def _text(field: Value | None) -> str:
    if field is None:
        return ""
    return "|".join(field) if isinstance(field, tuple) else str(field)
