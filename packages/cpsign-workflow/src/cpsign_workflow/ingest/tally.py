# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ingestion counts, whether it is enough for a model, and how it stands in report/ingestion.json."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cpsign_workflow.configuration import Configuration
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import structure
from cpsign_workflow.ingest.curation import Reason


@dataclass
class Tally:
    """Numbers of one run; ``train`` and ``test`` count compounds by label, under "" when they are measured values."""

    read: int = 0
    desalted: int = 0
    train: Counter[str] = field(default_factory=Counter)
    test: Counter[str] = field(default_factory=Counter)
    dropped: Counter[Reason] = field(default_factory=Counter)
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds."""

    @property
    def used(self) -> int:
        """Compounds in training and test."""
        return self.train.total() + self.test.total()

    def check(self, configuration: Configuration) -> None:
        """Raise :class:`UserError` when nothing is left for training, for the test, or for one of the classes."""
        reasons = ", ".join(f"{reason}: {number:,}" for reason, number in sorted(self.dropped.items()))
        if self.used == 0:
            raise UserError(f"none of {self.read:,} rows can be used ({reasons})")
        for side, numbers in (("training", self.train), ("test", self.test)):
            if not numbers:
                raise UserError(
                    f"no compound is left for {side}: {self.used:,} compounds of {self.read:,} rows, "
                    f"test.share {configuration.test.share:g}{f' ({reasons})' if reasons else ''}"
                )
        for label in configuration.precompute.labels:
            if not self.train[label]:
                found = ", ".join(f"{name}: {number:,}" for name, number in sorted(self.train.items()))
                raise UserError(f"no training compound has the label {label!r} ({found}); both classes are needed")

    def summary(self, configuration: Configuration) -> dict[str, Any]:
        """The content of report/ingestion.json."""
        return {
            "workflow_name": configuration.workflow_name,
            "rows": {"read": self.read, "used": self.used, "dropped": dict(sorted(self.dropped.items()))},
            "desalted": self.desalted,
            "train": self.train.total(),
            "test": self.test.total(),
            "classes": {
                label: {"train": self.train[label], "test": self.test[label]}
                for label in configuration.precompute.labels
            },
            "share": configuration.test.share,
            "salt": configuration.test.salt,
            "warnings": list(configuration.warnings),
            "timings": self.timings,
            "versions": structure.versions(),
        }
