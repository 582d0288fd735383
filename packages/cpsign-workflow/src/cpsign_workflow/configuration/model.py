# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checked configuration, with every default filled in."""

from dataclasses import dataclass
from typing import Literal

from cpsign_workflow.parameters import PrecomputeParameters, TrainingParameters


@dataclass(frozen=True)
class DatabaseSource:
    """Compounds from one SELECT; environment and credentials may replace host, port and user when it connects."""

    host: str
    port: int
    user: str | None
    db_name: str
    statement: str
    """One SELECT, without the closing semicolon."""
    columns: tuple[str, ...]
    """Names for the query's columns, in order; empty: the names the database gives."""
    stated: str = "query.database_query"
    """Where the configuration says so, for messages."""


@dataclass(frozen=True)
class FileSource:
    """Compounds from a file beside the configuration."""

    file: str
    format: Literal["csv", "sdf"]
    smiles: str | None
    """Column of the structures; None in an SDF."""
    value: str
    delimiter: str


@dataclass(frozen=True)
class HoldOut:
    """The share (0, 1) of compounds that is kept back for the test; ``salt`` goes into the hash that draws them."""

    by: Literal["random", "time", "scaffold"]
    share: float
    salt: str


@dataclass(frozen=True)
class Curation:
    """Rules for the data."""

    largest_range: float
    """Of measured values that are merged to their median, in the value's unit."""
    unreadable_share: float
    """Of the structures that may be unreadable, [0, 1]."""


@dataclass(frozen=True)
class Classes:
    """Labels for a measured value: ``below`` when it is under ``threshold``, else ``above``."""

    threshold: float
    below: str
    above: str

    def label(self, value: float) -> str:
        """The class of a value."""
        return self.below if value < self.threshold else self.above


@dataclass(frozen=True)
class Configuration:
    """What one workflow does."""

    workflow_name: str
    source: DatabaseSource | FileSource
    endpoint: str | None
    """The column of the value, where the configuration names it."""
    classes: Classes | None
    test: HoldOut
    curation: Curation
    precompute: PrecomputeParameters
    training: tuple[TrainingParameters, ...]
    """One for each training file, in order."""
    warnings: tuple[str, ...]
