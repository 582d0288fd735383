# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches that follow another branch of their repo only now and then: after so many commits, bytes, or so much time.

They are looked at once a commit is finished, in a transaction of their own: what runs downstream is another commit set.
"""

from functools import partial
from typing import TYPE_CHECKING

from embedded_pachd.pfs import branches, commits
from embedded_pachd.pfs.names import BranchName, CommitName
from embedded_pachd.pfs.records import BranchInfo, CommitInfo, Trigger
from embedded_pachd.pfs.rows import find_repo, require_branch
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.pfs.trigger_spec import next_time, size_in_bytes

if TYPE_CHECKING:
    from embedded_pachd.pfs.filesystem import FileSystem


def watch(filesystem: "FileSystem") -> None:
    """Move triggered branches whenever a commit of their repo is finished."""

    def at_end(tx: Transaction) -> None:
        for name in tx.finished:
            if any(info.trigger for info in _branches(tx, name)):
                tx.after_commit.append(partial(_pull, filesystem, name))

    filesystem.hooks.at_end.append(at_end)


def _branches(tx: Transaction, name: CommitName) -> list[BranchInfo]:
    rows = tx.db.execute("SELECT name FROM branch WHERE repo = ? ORDER BY id", (find_repo(tx, name.repo),)).fetchall()
    return [branches.inspect(tx, BranchName(name.repo, branch)) for (branch,) in rows]


def _pull(filesystem: "FileSystem", name: CommitName) -> None:
    with filesystem.transaction() as tx:
        commit = commits.resolve(tx, name)
        moved = {name.branch}
        waiting = [info for info in _branches(tx, name) if info.trigger is not None]
        while ready := [info for info in waiting if info.trigger and info.trigger.branch in moved]:
            for info in ready:
                waiting.remove(info)
                if info.trigger is not None and _fires(tx, info.trigger, commits.resolve(tx, info.head), commit):
                    row = require_branch(tx, info.name)
                    tx.db.execute("UPDATE branch SET head = ? WHERE id = ?", (commit.key, row.id))
                    tx.moved_branches.append(info.name)
                    moved.add(info.name.name)


def _fires(tx: Transaction, trigger: Trigger, old: CommitInfo, new: CommitInfo) -> bool:
    conditions = []
    if trigger.size:
        conditions.append(new.size - old.size >= size_in_bytes(trigger.size))
    if trigger.rate_limit_spec:
        conditions.append(next_time(trigger.rate_limit_spec, old.finished or 0) < (new.finished or 0))
    if trigger.commits:
        conditions.append(_commits_since(tx, old, new, trigger.commits) == trigger.commits)
    return all(conditions) if trigger.all else any(conditions)


def _commits_since(tx: Transaction, old: CommitInfo, new: CommitInfo, most: int) -> int:
    count, at = 1, new
    while count < most and at.parent is not None and at.parent.id != old.name.id:
        at = commits.resolve(tx, at.parent)
        count += 1
    return count
