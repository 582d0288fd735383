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
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from cpsign_workflow.configuration import HoldOut
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.curation import Compound
from cpsign_workflow.ingest.processes import asked

_ALL: Final = 2**64


class Cut(NamedTuple):
    """After ``year`` all are test compounds, of ``year`` itself ``share``."""

    year: str
    share: float


class Partition:
    """Draws the compounds to keep back; to find the newest it writes to a file in ``scratch``."""

    def __init__(self, test: HoldOut, scratch: Path) -> None:
        self._test, self._scratch = test, scratch
        self.cut: Cut | None = None
        """Where the newest begin; known when the first compound has come out, and None unless it is by time."""

    def divide(self, compounds: Iterable[Compound]) -> Iterator[tuple[Compound, bool]]:
        """Each compound, in order, and whether it is kept back."""
        return {"random": self._by_key, "scaffold": self._by_scaffold, "time": self._by_time}[self._test.by](compounds)

    def _by_key(self, compounds: Iterable[Compound]) -> Iterator[tuple[Compound, bool]]:
        for compound in compounds:
            yield compound, is_drawn(compound.key, self._test.salt, self._test.share)

    def _by_scaffold(self, compounds: Iterable[Compound]) -> Iterator[tuple[Compound, bool]]:
        from cpsign_workflow.ingest.structure import scaffold_of  # brings RDKit

        for compound, scaffold in asked(scaffold_of, compounds, attrgetter("smiles")):
            yield compound, is_drawn(scaffold or compound.key, self._test.salt, self._test.share)

    def _by_time(self, compounds: Iterable[Compound]) -> Iterator[tuple[Compound, bool]]:
        years: Counter[str] = Counter()
        with tempfile.TemporaryFile("w+", dir=self._scratch, encoding="utf-8", newline="\n") as file:
            for compound in compounds:
                years[compound.year] += 1
                file.write("\t".join(compound) + "\n")
            if set(years) == {""}:
                raise UserError(
                    "test.by is time, but no compound has a year: give the source a column 'year' (ChEMBL's docs.year)"
                )
            file.seek(0)
            self.cut = cut = _cut(years, self._test.share)
            for line in file:
                compound = Compound(*line[:-1].split("\t"))
                newest = compound.year > cut.year
                drawn = compound.year == cut.year and is_drawn(compound.key, self._test.salt, cut.share)
                yield compound, newest or drawn


def is_drawn(text: str, salt: str, share: float) -> bool:
    """Whether a hash of salt and text falls into the lowest ``share`` of all hashes."""
    digest = hashlib.sha256(f"{salt}\t{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * _ALL


def _cut(years: Counter[str], share: float) -> Cut:
    wanted = share * years.total()
    for year, number in sorted(years.items(), reverse=True):
        if number >= wanted:
            return Cut(year, wanted / number)
        wanted -= number
    return Cut("", 0)
