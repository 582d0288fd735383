# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of compounds: text with delimiters or SDF, gzipped or not, as a stream of rows."""

import csv
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from cpsign_workflow.configuration import FileSource
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.rows import CHEMBL_COLUMNS, Row, choose_columns

if TYPE_CHECKING:
    import _csv

_MISSING: Final = "there is no such file beside the configuration (source.file)"


def rows(folder: Path, source: FileSource) -> Iterator[Row]:
    """Stream the rows of the file. Raises :class:`UserError` with the line when it can not be read."""
    path = folder / source.file
    return _sdf_rows(path, source) if source.format == "sdf" else _table_rows(path, source)


def fingerprint(folder: Path, source: FileSource) -> str:
    """The sha256 (hex) of the file as it lies there."""
    with _explained(folder / source.file, _MISSING), (folder / source.file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def count(folder: Path, source: FileSource) -> int:
    """Number of compounds, without looking at their structures.

    Raises :class:`UserError` when there is no such column, or no such property in an SDF.
    """
    if source.format == "csv":
        return sum(1 for _unused in rows(folder, source))
    path = folder / source.file
    data_header = re.compile(rb">.*<" + re.escape(source.value.encode()) + rb">")
    records, with_value = 0, False
    with opened(path, _MISSING) as stream:
        for line in stream:
            records += line.startswith(b"$$$$")
            with_value = with_value or data_header.match(line) is not None
    if records and not with_value:
        raise UserError(f"{path}: no record has a property {source.value!r} (source.value)")
    return records


def _table_rows(path: Path, source: FileSource) -> Iterator[Row]:
    with opened(path, _MISSING) as stream:
        header, lines = table(stream, path, source.delimiter)
        columns = choose_columns(header, source.smiles, source.value, str(path))
        for fields in lines:
            if not fields:
                continue  # an empty line, mostly the last
            if len(fields) != len(header):
                raise UserError(
                    f"{path}:{lines.line_num}: {len(fields)} fields, but the header has {len(header)}; "
                    "is the delimiter right (source.delimiter)?"
                )
            texts: list[Any] = ["" if position is None else fields[position] for position in columns]
            yield Row(*texts)


def _sdf_rows(path: Path, source: FileSource) -> Iterator[Row]:
    from rdkit import Chem

    properties = (source.value, *CHEMBL_COLUMNS)
    with opened(path, _MISSING) as stream:
        for number, molecule in enumerate(Chem.ForwardSDMolSupplier(stream), start=1):
            if molecule is None:
                yield Row(f"record {number}", "", readable=False)
                continue
            texts: list[Any] = [molecule.GetProp(name) if molecule.HasProp(name) else "" for name in properties]
            yield Row(Chem.MolToSmiles(molecule), *texts)


def table(stream: BinaryIO, path: Path, delimiter: str) -> tuple[list[str], "_csv.Reader"]:
    """Header and lines of a text with delimiters. Raises :class:`UserError` when it is empty."""
    lines = csv.reader((line.decode("utf-8-sig") for line in stream), delimiter=delimiter, strict=True)
    header = next(lines, None)
    if header is None:
        raise UserError(f"{path}: the file is empty")
    return header, lines


@contextmanager
def opened(path: Path, missing: str) -> Iterator[BinaryIO]:
    """The bytes of a file, gunzipped. Raises :class:`UserError` when it is ``missing`` or can not be read."""
    with _explained(path, missing), gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        yield cast(BinaryIO, stream)


@contextmanager
def _explained(path: Path, missing: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path}: {missing}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a whole gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text ({error.reason})") from error
    except (csv.Error, OSError) as error:
        raise UserError(f"{path}: {error}") from error
