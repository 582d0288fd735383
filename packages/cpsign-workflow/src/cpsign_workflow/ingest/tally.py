# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ingestion counts, and how it stands in report/ingestion.json."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from cpsign_workflow import standardisation
from cpsign_workflow.configuration import Configuration
from cpsign_workflow.ingest.curation import Compound
from cpsign_workflow.ingest.duplicates import Measurements
from cpsign_workflow.ingest.partition import Cut
from cpsign_workflow.ingest.values import DECIMAL_COMMA, Reason, Values

MUCH_CENSORED: Final = 0.1
"""Share of censored rows: where they are more, the compounds that are left are not those that were measured."""


@dataclass
class Side:
    """Training or test; compounds by label, under "" when they are measured values."""

    classes: Counter[str] = field(default_factory=Counter)
    values: set[str] = field(default_factory=set)
    """Two of the values, or the only one."""
    undated: int = 0

    @property
    def compounds(self) -> int:
        """How many there are."""
        return self.classes.total()

    def add(self, compound: Compound, label: str) -> None:
        """Count one; ``label`` is empty for a measured value."""
        self.classes[label] += 1
        if len(self.values) < 2:
            self.values.add(compound.value)
        self.undated += not compound.year


@dataclass
class Tally:
    """Numbers of one run."""

    values: Values
    measurements: Measurements
    read: int = 0
    readable: int = 0
    """Rows with a structure that can be used, before those of one key are merged."""
    desalted: int = 0
    train: Side = field(default_factory=Side)
    test: Side = field(default_factory=Side)
    cut: Cut | None = None
    dropped: Counter[Reason] = field(default_factory=Counter)
    unreadable: str = ""
    """One of the structures that could not be read."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds."""

    @property
    def used(self) -> int:
        """Compounds in training and test."""
        return self.train.compounds + self.test.compounds

    def warnings(self, configuration: Configuration) -> list[str]:
        """What the author of the configuration should know of the data."""
        found = []
        censored = self.values.censored.total()
        if censored > MUCH_CENSORED * self.read:
            kept = f"{self.values.kept:,} of them are in use" if configuration.classes else "a regression can use none"
            found.append(
                f"{censored:,} of {self.read:,} rows ({censored / self.read:.0%}) are censored (<, > or ~); {kept}. "
                "What is left is not all that was measured: weak compounds mostly are missing"
            )
        if commas := self.dropped[DECIMAL_COMMA]:
            found.append(f"{commas:,} values have a comma where a number has its point, and were left out")
        return found

    def summary(self, configuration: Configuration, warnings: list[str]) -> dict[str, Any]:
        """The content of report/ingestion.json."""
        test = configuration.test
        return {
            "workflow_name": configuration.workflow_name,
            "rows": {"read": self.read, "used": self.used, "dropped": dict(sorted(self.dropped.items()))},
            "desalted": self.desalted,
            "replicates": self.measurements.summary(),
            "censored": {
                "rows": self.values.censored.total(),
                "share": self.values.censored.total() / self.read,
                "kept": self.values.kept,
                "relations": dict(sorted(self.values.censored.items())),
            },
            "train": self.train.compounds,
            "test": self.test.compounds,
            "classes": {
                label: {"train": self.train.classes[label], "test": self.test.classes[label]}
                for label in configuration.precompute.labels
            },
            "split": {
                "by": test.by,
                "share": test.share,
                "salt": test.salt,
                "from_year": int(self.cut.year) if self.cut and self.cut.year else None,
                "share_of_from_year": self.cut.share if self.cut else None,
            },
            "undated": self.train.undated + self.test.undated if test.by == "time" else None,
            "share": test.share,
            "salt": test.salt,
            "warnings": [*configuration.warnings, *warnings],
            "timings": self.timings,
            "versions": standardisation.versions(),
        }
