# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What creating, updating, starting, stopping and deleting a pipeline does, each inside a transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from embedded_pachd.errors import ExistsError, PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import ancestry, branches, commits, repos
from embedded_pachd.pfs.names import SPEC, BranchName, RepoName
from embedded_pachd.pfs.records import Trigger
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.pps import inputs, jobs, pipelines
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.pipelines import Pipeline
from embedded_pachd.pps.secrets import Secrets
from embedded_pachd.pps.spec_checks import check_details, check_request, check_secrets
from embedded_pachd.pps.spec_defaults import DEFAULT_PROJECT, fill

MOST_PIPELINES = 16  # of pachd's community edition, kept so that what runs here also runs there
MOST_WORKERS = 8
NEEDS_KEY = "Pachyderm Community Edition requires an activation key to create"
ACTIVATE = "Use the command `pachctl license activate` to enter your key."
ADVERT = (
    "Pachyderm offers readily available activation keys for proofs-of-concept, startups, academic, nonprofit, or"
    " open-source projects. Tell us about your project to get one.\n\n"
    "Learn about Pachyderm Enterprise here:\n\nhttps://www.pachyderm.com/trial"
)
SAME_FIELDS = (
    "transform", "tf_job", "parallelism_spec", "input", "output_branch", "egress", "resource_requests",
    "resource_limits", "sidecar_resource_limits", "sidecar_resource_requests", "description", "salt", "service",
    "spout", "datum_set_spec", "datum_timeout", "job_timeout", "datum_tries", "scheduling_spec", "pod_spec",
    "pod_patch", "s3_out", "metadata", "reprocess_spec", "autoscaling", "tolerations", "determined",
)  # fmt: skip
BY_NOBODY = " for user unknown_username"  # as pachd writes without authentication


Live = Callable[[Job], Job]
"""Gives a job as far as it is now, when it runs."""


def create(tx: Transaction, request: pps_pb2.CreatePipelineRequest, secrets: Secrets, live: Live) -> None:
    """Create the pipeline, or with `update` its next version: then its running jobs are killed and a new one starts."""
    project, name = request.pipeline.project.name or DEFAULT_PROJECT, request.pipeline.name
    ancestry.parse(name)  # a name that means an ancestor of a version is refused as such
    check_secrets(request.transform, lambda each: getattr(secrets.find(each), "data", None))
    old = pipelines.find(tx, project, name)
    if old is None:
        _check_limits(tx, request)
    elif not request.update:
        raise ExistsError(f'pipeline "{project}/{name}" already exists')
    pipeline = _next_version(tx, request, old)
    if old is not None and old.output.name != pipeline.output.name and pipeline.has_meta:
        raise PachdError(  # as in pachd, where the meta repo would have two branches then
            f'validate DAG at end of transaction: multiple branches from the same repo, "{pipeline.meta.repo}", '
            "cannot participate in a DAG"
        )
    _make_repos(tx, pipeline, new=old is None)
    _store(tx, pipeline)
    if old is not None:
        _stop_jobs(tx, pipeline, "all jobs killed because pipeline was updated", live)
    _link(tx, pipeline, () if pipeline.stopped else pipeline.provenance)


def _check_limits(tx: Transaction, request: pps_pb2.CreatePipelineRequest) -> None:
    there = len(pipelines.newest_versions(tx))
    if there >= MOST_PIPELINES:
        raise PachdError(
            f"{NEEDS_KEY} more than {MOST_PIPELINES} total pipelines (you have {there}). {ACTIVATE}\n\n{ADVERT}"
        )
    if request.parallelism_spec.constant > MOST_WORKERS:
        raise PachdError(f"{NEEDS_KEY} pipelines with parallelism more than {MOST_WORKERS}. {ACTIVATE}\n\n{ADVERT}")


def _next_version(tx: Transaction, request: pps_pb2.CreatePipelineRequest, old: Pipeline | None) -> Pipeline:
    check_request(request)
    info = pps_pb2.PipelineInfo(pipeline=request.pipeline, version=old.info.version + 1 if old else 1)
    info.pipeline.project.name = info.pipeline.project.name or DEFAULT_PROJECT
    details = info.details
    for field in SAME_FIELDS:
        value = getattr(request, field)
        if request.DESCRIPTOR.fields_by_name[field].message_type is None:
            setattr(details, field, value)
        elif request.DESCRIPTOR.fields_by_name[field].is_repeated:
            getattr(details, field).extend(value)
        elif request.HasField(field):
            getattr(details, field).CopyFrom(value)
    details.created_at.FromNanoseconds(tx.now)
    if request.reprocess or not details.salt:
        details.salt = uuid.uuid4().hex
    if old and not request.reprocess:
        details.salt = old.info.details.salt
    fill(request.pipeline.name, info.pipeline.project.name, details)
    check_details(request.pipeline.name, details)
    info.parallelism = details.parallelism_spec.constant or 1
    info.type = _type(details)
    return Pipeline(0, bool(old and old.stopped), info)


def _type(details: pps_pb2.PipelineInfo.Details) -> int:
    kinds = pps_pb2.PipelineInfo.PipelineType
    if details.HasField("spout"):
        return int(kinds.Value("PIPELINE_TYPE_SPOUT"))
    if details.HasField("service"):
        return int(kinds.Value("PIPELINE_TYPE_SERVICE"))
    return int(kinds.Value("PIPELINE_TYPE_TRANSFORM"))


def _make_repos(tx: Transaction, pipeline: Pipeline, *, new: bool) -> None:
    """Check that the inputs' repos exist (making those of cron inputs), and make the pipeline's own."""
    details = pipeline.info.details
    for leaf in inputs.leaves(details.input) if details.HasField("input") else ():
        repo = inputs.leaf_branch(leaf).repo
        if leaf.HasField("pfs"):
            repos.inspect(tx, repo)
        elif not repos.exists(tx, repo):
            repos.create(tx, repo, f"Cron tick repo for pipeline {pipeline.project}/{pipeline.name}.")
    label = f"{pipeline.project}/{pipeline.name}"
    if new:
        if repos.exists(tx, pipeline.output.repo):
            raise PachdError(
                f'pipeline "{pipeline.name}" cannot be created because a repo with the same name already exists'
            )
        repos.create(tx, pipeline.output.repo, f"Output repo for pipeline {label}.")
        repos.create(tx, RepoName(pipeline.name, SPEC, pipeline.project), f"Spec repo for pipeline {label}.")
    if pipeline.has_meta and not repos.exists(tx, pipeline.meta.repo):
        repos.create(tx, pipeline.meta.repo, f"Meta repo for pipeline {pipeline.name}")


def _store(tx: Transaction, pipeline: Pipeline) -> None:
    """Mark the version by an empty commit in the spec repo, and keep the specification."""
    branch = BranchName(RepoName(pipeline.name, SPEC, pipeline.project), "master")
    commit = commits.start(tx, branch)
    commits.finish(tx, commit)
    info = pipeline.info
    info.spec_commit.id = commit.id
    for repo in (info.spec_commit.repo, info.spec_commit.branch.repo):
        repo.name, repo.type, repo.project.name = branch.repo.name, SPEC, pipeline.project
    info.spec_commit.branch.name = branch.name
    tx.db.execute(
        "INSERT INTO pps_pipeline (project, name, version, stopped, info) VALUES (?, ?, ?, ?, ?)",
        (pipeline.project, pipeline.name, info.version, pipeline.stopped, info.SerializeToString()),
    )


def _link(tx: Transaction, pipeline: Pipeline, provenance: Sequence[BranchName]) -> None:
    """Give the output and meta branches their provenance: with some, a commit and so a job starts."""
    with _named("output branch"):
        branches.create(tx, pipeline.output, provenance=provenance)
    details = pipeline.info.details
    for leaf in inputs.leaves(details.input) if details.HasField("input") else ():
        if leaf.pfs.HasField("trigger"):
            with _named("trigger branch"):
                _set_trigger(tx, leaf.pfs, inputs.leaf_branch(leaf))
    if pipeline.has_meta:
        with _named("meta branch"):
            branches.create(tx, pipeline.meta, provenance=provenance)


@contextmanager
def _named(branch: str) -> Iterator[None]:
    """Say which branch could not be made."""
    try:
        yield
    except PachdError as error:
        raise type(error)(f"could not create/update {branch}: {error}") from error


def _set_trigger(tx: Transaction, pfs: pps_pb2.PFSInput, branch: BranchName) -> None:
    head = branches.inspect(tx, branch).head if branches.exists(tx, branch) else None
    fields = ("branch", "all", "rate_limit_spec", "size", "commits", "cron_spec")
    branches.create(tx, branch, head=head, trigger=Trigger(**{name: getattr(pfs.trigger, name) for name in fields}))


def _stop_jobs(tx: Transaction, pipeline: Pipeline, reason: str, live: Live) -> None:
    for job in jobs.unfinished(tx):
        if (job.project, job.pipeline) == (pipeline.project, pipeline.name):
            jobs.stop(tx, live(job), reason + BY_NOBODY)


def start(tx: Transaction, project: str, name: str) -> None:
    """Give the pipeline its inputs back; a job starts when they changed meanwhile."""
    pipeline = pipelines.inspect(tx, project, name)
    _link(tx, pipeline, pipeline.provenance)
    tx.db.execute("UPDATE pps_pipeline SET stopped = 0 WHERE number = ?", (pipeline.number,))


def stop(tx: Transaction, project: str, name: str, live: Live) -> None:
    """Cut the pipeline off its inputs and kill its jobs; a missing pipeline is stopped already."""
    pipeline = pipelines.find(tx, project, name)
    if pipeline is None:
        return
    _link(tx, pipeline, ())
    tx.db.execute("UPDATE pps_pipeline SET stopped = 1 WHERE number = ?", (pipeline.number,))
    _stop_jobs(tx, pipeline, "all jobs killed because pipeline was stopped", live)


def delete(tx: Transaction, names: Iterable[tuple[str, str]], *, force: bool = False, keep_repo: bool = False) -> None:
    """Delete pipelines (project, name) together with their jobs and repos (`keep_repo`: not the output repos). One
    that does not exist is deleted already."""
    gone: list[RepoName] = []
    for project, name in names:
        pipeline = pipelines.find(tx, project, name)
        if pipeline is None:
            continue
        _stop_jobs(tx, pipeline, "all jobs killed because pipeline was stopped", lambda job: job)
        jobs.delete_all(tx, project, name)
        tx.db.execute("DELETE FROM pps_pipeline WHERE project = ? AND name = ?", (project, name))
        gone += _own_repos(tx, pipeline, keep_output=keep_repo)
        if keep_repo:
            branches.create(tx, pipeline.output)
    repos.delete_all(tx, gone, force=force)


def _own_repos(tx: Transaction, pipeline: Pipeline, *, keep_output: bool) -> list[RepoName]:
    output = pipeline.output.repo
    found = [repo for repo in repos.related(tx, output) if not (keep_output and repo == output)]
    leaves = inputs.leaves(pipeline.info.details.input)
    return found + [inputs.leaf_branch(leaf).repo for leaf in leaves if leaf.HasField("cron")]


def guard_repo(tx: Transaction, repo: RepoName) -> None:
    """Refuse to delete a repo that belongs to a pipeline."""
    if pipelines.find(tx, repo.project, repo.name) is not None:
        raise PachdError("cannot delete a repo associated with a pipeline - delete the pipeline instead")
