# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which compounds are kept back for the test. One structure key is one compound, so it is on one side only.

- ``random``: by a hash of salt and key, so a compound stays on its side when the data grow.
- ``scaffold``: by a hash of salt and Murcko scaffold, so that no scaffold is on both sides. A compound without rings
  stands for itself.
- ``time``: the newest, as at the time when a model meets new compounds. Compounds of the year in which the share is
  reached are drawn by the hash of their key. One without a year counts as old.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from cpsign_workflow.configuration import HoldOut
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.curation import Compound, smiles_of
from cpsign_workflow.ingest.processes import asked

_ALL: Final = 2**64


def partitioned(compounds: Iterable[Compound], test: HoldOut, scratch: Path) -> Iterator[tuple[Compound, bool]]:
    """Each compound, in order, and whether it is kept back; the newest are found by way of a file in ``scratch``."""
    if test.by == "random":
        return ((compound, is_drawn(compound.key, test.salt, test.share)) for compound in compounds)
    if test.by == "scaffold":
        return _by_scaffold(compounds, test)
    return _by_time(compounds, test, scratch)


def is_drawn(text: str, salt: str, share: float) -> bool:
    """Whether a hash of salt and text falls into the lowest ``share`` of all hashes."""
    digest = hashlib.sha256(f"{salt}\t{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * _ALL


def _by_scaffold(compounds: Iterable[Compound], test: HoldOut) -> Iterator[tuple[Compound, bool]]:
    from cpsign_workflow.ingest.structure import scaffold_of  # brings RDKit

    for compound, scaffold in asked(scaffold_of, compounds, smiles_of):
        yield compound, is_drawn(scaffold or compound.key, test.salt, test.share)


class _Cut(NamedTuple):
    """After ``year`` all are test compounds, of ``year`` itself ``share``."""

    year: str
    share: float


def _by_time(compounds: Iterable[Compound], test: HoldOut, scratch: Path) -> Iterator[tuple[Compound, bool]]:
    years: Counter[str] = Counter()
    with tempfile.TemporaryFile("w+", dir=scratch, encoding="utf-8", newline="\n") as file:
        for compound in compounds:
            years[compound.year] += 1
            file.write("\t".join(compound) + "\n")
        if set(years) == {""}:
            raise UserError(
                "test.by is time, but no compound has a year: give the source a column 'year' (ChEMBL's docs.year)"
            )
        file.seek(0)
        cut = _cut(years, test.share)
        for line in file:
            compound = Compound(*line[:-1].split("\t"))
            newest = compound.year > cut.year
            yield compound, newest or (compound.year == cut.year and is_drawn(compound.key, test.salt, cut.share))


def _cut(years: Counter[str], share: float) -> _Cut:
    wanted = share * years.total()
    for year, number in sorted(years.items(), reverse=True):
        if number >= wanted:
            return _Cut(year, wanted / number)
        wanted -= number
    return _Cut("", 0)
