# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task can want of jobs: that they end, are tried again, stop, or go away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ._commit_sets import commits_of_set
from ._errors import UserError
from ._job_views import Job, jobs_of_pipeline, jobs_of_set
from ._names import branch_of, job_of, pipeline_of
from ._pachd import Pachd
from ._plan import Call, Change, Plan, planned
from ._waiting import raise_if_failed, views, wait_for


@dataclass(frozen=True)
class JobTask:
    """The options of pachyderm_job."""

    commit_set: str | None = None
    pipeline: str | None = None
    pipelines: tuple[str, ...] = ()
    state: Literal["finished", "retried", "stopped", "absent"] = "finished"
    timeout: int = 3600
    log_lines: int = 20
    until: Literal["finished", "change"] = "finished"


def plan_jobs(pachd: Pachd, task: JobTask) -> Plan:
    """Waiting is reading; the other states change something."""
    if task.state == "retried":
        return _retry(pachd, task.pipeline or "")
    if task.state == "finished":
        return _finished(pachd, task)
    if task.state == "absent" and task.pipeline:
        raise UserError("pipeline: its newest job would be another each time; name the job to delete by commit_set")
    jobs = _look(pachd, task)
    if task.state == "stopped":
        jobs = [job for job in jobs if not job.ended]
    return planned(pachd, (_ending(job, task.state) for job in jobs), {"jobs": views(jobs)})


def _look(pachd: Pachd, task: JobTask) -> list[Job]:
    """The jobs that the task names.

    Raises:
        UserError: when there is no such pipeline or commit set, or it lacks a job that was named, so that nobody takes
            no job for one that ended well.
    """
    if task.pipeline:
        return list(jobs_of_pipeline(pachd, task.pipeline, newest=1))
    jobs = jobs_of_set(pachd, task.commit_set or "")
    if not jobs and task.state != "absent" and not commits_of_set(pachd, task.commit_set or ""):
        raise UserError(f"commit set {task.commit_set!r} does not exist")
    missing = sorted(set(task.pipelines) - {job.pipeline for job in jobs})
    if missing and task.state != "absent":
        have = ", ".join(sorted(job.pipeline for job in jobs)) or "none"
        raise UserError(
            f"commit set {task.commit_set} has no job of {', '.join(missing)} (it has jobs of: {have})",
            jobs=views(jobs),
        )
    return [job for job in jobs if not task.pipelines or job.pipeline in task.pipelines]


def _finished(pachd: Pachd, task: JobTask) -> Plan:
    if pachd.read_only:  # in check mode nothing was started that would be worth waiting for
        jobs = _look(pachd, task)
        return Plan(result={"jobs": views(jobs), "done": all(job.ended for job in jobs)})
    jobs, done = wait_for(pachd, lambda: _look(pachd, task), task.timeout, task.until == "change")
    jobs = raise_if_failed(pachd, jobs, task.log_lines)
    return Plan(result={"jobs": views(jobs), "done": done})


def _ending(job: Job, state: str) -> Change:
    address = job_of(job.pipeline, job.id)
    if state == "absent":
        return Change(job.name, {"state": job.state}, {}, (Call("pps.DeleteJob", {"job": address}),))
    request = {"job": address, "reason": "stopped by pachyderm_job"}
    return Change(job.name, {"state": job.state}, {"state": "killed"}, (Call("pps.StopJob", request),))


def _retry(pachd: Pachd, pipeline: str) -> Plan:
    """An empty commit where the data come in starts every job below it once more; datums that succeeded are skipped."""
    info = pachd.find("pps.InspectPipeline", {"pipeline": pipeline_of(pipeline), "details": True})
    if info is None:
        raise UserError(f"pipeline {pipeline} does not exist")
    newest = next(jobs_of_pipeline(pachd, pipeline, newest=1), None)
    if newest is None or not newest.failed:
        return Plan(result={"jobs": views([newest] if newest else []), "commit_set": newest.id if newest else None})
    output = branch_of(pipeline, info["details"].get("output_branch") or "master")
    source = _source(pachd, output, newest, pipeline)

    def apply() -> dict[str, Any]:
        with pachd.transaction() as commit_set:
            started = pachd.call("pfs.StartCommit", {"branch": source, "description": f"try {newest.name} again"})
            pachd.call("pfs.FinishCommit", {"commit": started})
        return {"commit_set": commit_set}

    place = f"{source['repo']['name']}@{source['name']}"
    change = Change(newest.name, {"state": newest.state}, {"state": "tried again", "by an empty commit on": place})
    return Plan((change,), {"jobs": views([newest]), "commit_set": newest.id}, apply)


def _source(pachd: Pachd, output: dict[str, Any], job: Job, pipeline: str) -> dict[str, Any]:
    """The branch that people write to: the one whose commit started the job, if it is still the head, else the first.

    Raises:
        UserError: when the pipeline reads no such branch.
    """
    branches = list(_written_by_people(pachd, output))
    for branch, head in branches:
        if head == job.id:
            return branch
    if not branches:
        raise UserError(f"pipeline {pipeline} reads no branch that could be committed to")
    return branches[0][0]


def _written_by_people(pachd: Pachd, output: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each user branch above `output` that has no provenance of its own, and the id of its head."""
    for branch in pachd.call("pfs.InspectBranch", {"branch": output}).get("provenance", ()):
        if branch["repo"]["type"] == "user":
            info = pachd.call("pfs.InspectBranch", {"branch": branch})
            if not info.get("direct_provenance"):
                yield branch, info.get("head", {}).get("id", "")
