# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every function of this package takes first: a snapshot to read, or a transaction to change something in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from sqlite3 import Connection

from embedded_pachd.pfs.names import BranchName, CommitName
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import Tree


@dataclass(slots=True)
class Snapshot:
    """A consistent view of everything, as of the moment it was taken."""

    db: Connection
    store: Store
    tree: Tree


@dataclass(slots=True)
class Transaction(Snapshot):
    """Changes that take effect together. All commits made in it share `id`, which so names a commit set."""

    id: str
    now: int
    """Nanoseconds since 1970; the time of everything that happens in the transaction."""
    moved_branches: list[BranchName] = field(default_factory=list)
    """Branches whose new head has to reach the branches downstream when the transaction ends."""
    checked_branches: list[BranchName] = field(default_factory=list)
    """Branches whose provenance may have changed; the DAG around them is checked at the end."""
    opened: list[CommitName] = field(default_factory=list)
    """Commits with provenance that were opened for a pipeline to fill, in topological order."""
    finished: list[CommitName] = field(default_factory=list)
    dropped_sets: list[str] = field(default_factory=list)
    """Commit sets that were squashed or dropped: their jobs have to stop."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called once the transaction is durable, outside any lock."""
