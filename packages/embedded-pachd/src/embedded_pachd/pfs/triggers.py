# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches that follow another branch of their repo only now and then: after so many commits, bytes, or so much time.

They are looked at once a commit is finished, in a transaction of their own: what runs downstream is another commit set.
"""

import re
from datetime import UTC, datetime
from functools import partial

from embedded_pachd.errors import PachdError, UnimplementedError
from embedded_pachd.pfs import branches, commits
from embedded_pachd.pfs.filesystem import FileSystem, Transaction
from embedded_pachd.pfs.names import BranchName, CommitName
from embedded_pachd.pfs.records import BranchInfo, CommitInfo, Trigger
from embedded_pachd.pfs.rows import find_repo, require_branch

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKmMgGtTpP]?)[bB]?\Z")
_NANO = 1_000_000_000


def check(trigger: Trigger) -> None:
    """Raise for a trigger that cannot be."""
    if trigger.cron_spec:
        raise UnimplementedError("triggers with a cron_spec are not served by embedded-pachd: use a cron input")
    if trigger.commits < 0:
        raise PachdError("can't trigger on a negative number of commits")
    if trigger.size:
        _bytes(trigger.size)
    if trigger.rate_limit_spec:
        _next_time(trigger.rate_limit_spec, 0)


def watch(filesystem: FileSystem) -> None:
    """Move triggered branches whenever a commit of their repo is finished."""

    def at_end(tx: Transaction) -> None:
        for name in tx.finished:
            if any(info.trigger for info in _branches(tx, name)):
                tx.after_commit.append(partial(_pull, filesystem, name))

    filesystem.hooks.at_end.append(at_end)


def _branches(tx: Transaction, name: CommitName) -> list[BranchInfo]:
    rows = tx.db.execute("SELECT name FROM branch WHERE repo = ? ORDER BY id", (find_repo(tx, name.repo),)).fetchall()
    return [branches.inspect(tx, BranchName(name.repo, branch)) for (branch,) in rows]


def _pull(filesystem: FileSystem, name: CommitName) -> None:
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
        conditions.append(new.size - old.size >= _bytes(trigger.size))
    if trigger.rate_limit_spec:
        conditions.append(_next_time(trigger.rate_limit_spec, old.finished or 0) < (new.finished or 0))
    if trigger.commits:
        conditions.append(_commits_since(tx, old, new, trigger.commits) == trigger.commits)
    return all(conditions) if trigger.all else any(conditions)


def _commits_since(tx: Transaction, old: CommitInfo, new: CommitInfo, most: int) -> int:
    count, at = 1, new
    while count < most and at.parent is not None and at.parent.id != old.name.id:
        at = commits.resolve(tx, at.parent)
        count += 1
    return count


def _bytes(text: str) -> int:
    """'10MB' -> 10,000,000."""
    match = _SIZE.match(text)
    if match is None:
        raise PachdError(f"invalid trigger size: invalid size: '{text}'")
    return int(float(match.group(1)) * 1000 ** " KMGTP".index(match.group(2).upper() or " "))


def _next_time(spec: str, after: int) -> int:
    """Nanoseconds since 1970 of the first time that fits a cron expression, after another one."""
    from croniter import croniter  # late: few branches need it

    if not croniter.is_valid(spec):
        raise PachdError(f"invalid trigger rate limit spec: {spec}")
    following: datetime = croniter(spec, datetime.fromtimestamp(after / _NANO, UTC)).get_next(datetime)
    return int(following.timestamp() * _NANO)
