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
    """The SELECT with its limit, without the closing semicolon."""
    columns: tuple[str, ...]
    """Names for the query's columns, in order; empty: the names the database gives."""


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
    """The share (0, 1) of structure keys that is kept back, drawn by a hash of ``salt`` and key."""

    share: float
    salt: str


@dataclass(frozen=True)
class Classes:
    """Labels for a measured value: ``below`` when it is under ``threshold``, else ``above``."""

    threshold: float
    below: str
    above: str


@dataclass(frozen=True)
class Configuration:
    """What one workflow does."""

    workflow_name: str
    source: DatabaseSource | FileSource
    endpoint: str | None
    """The column of the value, where the configuration names it."""
    classes: Classes | None
    test: HoldOut
    precompute: PrecomputeParameters
    training: tuple[TrainingParameters, ...]
    """One for each training file, in order."""
    warnings: tuple[str, ...]
