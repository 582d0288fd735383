# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import commit_sets, commits
from embedded_pachd.pfs.names import CommitName, RepoName
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pps import jobs, pipelines
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_filter import message_filter
from embedded_pachd.wire.pps_messages import job_info
from embedded_pachd.wire.pps_pipelines import project_of
from embedded_pachd.wire.steps import Steps


class JobCalls:
    def __init__(self, system: PipelineSystem, steps: Steps) -> None:
        self._system = system
        self._filesystem = system.filesystem
        self._steps = steps
        steps.add("stop_job", self._stop)

    def InspectJob(self, request: Any, call: Call) -> Any:
        if not request.HasField("job"):
            raise PachdError("must specify a job")
        name = (project_of(request.job.pipeline), request.job.pipeline.name, request.job.id)
        with self._filesystem.snapshot() as s:
            job = jobs.inspect(s, *name)
        if request.wait:
            job = self._wait(name, call)
        with self._filesystem.snapshot() as s:
            return self._show_job(s, job, details=request.details)

    def InspectJobSet(self, request: Any, call: Call) -> Iterator[Any]:
        """The set's jobs in the order of their provenance, each once it is finished when asked to wait."""
        with self._filesystem.snapshot() as s:
            commit_sets.inspect(s, request.job_set.id)  # the error for a set that does not exist
            found = jobs.of_set(s, request.job_set.id)
        for job in found:
            if request.wait:
                job = self._wait((job.project, job.pipeline, job.id), call)
            with self._filesystem.snapshot() as s:
                info = self._show_job(s, job, details=request.details)
            yield info

    def _wait(self, name: tuple[str, str, str], call: Call) -> Job:
        """The job (project, pipeline, id) once it has finished."""
        return self._filesystem.wait_for(lambda s: _finished(jobs.inspect(s, *name)), call.alive)

    def ListJob(self, request: Any, _call: Call) -> Iterator[Any]:
        passes = message_filter(request.jqFilter)
        with self._filesystem.snapshot() as s:
            found = [self._show_job(s, job, details=request.details) for job in _listed(s, request)]
        shown = filter(passes, reversed(found) if request.reverse else found)
        yield from islice(shown, convert.most(request))

    def ListJobSet(self, request: Any, _call: Call) -> Iterator[Any]:
        """Sets of jobs, the one with the newest job first."""
        passes = message_filter(request.jqFilter)
        projects = {each.name for each in request.projects}
        with self._filesystem.snapshot() as s:
            found = [job for job in jobs.everything(s) if not projects or job.project in projects]
            found = [job for job in found if _before(job, request)]
            order = {job.id: job.number for job in reversed(found)}
            found.sort(key=lambda job: (-order[job.id], job.number))
            sets = [(set_id, list(members)) for set_id, members in groupby(found, key=lambda job: job.id)]
            infos = [
                (each, [self._show_job(s, job, details=request.details) for job in members]) for each, members in sets
            ]
        if request.reverse:
            infos.reverse()
        shown = ((set_id, [info for info in members if passes(info)]) for set_id, members in infos)
        kept = ((set_id, members) for set_id, members in shown if members)
        for set_id, members in islice(kept, convert.most(request)):
            yield pps_pb2.JobSetInfo(job_set=pps_pb2.JobSet(id=set_id), jobs=members)

    def SubscribeJob(self, request: Any, call: Call) -> Iterator[Any]:
        """The pipeline's jobs from the oldest on, then each new one."""
        if not request.HasField("pipeline"):
            raise PachdError("pipeline must be specified")
        name = (project_of(request.pipeline), request.pipeline.name)
        last = 0
        while True:
            new = self._filesystem.wait_for(lambda s: _newer(s, name, last), call.alive)  # noqa: B023 - called at once
            for job in new:
                with self._filesystem.snapshot() as s:
                    info = self._show_job(s, job, details=request.details)
                yield info
            last = new[-1].number

    def StopJob(self, request: Any, call: Call) -> None:
        self._steps.run("stop_job", request, call)

    def _stop(self, tx: Transaction, request: Any) -> None:
        if not request.HasField("job"):
            raise PachdError("Job must be specified")
        job = jobs.inspect(tx, project_of(request.job.pipeline), request.job.pipeline.name, request.job.id)
        jobs.stop(tx, self._system.live(job), request.reason or jobs.STOPPED)

    def DeleteJob(self, request: Any, _call: Call) -> None:
        if not request.HasField("job"):
            raise PachdError("job cannot be nil")
        with self._filesystem.transaction() as tx:
            job = jobs.inspect(tx, project_of(request.job.pipeline), request.job.pipeline.name, request.job.id)
            jobs.delete(tx, self._system.live(job))

    def _show_job(self, s: Snapshot, job: Job, *, details: bool) -> Any:
        version = pipelines.find(s, job.project, job.pipeline, job.version)
        run = self._system.scheduler.run_of(job) if job.finished is None else None
        running = run.progress.running() if run else ()
        return job_info(self._system.live(job), version, running, details=details)


def _finished(job: Job) -> Job | None:
    return job if job.finished is not None else None


def _newer(s: Snapshot, name: tuple[str, str], last: int) -> list[Job] | None:
    return [job for job in reversed(jobs.of_pipeline(s, *name)) if job.number > last] or None


def _before(job: Job, request: Any) -> bool:
    """Whether the job lies behind the request's pagination marker, in the direction of the list."""
    if not request.HasField("paginationMarker"):
        return True
    marker = convert.nanoseconds(request.paginationMarker)
    return bool(job.created > marker if request.reverse else job.created < marker)


def _listed(s: Snapshot, request: Any) -> Iterator[Job]:
    """Newest first: jobs of the pipeline (of all) made by its newest version and `history` ones before it."""
    name = request.pipeline.name
    project = project_of(request.pipeline)
    projects = {each.name for each in request.projects}
    newest = {(each.project, each.name): each.info.version for each in pipelines.newest_versions(s)}
    sets = [_sets_with(s, commit) for commit in request.input_commit]
    if name and (project, name) not in newest:
        raise NotFoundError(f'pipeline "{project}/{name}" not found')
    for job in jobs.of_pipeline(s, project, name) if name else jobs.everything(s):
        first = newest[job.project, job.pipeline] - request.history if request.history >= 0 else 0
        wanted = job.version >= first and (not projects or job.project in projects) and _before(job, request)
        if wanted and all(job.id in each for each in sets):
            yield job


def _sets_with(s: Snapshot, commit: Any) -> set[str]:
    """The commit sets that a commit belongs to or that depend on it."""
    repo = RepoName(commit.branch.repo.name, commit.branch.repo.type or "user", project_of(commit.branch.repo))
    name = commits.resolve(s, CommitName(repo, commit.id, "" if commit.id else commit.branch.name)).name
    downstream = (
        "WITH RECURSIVE down (id) AS (SELECT id FROM pfs_commit WHERE set_id = ? "
        "UNION SELECT p.downstream FROM commit_provenance p JOIN down d ON p.upstream = d.id) "
        "SELECT DISTINCT c.set_id FROM down d JOIN pfs_commit c ON c.id = d.id"
    )
    return {row[0] for row in s.db.execute(downstream, (name.id,))}
