# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pachd has, in one shape a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from ._errors import UserError
from ._job_views import job_from
from ._names import ALL_PIPELINES, ALL_REPOS, branch_of_commit, pipeline_of, repo_of
from ._pachd import Pachd
from ._plan import Plan
from ._spec_normal import shown


@dataclass(frozen=True)
class InfoTask:
    """The options of pachyderm_info."""

    gather: tuple[Literal["version", "repos", "pipelines", "jobs", "secrets", "commits"], ...] = ()
    pipelines: tuple[str, ...] = ()
    repos: tuple[str, ...] = ()
    limit: int = 20


def gather_info(pachd: Pachd, task: InfoTask) -> Plan:
    """Only what is asked for is asked of the server."""
    if task.limit < 1:
        raise UserError(f"limit: {task.limit}: expected 1 or more")
    kinds: dict[str, Callable[[], Any]] = {
        "version": lambda: ".".join(map(str, pachd.version())),
        "repos": lambda: [_repo(pachd, info) for info in _repos(pachd, task)],
        "pipelines": lambda: [_pipeline(pachd, info) for info in _pipelines(pachd, task)],
        "jobs": lambda: list(_jobs(pachd, task)),
        "secrets": lambda: list(_secrets(pachd)),
        "commits": lambda: list(_commits(pachd, task)),
    }
    return Plan(result={kind: kinds[kind]() for kind in task.gather or ("version",)})


def _repos(pachd: Pachd, task: InfoTask) -> Iterator[dict[str, Any]]:
    return (
        info for info in pachd.each("pfs.ListRepo", ALL_REPOS) if not task.repos or info["repo"]["name"] in task.repos
    )


def _repo(pachd: Pachd, info: dict[str, Any]) -> dict[str, Any]:
    name = info["repo"]["name"]
    return {
        "name": name,
        "description": info.get("description", ""),
        "created": info.get("created", ""),
        "size_bytes": int(info.get("size_bytes_upper_bound", 0)),
        "branches": [
            {"name": branch["branch"]["name"], "head": branch.get("head", {}).get("id", "")}
            for branch in pachd.each("pfs.ListBranch", {"repo": repo_of(name)})
        ],
    }


def _pipelines(pachd: Pachd, task: InfoTask) -> Iterator[dict[str, Any]]:
    infos = pachd.each("pps.ListPipeline", ALL_PIPELINES)
    return (info for info in infos if not task.pipelines or info["pipeline"]["name"] in task.pipelines)


def _pipeline(pachd: Pachd, info: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": info["pipeline"]["name"],
        "version": int(info.get("version", 0)),
        "state": info.get("state", "").removeprefix("PIPELINE_").lower(),
        "reason": info.get("reason", ""),
        "stopped": info.get("stopped", False),
        "last_job_state": info.get("last_job_state", "").removeprefix("JOB_").lower(),
        "spec": shown(info, pachd.library),
    }


def _jobs(pachd: Pachd, task: InfoTask) -> Iterator[dict[str, Any]]:
    """The newest jobs of each pipeline."""
    for pipeline in _pipelines(pachd, task):
        name = pipeline["pipeline"]["name"]
        request = {"pipeline": pipeline_of(name), "number": task.limit, "history": -1}
        for info in islice(pachd.each("pps.ListJob", request), task.limit):
            yield job_from(info).view()


def _secrets(pachd: Pachd) -> Iterator[dict[str, Any]]:
    for info in pachd.call("pps.ListSecret").get("secret_info", ()):
        yield {
            "name": info["secret"]["name"],
            "type": info.get("type", ""),
            "created": info.get("creation_timestamp", ""),
        }


def _commits(pachd: Pachd, task: InfoTask) -> Iterator[dict[str, Any]]:
    """The newest commits of each repo, those that pipelines made among them."""
    for name in task.repos or [info["repo"]["name"] for info in _repos(pachd, task)]:
        request = {"repo": repo_of(name), "number": task.limit, "all": True}
        for info in pachd.each("pfs.ListCommit", request):
            yield {
                "repo": name,
                "branch": branch_of_commit(info["commit"]).get("name", ""),
                "id": info["commit"]["id"],
                "message": info.get("description", ""),
                "origin": info.get("origin", {}).get("kind", "").lower(),
                "started": info.get("started", ""),
                "finished": info.get("finished", ""),
                "error": info.get("error", ""),
                "size_bytes": int(info.get("size_bytes_upper_bound", 0)),
                "provenance": sorted(
                    {above["id"] for above in info.get("direct_provenance", ())} - {info["commit"]["id"]}
                ),
            }
