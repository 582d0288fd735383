# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing commit sets: with their data, or into the commits that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._pachd import Pachd
from ._plan import Call, Change, Plan, planned

METHODS = {"squashed": "pfs.SquashCommitSet", "dropped": "pfs.DropCommitSet"}


@dataclass(frozen=True)
class CommitTask:
    """The options of pachyderm_commit."""

    commit_sets: tuple[str, ...]
    state: Literal["squashed", "dropped"]


def plan_commit_sets(pachd: Pachd, task: CommitTask) -> Plan:
    """The commit sets of the task that are still there, each to be removed with one call."""
    there = {
        identity: commits
        for identity in dict.fromkeys(task.commit_sets)
        if (commits := commits_of_set(pachd, identity))
    }
    changes = (
        Change(f"commit set {identity}", {"commits": commits}, {}, (_removal(identity, task.state),))
        for identity, commits in there.items()
    )
    return planned(pachd, changes, {"commit_sets": list(there)})


def _removal(identity: str, state: str) -> Call:
    return Call(METHODS[state], {"commit_set": {"id": identity}})


def commits_of_set(pachd: Pachd, identity: str) -> list[str]:
    """`repo@branch` of each commit of the set; the server also lists older commits that these stand on."""
    infos = pachd.each("pfs.InspectCommitSet", {"commit_set": {"id": identity}}, missing_ok=True)
    branches = [info["commit"]["branch"] for info in infos if info["commit"]["id"] == identity]
    return [
        f"{branch['repo']['name']}@{branch.get('name', '')}" for branch in branches if branch["repo"]["type"] == "user"
    ]
