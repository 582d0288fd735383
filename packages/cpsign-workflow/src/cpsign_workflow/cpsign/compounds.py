# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the tables of compounds that ingestion wrote, with CPSign's own reader: training and test see one chemistry."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jpype  # type: ignore[import-untyped]

from cpsign_workflow.cpsign.jvm import java
from cpsign_workflow.errors import UserError
from cpsign_workflow.progress import Progress

KEY, STRUCTURE, VALUE = "key", "smiles", "value"

_REASONS = {
    "REMOVED_BY_FILTER": "fewer than 5 heavy atoms",  # the only filter, CPSign's default
    "MISSING_STRUCTURE": "structure missing",
    "INVALID_STRUCTURE": "structure not readable by CPSign",
    "INVALID_RECORD": "row not readable by CPSign",
    "MISSING_PROPERTY": "value missing",
    "INVALID_PROPERTY": "value not usable by CPSign",
    "DESCRIPTOR_CALC_ERROR": "descriptors could not be computed",
    "UNKNOWN": "refused by CPSign without a reason",
}


class Compounds:
    """A table of compounds (tab-separated, perhaps gzip, columns ``key smiles value``), and what CPSign refused of it.

    Raises :class:`UserError` when there is no such file.
    """

    def __init__(self, table: Path) -> None:
        self.table = table
        self.rows = count_rows(table)
        self.tracker = java("chem.io.in.ProgressTracker").createNoEarlyStopping()

    @contextmanager
    def molecules(self, progress: Progress) -> Iterator["Molecules"]:
        """The molecules, one after the other, each counted by ``progress``."""
        source = java("java.io.File")(str(self.table)).toURI()
        table = java("chem.io.in.CSVFile")(source).setDelimiter("\t").setSmilesColumnHeader(STRUCTURE)
        reader = table.getIterator(self.tracker)
        try:
            yield Molecules(reader, progress)
        finally:
            reader.close()

    def discard(self, molecule: Any, cause: str) -> None:
        """Count a molecule that a model refused; ``cause`` is CPSign's name for it."""
        row = int(java("chem.CPSignMolProperties").getRecordIndex(molecule))
        builder = java("chem.io.in.FailedRecord$Builder")
        self.tracker.register(builder(row, java("chem.io.in.FailedRecord$Cause").valueOf(cause)).build())

    def refused(self) -> dict[int, str]:
        """The rows that were not used, from 0, each with the reason."""
        return {int(record.getIndex()): _REASONS[str(record.getCause())] for record in self.tracker.getFailures()}

    def dropped(self) -> dict[str, int]:
        """How many rows were not used, by reason."""
        return dict(Counter(_REASONS[str(record.getCause())] for record in self.tracker.getFailures()))

    def why(self) -> str:
        """:meth:`dropped` in words, for a message."""
        return in_words(self.dropped())


class Molecules:
    """CDK molecules that have the columns of the table as properties; counts those that were taken."""

    def __init__(self, reader: Any, progress: Progress) -> None:
        self._reader, self._progress = reader, progress

    def __iter__(self) -> Iterator[Any]:
        while self.hasNext():
            yield self.next()

    def java_iterator(self) -> Any:
        """This as a ``java.util.Iterator``, whose methods are the two below."""
        return jpype.JProxy("java.util.Iterator", inst=self)

    def hasNext(self) -> bool:
        return bool(self._reader.hasNext())

    def next(self) -> Any:
        self._progress.advance()
        return self._reader.next()


def in_words(dropped: Mapping[str, int]) -> str:
    """``value missing (2), structure missing (1)``."""
    return ", ".join(f"{reason} ({n:,})" for reason, n in dropped.items()) or "none was refused"


def count_rows(table: Path) -> int:
    """Rows below the header. Raises :class:`UserError` when the file cannot be read."""
    with reading(table) as lines:
        return max(sum(1 for _unused in lines) - 1, 0)


@contextmanager
def reading(table: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a table, gzipped or not. Raises :class:`UserError` when the file cannot be read."""
    try:
        with gzip.open(table, "rb") if table.suffix == ".gz" else table.open("rb") as lines:
            yield lines
    except OSError as error:
        raise UserError(f"{table}: {error.strerror or error}; the ingestion writes this file") from error
