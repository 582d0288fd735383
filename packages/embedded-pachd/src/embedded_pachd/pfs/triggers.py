# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches that follow another branch of their repo only now and then: after so many commits, bytes, or so much time.

They are looked at once a commit is finished, in a transaction of their own: what runs downstream is another commit set.
Those that follow at fixed times (`cron_spec`) wait for whoever keeps the time.
"""

import json
from datetime import UTC, datetime

from embedded_pachd.pfs import branches, commits
from embedded_pachd.pfs.names import BranchName, CommitName, RepoName
from embedded_pachd.pfs.records import BranchInfo, CommitInfo, Trigger
from embedded_pachd.pfs.rows import find_repo, require_branch
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pfs.trigger_spec import next_time, size_in_bytes


def followed(tx: Transaction) -> list[CommitName]:
    """Finished commits of repos in which a branch has a trigger; each is for `pull`, in the next transaction."""
    return [name for name in tx.finished if any(info.trigger for info in _branches(tx, name))]


def scheduled(s: Snapshot) -> list[tuple[BranchName, str, datetime]]:
    """The branches that move at fixed times, with their schedule, and since when their head is there."""
    rows = s.db.execute(
        "SELECT r.name, r.type, r.project, b.name, b.trigger_spec, c.started "
        "FROM branch b JOIN repo r ON r.id = b.repo JOIN pfs_commit c ON c.id = b.head "
        "WHERE json_extract(b.trigger_spec, '$.cron_spec') != ''"
    )
    return [
        (
            BranchName(RepoName(*row[:3]), row[3]),
            json.loads(row[4])["cron_spec"],
            datetime.fromtimestamp(row[5] / 1e9, UTC),
        )
        for row in rows
    ]


def pull_scheduled(tx: Transaction, name: BranchName) -> None:
    """Move the branch to the head of the one that it follows."""
    trigger = branches.inspect(tx, name).trigger
    followed = trigger and BranchName(name.repo, trigger.branch)
    if followed and branches.exists(tx, followed):
        _move(tx, name, require_branch(tx, followed).head)


def _move(tx: Transaction, name: BranchName, head: int | None) -> None:
    tx.db.execute("UPDATE branch SET head = ? WHERE id = ?", (head, require_branch(tx, name).id))
    tx.moved_branches.append(name)


def _branches(tx: Transaction, name: CommitName) -> list[BranchInfo]:
    rows = tx.db.execute("SELECT name FROM branch WHERE repo = ? ORDER BY id", (find_repo(tx, name.repo),)).fetchall()
    return [branches.inspect(tx, BranchName(name.repo, branch)) for (branch,) in rows]


def pull(tx: Transaction, name: CommitName) -> None:
    """Move the branches whose triggers fire for a finished commit, and those that follow these."""
    commit = commits.resolve(tx, name)
    if commit.error:
        return
    moved = {name.branch}
    waiting = [info for info in _branches(tx, name) if info.trigger is not None]
    while ready := [info for info in waiting if info.trigger and info.trigger.branch in moved]:
        for info in ready:
            waiting.remove(info)
            if info.trigger is not None and _fires(tx, info.trigger, commits.resolve(tx, info.head), commit):
                _move(tx, info.name, commit.key)
                moved.add(info.name.name)


def _fires(tx: Transaction, trigger: Trigger, old: CommitInfo, new: CommitInfo) -> bool:
    if trigger.cron_spec:
        return False
    conditions = []
    if trigger.size:
        conditions.append(new.size - old.size >= size_in_bytes(trigger.size))
    if trigger.rate_limit_spec:
        due = next_time(trigger.rate_limit_spec, old.finished or 0)
        conditions.append(due is not None and due < (new.finished or 0))
    if trigger.commits:
        conditions.append(_commits_since(tx, old, new, trigger.commits) == trigger.commits)
    return all(conditions) if trigger.all else any(conditions)


def _commits_since(tx: Transaction, old: CommitInfo, new: CommitInfo, most: int) -> int:
    count, at = 1, new
    while count < most and at.parent is not None and at.parent.id != old.name.id:
        at = commits.resolve(tx, at.parent)
        count += 1
    return count
