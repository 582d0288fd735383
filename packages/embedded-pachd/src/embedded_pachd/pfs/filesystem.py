# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system as a whole: transactions on it, and who is told when one ends.

What can be done inside is in the modules beside this one; each function takes the transaction (or, to read, a
snapshot) first:

    repos      create, delete, inspect, list_repos
    branches   create, delete, inspect, list_branches
    commits    resolve, inspect, start, finish, clear, list_commits, apply
    commit_sets  inspect, list_sets, squash, drop
    reading    open_files (a commit's files), Files: list_directory, walk, glob, inspect, get, read
    writing    Writer: put, delete, copy; its `changes` go to commits.apply
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Condition
from typing import TypeVar

from embedded_pachd.errors import CancelledError
from embedded_pachd.pfs import projects, propagation, triggers
from embedded_pachd.pfs.names import CommitName, RepoName
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import NodeCache, Tree

T = TypeVar("T")


@dataclass(slots=True)
class Hooks:
    """Where the pipeline system joins in; all run inside the transaction and may raise to undo it."""

    at_end: list[Callable[[Transaction], None]] = field(default_factory=list)
    """After branches were propagated: `opened`, `finished` and `dropped_sets` are complete. May finish or start
    commits.
    """
    before_repo_delete: list[Callable[[Transaction, RepoName], None]] = field(default_factory=list)
    before_finish: list[Callable[[Transaction, CommitName], None]] = field(default_factory=list)
    """Asked when a client (not the pipeline system itself) finishes a commit with provenance."""


class FileSystem:
    def __init__(self, root: Path) -> None:
        """Open the store at `root`, making it when it is not there. Raises PachdError when another server has it
        open.
        """
        self.store = Store(root)
        self.hooks = Hooks()
        self._changed = Condition()
        self._version = 0
        self._prepare()

    def _prepare(self) -> None:
        with self.transaction() as tx:
            projects.ensure_default(tx)
        self.hooks.at_end.append(self._look_at_triggers)

    def _look_at_triggers(self, tx: Transaction) -> None:
        tx.after_commit.extend(partial(self._pull_triggers, name) for name in triggers.followed(tx))

    def _pull_triggers(self, name: CommitName) -> None:
        with self.transaction() as tx:
            triggers.pull(tx, name)

    def close(self) -> None:
        with self._changed:
            self._changed.notify_all()
        self.store.close()

    @contextmanager
    def transaction(self, transaction_id: str | None = None, *, dry_run: bool = False) -> Iterator[Transaction]:
        """One writer at a time. At the end of the block branches are propagated, the DAG is checked, `hooks.at_end`
        run,
        and everything is made durable; an exception undoes all of it. With `dry_run` all is undone in any case."""
        with self.store.database.write(keep=not dry_run) as db:
            tx = Transaction(db, self.store, Tree(db, NodeCache()), transaction_id or uuid.uuid4().hex, time.time_ns())
            yield tx
            propagation.propagate(tx)
            propagation.validate_dag(tx)
            for hook in self.hooks.at_end:
                hook(tx)
        if dry_run:
            return
        with self._changed:
            self._version += 1
            self._changed.notify_all()
        for callback in tx.after_commit:
            callback()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """For reading; never blocks a writer, and sees nothing of what is written meanwhile."""
        with self.store.database.read() as db:
            yield Snapshot(db, self.store, Tree(db, self.store.nodes))

    def wait_for(self, look: Callable[[Snapshot], T | None], alive: Callable[[], bool] = lambda: True) -> T:
        """Call `look` with a fresh snapshot after every transaction until it gives something; CancelledError once
        `alive()` is false.
        """
        while True:
            version = self._version
            with self.snapshot() as snapshot:
                found = look(snapshot)
            if found is not None:
                return found
            with self._changed:
                # The timeout only bounds how late a vanished client is noticed.
                while self._version == version:
                    if not alive():
                        raise CancelledError("the client stopped waiting")
                    self._changed.wait(timeout=0.5)
