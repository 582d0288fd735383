# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source → curated rows → sorted by key → one compound a key → training or test.

Rows pass one by one; what must be sorted is sorted on disk, so memory does not grow with their number. The bytes of the
compounds depend on the set of rows alone, not on the order in which a server returns them.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cpsign_workflow.configuration import Configuration
from cpsign_workflow.ingest.compressed import writing
from cpsign_workflow.ingest.curation import MERGED, UNREADABLE, Compound, curate
from cpsign_workflow.ingest.duplicates import Measurements, merge_labels
from cpsign_workflow.ingest.external_sort import ExternalSort
from cpsign_workflow.ingest.partition import Partition
from cpsign_workflow.ingest.processes import asked
from cpsign_workflow.ingest.rows import Row
from cpsign_workflow.ingest.sources import OpenSource
from cpsign_workflow.ingest.tally import Tally
from cpsign_workflow.ingest.values import Reason, Rejected, Values
from cpsign_workflow.progress import Progress, say

if TYPE_CHECKING:
    from cpsign_workflow.ingest.structure import Structure

COMPOUND_FIELDS: Final = ("key", "smiles", "value")
DROPPED_FIELDS: Final = ("reason", "key", "smiles", "value")


class Ingestion:
    """The compounds of one source, on their way to the folder ``stage``."""

    def __init__(self, configuration: Configuration, stage: Path) -> None:
        self.tally = Tally(Values(configuration), Measurements(configuration.curation.largest_range))
        self._configuration, self._stage = configuration, stage

    def compounds(self, source: OpenSource, expected: dict[str, Any]) -> dict[str, Any]:
        """Write the tables; returns what the source says of itself, and warns when it is not what was ``expected``."""
        with (
            tempfile.TemporaryDirectory(prefix="sort-", dir=self._stage) as scratch,
            ExternalSort(Path(scratch)) as compounds,
            ExternalSort(Path(scratch)) as dropped,
        ):
            self._dropped = dropped
            with self._timed("read"):
                self._read(source.rows, compounds, Progress("ingest", expected.get("rows"), "rows"))
                description = source.description()
            if expected.get("fingerprint") not in (None, description["fingerprint"]):
                say("warning: the data have changed since source.json was written; the report holds what was read")
            with self._timed("sort_and_write"):
                self._write(compounds, Path(scratch))
            return description

    def _read(self, rows: Iterator[Row], compounds: ExternalSort, progress: Progress) -> None:
        tally = self.tally

        def without_key() -> Iterator[Compound]:
            for row in rows:
                progress.advance()
                tally.read += 1
                compound = curate(row, tally.values)
                if isinstance(compound, Rejected):
                    relation = "" if row.relation == "=" else row.relation
                    self._drop(compound.reason, "", row.smiles, relation + row.value)
                elif compound.key:
                    tally.readable += 1
                    compounds.add(*compound)
                else:
                    yield compound

        for compound, structure in asked(_structure_of, without_key(), attrgetter("smiles")):
            if structure is None:
                self._drop(UNREADABLE, "", compound.smiles, compound.value)
            else:
                tally.readable += 1
                tally.desalted += structure.desalted
                compounds.add(structure.key, structure.smiles, compound.value, compound.year)

    def _write(self, compounds: ExternalSort, scratch: Path) -> None:
        labels = self._configuration.precompute.labels
        progress = Progress("ingest", None, "compounds written")
        partition = Partition(self._configuration.test, scratch)
        with (
            writing(self._stage / "data" / "compounds.tsv.gz", COMPOUND_FIELDS) as write_train,
            writing(self._stage / "test" / "compounds.tsv.gz", COMPOUND_FIELDS) as write_test,
        ):
            for compound, is_test in partition.divide(self._merged(compounds)):
                write, side = (write_test, self.tally.test) if is_test else (write_train, self.tally.train)
                write(compound.key, compound.smiles, compound.value)
                progress.advance()
                side.add(compound, compound.value if labels else "")
        self.tally.cut = partition.cut
        with writing(self._stage / "report" / "dropped.tsv.gz", DROPPED_FIELDS) as write:
            for fields in self._dropped.lines():
                write(*fields)

    def _merged(self, compounds: ExternalSort) -> Iterator[Compound]:
        merge = merge_labels if self._configuration.precompute.labels else self.tally.measurements.merge
        for _key, lines in groupby(compounds.lines(), key=itemgetter(0)):
            rows = [Compound(*line) for line in lines]
            outcome = merge(rows) if len(rows) > 1 else rows[0]
            if isinstance(outcome, Compound):
                yield outcome
            reason, left_out = (MERGED, rows[1:]) if isinstance(outcome, Compound) else (outcome, rows)
            for row in left_out:
                self._drop(reason, row.key, row.smiles, row.value)

    def _drop(self, reason: Reason, key: str, smiles: str, value: str) -> None:
        self.tally.dropped[reason] += 1
        if reason == UNREADABLE:
            self.tally.unreadable = smiles
        self._dropped.add(reason, key, " ".join(smiles.split()), " ".join(value.split()))

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.tally.timings[name] = round(time.monotonic() - started, 3)


def _structure_of(smiles: str) -> "Structure | None":
    # RDKit comes where a structure is asked for, and not before.
    from cpsign_workflow.ingest.structure import structure_of

    return structure_of(smiles)
