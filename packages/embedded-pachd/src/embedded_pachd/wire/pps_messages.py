# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the pipeline system's records to pachd's messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from embedded_pachd.messages import pfs_pb2, pps_pb2
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pps import pipelines, unserved
from embedded_pachd.pps.datums import Datum, InputFile
from embedded_pachd.pps.inputs import leaves
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.logs import Line
from embedded_pachd.pps.pipelines import Pipeline, PipelineState
from embedded_pachd.pps.progress import Running
from embedded_pachd.pps.results import DatumState, Result, Usage
from embedded_pachd.pps.secrets import Secret

JOB_DETAILS = [field.name for field in pps_pb2.JobInfo.Details.DESCRIPTOR.fields if field.name != "worker_status"]
STEPS = ("download_time", "process_time", "upload_time")


def commit(name: CommitName, branch: str) -> Any:
    """A commit with its branch, the repo given twice as pachd does."""
    project = pfs_pb2.Project(name=name.repo.project)
    repo = pfs_pb2.Repo(name=name.repo.name, type=name.repo.type, project=project)
    return pfs_pb2.Commit(repo=repo, id=name.id, branch=pfs_pb2.Branch(repo=repo, name=branch))


def pipeline(project: str, name: str) -> Any:
    return pps_pb2.Pipeline(name=name, project=pfs_pb2.Project(name=project))


def job_name(job: Job) -> Any:
    return pps_pb2.Job(pipeline=pipeline(job.project, job.pipeline), id=job.id)


def pipeline_info(found: Pipeline, last: Job | None, *, details: bool) -> Any:
    info = pps_pb2.PipelineInfo()
    info.CopyFrom(found.info)
    state = pipelines.state(found, last)
    info.state, info.stopped = state, found.stopped
    info.reason = unserved.reason(found.info.details)
    if last is not None:
        info.last_job_state = last.state
    if not details:
        info.ClearField("details")
    return info


def count_workers(info: Any) -> None:
    """Said of one pipeline only, never in a list."""
    workers = info.parallelism if info.state == PipelineState.RUNNING else 0
    info.details.workers_requested = info.details.workers_available = workers


def job_info(job: Job, version: Pipeline | None, running: Iterable[Running], *, details: bool) -> Any:
    """`version` is the pipeline as of the job."""
    counts = job.counts
    branch = version.info.details.output_branch if version else "master"
    info = pps_pb2.JobInfo(
        job=job_name(job),
        pipeline_version=job.version,
        output_commit=commit(job.output, branch),
        data_processed=counts.processed,
        data_skipped=counts.skipped,
        data_failed=counts.failed,
        data_recovered=counts.recovered,
        data_total=counts.total,
        stats=process_stats(counts.usage),
        state=job.state,
        reason=job.reason,
    )
    for name in ("created", "started", "finished"):
        if (moment := getattr(job, name)) is not None:
            getattr(info, name).FromNanoseconds(moment)
    if details and version:
        _job_details(info.details, job, version)
        info.details.worker_status.extend(worker_status(job, each) for each in running)
    return info


def _job_details(target: Any, job: Job, version: Pipeline) -> None:
    source = version.info.details
    for name in JOB_DETAILS:
        if source.DESCRIPTOR.fields_by_name[name].message_type is None:
            setattr(target, name, getattr(source, name))
        elif source.HasField(name):
            getattr(target, name).CopyFrom(getattr(source, name))
    for leaf in leaves(target.input) if target.HasField("input") else ():
        (leaf.pfs if leaf.HasField("pfs") else leaf.cron).commit = job.id


def worker_status(job: Job, running: Running) -> Any:
    status = pps_pb2.WorkerStatus(worker_id=job.worker, job_id=job.id)
    status.datum_status.data.extend(map(input_file, running.datum.inputs))
    status.datum_status.started.FromNanoseconds(running.started)
    return status


def process_stats(usage: Usage) -> Any:
    stats = pps_pb2.ProcessStats(download_bytes=usage.download_bytes, upload_bytes=usage.upload_bytes)
    for name in STEPS:
        getattr(stats, name).FromNanoseconds(getattr(usage, name))
    return stats


def file_info(each: InputFile) -> Any:
    kind = pfs_pb2.DIR if each.path.endswith("/") else pfs_pb2.FILE
    name = commit(CommitName(each.repo_name, each.commit), each.branch)
    file = pfs_pb2.File(commit=name, path=each.path, datum=each.tag)
    info = pfs_pb2.FileInfo(file=file, file_type=kind, size_bytes=each.size, hash=each.hash)
    if each.committed is not None:
        info.committed.FromNanoseconds(each.committed)
    return info


def input_file(each: InputFile) -> Any:
    return pps_pb2.InputFile(path=each.path, hash=each.hash)


def datum_info(job: Job | None, datum: Datum, state: DatumState, result: Result | None) -> Any:
    """`job` is the one that ran the datum; none for the preview of an input."""
    info = pps_pb2.DatumInfo(datum=pps_pb2.Datum(id=datum.id), state=state, data=map(file_info, datum.inputs))
    if job is not None:
        info.datum.job.CopyFrom(job_name(job))
    else:
        info.stats.SetInParent()
    if result is not None:
        info.stats.CopyFrom(process_stats(result.usage))
        for name in STEPS:
            if not getattr(result.usage, name):  # it came not so far
                info.stats.ClearField(name)
    return info


def secret_info(secret: Secret) -> Any:
    """Name, type and time: never a value."""
    info = pps_pb2.SecretInfo(secret=pps_pb2.Secret(name=secret.name), type=secret.type)
    info.creation_timestamp.FromNanoseconds(secret.created)
    return info


def log_message(job: Job, line: Line, inputs: tuple[InputFile, ...]) -> Any:
    message = pps_pb2.LogMessage(
        project_name=job.project,
        pipeline_name=job.pipeline,
        job_id=job.id,
        worker_id=job.worker,
        datum_id=line.datum,
        user=line.user,
        message=line.message,
        data=map(input_file, inputs),
    )
    message.ts.FromNanoseconds(line.time)
    return message
