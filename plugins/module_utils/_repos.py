# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repos and their branches: what the task wants beside what pachd has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ._errors import raise_all
from ._names import ALL_PIPELINES, ALL_REPOS, branch_of, commit_of, repo_of
from ._pachd import Pachd
from ._pipeline_inputs import input_repos
from ._plan import Call, Change, Plan, planned


@dataclass(frozen=True)
class Branch:
    """A branch; without `head` it stays where it is, and a new one begins with an empty commit."""

    name: str
    head: str | None = None
    state: Literal["present", "absent"] = "present"


@dataclass(frozen=True)
class Repo:
    """A user repo."""

    name: str
    description: str | None = None
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class RepoTask:
    """The options that hold for every repo of the task."""

    state: Literal["present", "absent"] = "present"
    force: bool = False


def plan_repos(pachd: Pachd, task: RepoTask, repos: tuple[Repo, ...]) -> Plan:
    """The changes that make the repos exist as described, or not exist."""
    existing = {info["repo"]["name"]: info for info in pachd.each("pfs.ListRepo", ALL_REPOS)}
    if task.state == "present":
        changes = [change for repo in repos for change in _present(pachd, repo, existing.get(repo.name))]
        return planned(pachd, changes, {"repos": [repo.name for repo in repos]})
    doomed = [repo.name for repo in repos if repo.name in existing]
    if doomed and not task.force:
        _refuse_what_is_used(pachd, doomed)
    return planned(pachd, (_deletion(name, existing[name], task.force) for name in doomed), {"repos": doomed})


def _present(pachd: Pachd, repo: Repo, info: dict[str, Any] | None) -> Iterator[Change]:
    before = {} if info is None else {"name": repo.name, "description": info.get("description", "")}
    after = {
        "name": repo.name,
        "description": before.get("description", "") if repo.description is None else repo.description,
    }
    if before != after:
        request = {"repo": repo_of(repo.name), "description": after["description"], "update": True}
        yield Change(f"repo {repo.name}", before, after, (Call("pfs.CreateRepo", request),))
    if repo.branches:
        answers = pachd.each("pfs.ListBranch", {"repo": repo_of(repo.name)}) if info else ()
        heads = {answer["branch"]["name"]: answer.get("head", {}).get("id", "") for answer in answers}
        for branch in repo.branches:
            yield from _branch(repo, branch, heads.get(branch.name))


def _branch(repo: Repo, branch: Branch, head: str | None) -> Iterator[Change]:
    """`head` is the id of the branch's present head, None when there is no such branch."""
    name = f"branch {repo.name}@{branch.name}"
    address = branch_of(repo.name, branch.name)
    before = {} if head is None else {"name": branch.name, "head": head}
    if branch.state == "absent":
        if before:
            yield Change(name, before, {}, (Call("pfs.DeleteBranch", {"branch": address}),))
        return
    after = {"name": branch.name, "head": branch.head or head or "an empty commit"}
    if before != after:
        request: dict[str, Any] = {"branch": address}
        if branch.head:
            request["head"] = commit_of(repo.name, branch.head)
        yield Change(name, before, after, (Call("pfs.CreateBranch", request),))


def _refuse_what_is_used(pachd: Pachd, doomed: list[str]) -> None:
    problems = []
    readers: dict[str, list[str]] = {}
    for info in pachd.each("pps.ListPipeline", ALL_PIPELINES):
        name = info["pipeline"]["name"]
        if name in doomed:
            problems.append(f"repo {name} is the output of the pipeline of that name; delete the pipeline instead")
        for repo in input_repos(info.get("details", {}).get("input", {})):
            readers.setdefault(repo, []).append(name)
    for name in doomed:
        users = sorted(set(readers.get(name, [])))
        if users:
            problems.append(f"repo {name} is read by {', '.join(users)}; delete these first, or set force")
    raise_all(problems)


def _deletion(name: str, info: dict[str, Any], force: bool) -> Change:
    before = {"name": name, "description": info.get("description", "")}
    return Change(f"repo {name}", before, {}, (Call("pfs.DeleteRepo", {"repo": repo_of(name), "force": force}),))
