# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptors of slices of a table, side by side on all cores, joined to what one pass over the table would give.

CPSign numbers signatures in the order in which it meets them. Joining slices in their order, and the signatures of each
in theirs, meets them in the same order, however many there are and whoever computed them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from cpsign_workflow import cores
from cpsign_workflow.cpsign import jvm
from cpsign_workflow.cpsign.compounds import VALUE, Compounds, reading
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.progress import Progress

ROWS: Final = 1_000
"""Rows of a slice: seconds of work for one core."""


@dataclass(frozen=True)
class Slice:
    """What became of one slice."""

    signatures: Path
    """One signature a line; the n-th is feature n of the records."""
    records: Path
    """LIBSVM format: ``value feature:count …``."""
    dropped: dict[str, int]


@dataclass(frozen=True)
class Joined:
    """What became of several slices; the files are as of one slice."""

    signatures: Path
    records: tuple[Path, ...]
    """One file for each group of slices."""
    dropped: Counter[str]


def cut(table: Path, folder: Path, chosen: Callable[[str], bool]) -> list[Path]:
    """Write the rows whose key is ``chosen`` to tables of :data:`ROWS` rows, in order."""
    with reading(table) as lines:
        header = next(lines, b"")
        wanted = (line for line in lines if chosen(line.split(b"\t", 1)[0].decode()))
        paths: list[Path] = []
        while rows := list(islice(wanted, ROWS)):
            path = folder / f"slice_{len(paths)}.tsv"
            path.write_bytes(header + b"".join(rows))
            paths.append(path)
        return paths


def compute(groups: Sequence[Sequence[Path]], empty: Callable[[], Any], labels: Sequence[Any], rows: int) -> Joined:
    """Descriptors of the tables of all groups, each computed into a data set that ``empty`` makes."""
    tables = [table for group in groups for table in group]
    progress = Progress("precompute", rows, "compounds")
    with ThreadPoolExecutor(cores.available(), initializer=jvm.adopt_thread) as threads:
        slices = list(threads.map(partial(_compute, empty=empty, labels=labels, progress=progress), tables))
    dropped: Counter[str] = Counter()
    for each in slices:
        dropped.update(each.dropped)
    return _join(groups, slices, dropped)


def _compute(table: Path, empty: Callable[[], Any], labels: Sequence[Any], progress: Progress) -> Slice:
    compounds, dataset = Compounds(table), empty()
    with messages("computing signatures"), compounds.molecules(progress) as molecules:
        dataset.setProgressTracker(compounds.tracker)
        try:
            dataset.add(molecules.java_iterator(), VALUE, *labels)
        except java("java.lang.IllegalArgumentException"):
            if dataset.size() > 0:  # else no row of this slice can be used; others may do
                raise
        signatures, records = table.with_suffix(".signatures"), table.with_suffix(".records")
        # the streams are closed by those that write to them
        dataset.getDescriptors().get(0).writeSignatures(_stream(signatures), False)
        dataset.getDataset().writeRecords(_stream(records), False)
    table.unlink()
    return Slice(signatures, records, compounds.dropped())


def _stream(path: Path) -> Any:
    return java("java.io.FileOutputStream")(str(path))


def _join(groups: Sequence[Sequence[Path]], slices: list[Slice], dropped: Counter[str]) -> Joined:
    positions: dict[str, int] = {}
    folder = slices[0].signatures.parent
    rest = iter(slices)
    joined = []
    for number, group in enumerate(groups):
        joined.append(folder / f"joined_{number}.records")
        with joined[-1].open("w", encoding="utf-8") as records:
            for each in islice(rest, len(group)):
                records.writelines(_renumbered(each, positions))
    signatures = folder / "joined.signatures"
    signatures.write_text("".join(f"{signature}\n" for signature in positions), encoding="utf-8")
    return Joined(signatures, tuple(joined), dropped)


def _renumbered(part: Slice, positions: dict[str, int]) -> Iterator[str]:
    """The records of a slice with its signatures numbered as in the whole; ``positions`` grows by new ones."""
    with part.signatures.open(encoding="utf-8") as lines:
        numbers = [positions.setdefault(line.rstrip("\n"), len(positions)) + 1 for line in lines]
    with part.records.open(encoding="utf-8") as lines:
        for line in lines:
            value, *features = line.split()
            pairs = sorted(
                (numbers[int(feature) - 1], count) for feature, _colon, count in (f.partition(":") for f in features)
            )
            yield " ".join([value, *(f"{feature}:{count}" for feature, count in pairs)]) + "\n"
