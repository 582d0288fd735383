# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches that move only when their trigger fires."""

import re

import pytest

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs import branches, commits, repos, triggers
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, RepoName
from embedded_pachd.pfs.records import Trigger
from embedded_pachd.pfs.writing import writing

MASTER = BranchName(RepoName("r"), "master")
FOLLOWER = BranchName(RepoName("r"), "follower")


def put(filesystem: FileSystem, data: bytes) -> str:
    with writing(filesystem.store) as writer:
        writer.put("/f", data)
        changes = writer.changes
        with filesystem.transaction() as tx:
            name = commits.start(tx, MASTER)
            commits.apply(tx, name, changes)
            commits.finish(tx, name)
    return name.id


def moves(filesystem: FileSystem, trigger: Trigger, contents: list[bytes]) -> list[bool]:
    """After which of the commits the follower stood at the newest one."""
    with filesystem.transaction() as tx:
        repos.create(tx, MASTER.repo)
        branches.create(tx, FOLLOWER, trigger=trigger)
    moved = []
    for data in contents:
        newest = put(filesystem, data)
        with filesystem.snapshot() as s:
            moved.append(branches.inspect(s, FOLLOWER).head.id == newest)
    return moved


def test_after_so_many_commits(filesystem: FileSystem) -> None:
    assert moves(filesystem, Trigger("master", commits=2), [b"1"] * 5) == [False, True, False, True, False]


def test_after_so_many_bytes(filesystem: FileSystem) -> None:
    contents = [b"x" * 600, b"x" * 1200, b"x" * 1300, b"x" * 2200]
    assert moves(filesystem, Trigger("master", size="1K"), contents) == [False, True, False, True]


def test_all_conditions(filesystem: FileSystem) -> None:
    trigger = Trigger("master", all=True, commits=2, size="1K")
    assert moves(filesystem, trigger, [b"x" * 2000, b"x", b"x" * 3000]) == [False, False, True]


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        (Trigger("master", commits=-1), "can't trigger on a negative number of commits"),
        (Trigger("master", size="much"), "invalid trigger size: invalid size: 'much'"),
        (Trigger("master", cron_spec="*"), "invalid trigger cron spec: Expected exactly 5 fields, found 1: *"),
        (Trigger("", commits=1), "triggers must specify a branch to trigger on"),
        (Trigger("follower", commits=1), "triggers cannot form a loop"),
    ],
)
def test_what_cannot_be_is_refused(filesystem: FileSystem, trigger: Trigger, text: str) -> None:
    with filesystem.transaction() as tx:
        repos.create(tx, MASTER.repo)
    with pytest.raises(PachdError, match=re.escape(text)), filesystem.transaction() as tx:
        branches.create(tx, FOLLOWER, trigger=trigger)


def test_at_fixed_times_only(filesystem: FileSystem) -> None:
    assert moves(filesystem, Trigger("master", commits=1, cron_spec="0 4 * * *"), [b"1"]) == [False]
    with filesystem.transaction() as tx:
        assert [(name, spec) for name, spec, _since in triggers.scheduled(tx)] == [(FOLLOWER, "0 4 * * *")]
        triggers.pull_scheduled(tx, FOLLOWER)
        assert branches.inspect(tx, FOLLOWER).head == branches.inspect(tx, MASTER).head
