# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing commit sets: with their data, or into the commits that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ._names import branch_of_commit
from ._pachd import Pachd
from ._plan import Call, Change, Plan, planned

METHODS = {"squashed": "pfs.SquashCommitSet", "dropped": "pfs.DropCommitSet"}


@dataclass(frozen=True)
class CommitTask:
    """The options of pachyderm_commit."""

    commit_sets: tuple[str, ...]
    state: Literal["squashed", "dropped"]


def plan_commit_sets(pachd: Pachd, task: CommitTask) -> Plan:
    """The commit sets of the task that are still there, each to be removed with one call.

    The newest goes first, for pachd drops no commit that another follows.
    """
    found = ((identity, commits_of_set(pachd, identity)) for identity in dict.fromkeys(task.commit_sets))
    there = [(identity, infos) for identity, infos in found if infos]
    there.sort(key=lambda one: datetime.fromisoformat(one[1][0]["started"]), reverse=True)
    changes = (
        Change(f"commit set {identity}", {"commits": [_shown(info) for info in infos]}, {}, (_removal(identity, task),))
        for identity, infos in there
    )
    return planned(pachd, changes, {"commit_sets": [identity for identity, _infos in there]})


def _removal(identity: str, task: CommitTask) -> Call:
    return Call(METHODS[task.state], {"commit_set": {"id": identity}})


def _shown(info: dict[str, Any]) -> str:
    """As `repo@branch`, or `repo` where pachd names no branch."""
    branch = branch_of_commit(info["commit"])
    return "@".join(filter(None, (branch["repo"]["name"], branch.get("name"))))


def commits_of_set(pachd: Pachd, identity: str) -> list[dict[str, Any]]:
    """The set's commits in the users' repos; the server also lists older commits that these stand on."""
    infos = pachd.each("pfs.InspectCommitSet", {"commit_set": {"id": identity}}, missing_ok=True)
    of_set = (info for info in infos if info["commit"]["id"] == identity)
    return [info for info in of_set if branch_of_commit(info["commit"])["repo"]["type"] == "user"]
