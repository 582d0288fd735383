# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the tables of compounds that ingestion wrote, with CPSign's own reader, so that training and test see one chemistry."""

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jpype

from cpsign_workflow.cpsign.jvm import java
from cpsign_workflow.errors import UserError
from cpsign_workflow.progress import Progress

KEY, STRUCTURE, VALUE = "key", "smiles", "value"

_REASONS = {
    "REMOVED_BY_FILTER": "fewer than 5 heavy atoms",
    "MISSING_STRUCTURE": "structure missing",
    "INVALID_STRUCTURE": "structure not readable by CPSign",
    "INVALID_RECORD": "row not readable by CPSign",
    "MISSING_PROPERTY": "value missing",
    "INVALID_PROPERTY": "value not usable by CPSign",
    "DESCRIPTOR_CALC_ERROR": "descriptors could not be computed",
    "UNKNOWN": "refused by CPSign without a reason",
}


class Compounds:
    """A table of compounds (gzip, tab-separated, columns ``key smiles value``), and what CPSign could not use of it."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self.rows = _count_rows(table)
        self.tracker = java("chem.io.in.ProgressTracker").createNoEarlyStopping()

    @contextmanager
    def molecules(self, doing: str) -> Iterator[Any]:
        """A Java iterator over the molecules, which have the columns as properties; it prints how far it is."""
        source = java("java.io.File")(str(self.table)).toURI()
        table = java("chem.io.in.CSVFile")(source).setDelimiter("\t").setSmilesColumnHeader(STRUCTURE)
        reader = table.getIterator(self.tracker)
        try:
            yield _CountedIterator(reader, Progress(doing, self.rows, "compounds"))
        finally:
            reader.close()

    def dropped(self) -> dict[str, int]:
        """How many rows were not used, by reason."""
        return dict(Counter(_REASONS[str(record.getCause())] for record in self.tracker.getFailures()))


@jpype.JImplements("java.util.Iterator", deferred=True)
class _CountedIterator:
    def __init__(self, inner: Any, progress: Progress) -> None:
        self._inner, self._progress = inner, progress

    @jpype.JOverride
    def hasNext(self) -> bool:  # noqa: N802 - Java's name
        return bool(self._inner.hasNext())

    @jpype.JOverride
    def next(self) -> Any:
        self._progress.advance()
        return self._inner.next()


def _count_rows(table: Path) -> int:
    try:
        with gzip.open(table, "rb") as lines:
            return max(sum(1 for _ in lines) - 1, 0)
    except OSError as error:
        raise UserError(f"{table}: {error.strerror or error}; the ingestion writes this file") from error
