# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of structures: a table, an SDF or SMILES, gzipped or not, as a stream of records.

A first reading counts the records and learns the columns, so that a file that can not be read is known before anything
is predicted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.files import opened, table
from cpsign_workflow.ingest.rows import structure_column

DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
SUFFIXES: Final = (*DELIMITERS, ".smi", ".smiles", ".sdf")
_MISSING: Final = "there is no such file (input)"
_PROPERTY: Final = re.compile(r">.*?<(.+)>")
_END: Final = "$$$$"


class Record(NamedTuple):
    """One structure with what stands beside it."""

    fields: tuple[str, ...]
    """In the order of :attr:`Input.columns`."""
    structure: str
    """SMILES, or the record of an SDF."""
    problem: str = ""
    """Why it can not be used, where that is clear without a look at the structure."""


class Input(NamedTuple):
    """A file that can be read."""

    columns: tuple[str, ...]
    kind: Literal["smiles", "sdf"]
    """What :attr:`Record.structure` is."""
    rows: int
    records: Callable[[], Iterator[Record]]


def open_input(path: Path, smiles: str | None, delimiter: str | None) -> Input:
    """Read the file once; ``smiles`` and ``delimiter`` are those of a table, None where its name and header tell them.

    Raises :class:`UserError` when there is no such file, when it holds no structure or can not be read.
    """
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in SUFFIXES:
        raise UserError(
            f"{path}: what is in it is told by its name, which ends in one of {', '.join(SUFFIXES)} (or .gz)"
        )
    if suffix == ".sdf":
        found = _open_sdf(path)
    elif suffix in DELIMITERS:
        found = _open_table(path, smiles, delimiter or DELIMITERS[suffix])
    else:
        count = sum(1 for _unused in _smiles_records(path))
        found = Input(("smiles", "name"), "smiles", count, partial(_smiles_records, path))
    if not found.rows:
        raise UserError(f"{path}: there are no structures in it")
    return found


def _open_table(path: Path, smiles: str | None, delimiter: str) -> Input:
    with opened(path, _MISSING) as stream:
        header, lines = table(stream, path, delimiter)
        position = header.index(_structure_column(header, smiles, path))
        count = sum(1 for fields in lines if fields)
    return Input(tuple(header), "smiles", count, partial(_table_records, path, delimiter, position))


def _structure_column(header: Sequence[str], smiles: str | None, path: Path) -> str:
    if len(header) == 1 and (found := next((sign for sign in ";\t," if sign in header[0]), None)):
        raise UserError(f"{path}: there is one column, {header[0]!r}; name the delimiter: {found!r}")
    if smiles is None:
        return structure_column(header, str(path))
    if smiles not in header:
        raise UserError(f"{path}: there is no column {smiles!r}; there are {', '.join(header)}")
    return smiles


def _table_records(path: Path, delimiter: str, position: int) -> Iterator[Record]:
    with opened(path, _MISSING) as stream:
        header, lines = table(stream, path, delimiter)
        for fields in lines:
            if not fields:
                continue  # an empty line, mostly the last
            if len(fields) == len(header):
                yield Record(tuple(fields), fields[position])
            else:
                whole = (*fields, *[""] * len(header))[: len(header)]
                yield Record(whole, "", f"{len(fields)} fields, but the header has {len(header)}")


def _smiles_records(path: Path) -> Iterator[Record]:
    """Lines of SMILES and, after a blank or tab, a name; a first line that names the columns is left out."""
    with opened(path, _MISSING) as stream:
        for number, line in enumerate(stream):
            smiles, *name = line.decode("utf-8-sig").split(maxsplit=1) or [""]
            if smiles and not (number == 0 and "smiles" in smiles.lower()):
                yield Record((smiles, name[0].rstrip() if name else ""), smiles)


def _open_sdf(path: Path) -> Input:
    count, names = 0, dict[str, None]()
    with opened(path, _MISSING) as stream:
        for record in _sdf_texts(stream):
            count += 1
            names.update(dict.fromkeys(_properties(record)))
    columns = tuple(names) if "name" in names else ("name", *names)
    return Input(columns, "sdf", count, partial(_sdf_records, path, columns))


def _sdf_records(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    with opened(path, _MISSING) as stream:
        for text in _sdf_texts(stream):
            found = {"name": text.partition("\n")[0].strip(), **_properties(text)}
            yield Record(tuple(found.get(name, "") for name in columns), text)


def _sdf_texts(stream: BinaryIO) -> Iterator[str]:
    """The records, without the line that ends them."""
    lines: list[str] = []
    for raw in stream:
        line = raw.decode("utf-8-sig").rstrip("\r\n")
        if line.startswith(_END):
            yield "\n".join(lines)
            lines = []
        else:
            lines.append(line)
    if any(line.strip() for line in lines):
        yield "\n".join(lines)


def _properties(record: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(record.split("\n"))
    for line in lines:
        if match := _PROPERTY.match(line):
            found[match[1]] = "\n".join(iter(lambda: next(lines, ""), ""))
    return found
