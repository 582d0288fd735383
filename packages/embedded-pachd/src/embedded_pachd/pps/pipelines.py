# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines as the store keeps them: every version with its specification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import ancestry
from embedded_pachd.pfs.names import META, SPEC, BranchName, RepoName
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pps import inputs, jobs, unserved

BY_VERSION = "project = ? AND name = ? AND version = ?"


class PipelineState(IntEnum):
    """As pps_v2.PipelineState numbers them."""

    STARTING = 1
    RUNNING = 2
    FAILURE = 4
    PAUSED = 5
    STANDBY = 6


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One version of a pipeline. `info` is the message as inspect_pipeline gives it, without its changing fields."""

    number: int
    stopped: bool
    info: pps_pb2.PipelineInfo

    @property
    def project(self) -> str:
        return str(self.info.pipeline.project.name)

    @property
    def name(self) -> str:
        return str(self.info.pipeline.name)

    @property
    def output(self) -> BranchName:
        return BranchName(RepoName(self.name, project=self.project), self.info.details.output_branch)

    @property
    def meta(self) -> BranchName:
        return BranchName(RepoName(self.name, META, self.project), self.info.details.output_branch)

    @property
    def has_jobs(self) -> bool:
        return not self.info.details.HasField("spout")

    @property
    def has_meta(self) -> bool:
        return not (self.info.details.HasField("service") or self.info.details.HasField("spout"))

    @property
    def provenance(self) -> list[BranchName]:
        """What the output branch depends on while the pipeline is not stopped."""
        tree = self.info.details
        read = inputs.branches(tree.input) if tree.HasField("input") else []
        return [*read, BranchName(RepoName(self.name, SPEC, self.project), "master")]


def _select(s: Snapshot, condition: str, *values: object) -> Iterator[Pipeline]:
    query = f"SELECT number, stopped, info FROM pps_pipeline WHERE {condition}"  # noqa: S608 - no input in it
    for number, stopped, info in s.db.execute(query, values):
        yield Pipeline(number, bool(stopped), pps_pb2.PipelineInfo.FromString(info))


def find(s: Snapshot, project: str, name: str, version: int | None = None) -> Pipeline | None:
    """The pipeline's newest version, or the one asked for."""
    if version is not None:
        return next(_select(s, BY_VERSION, project, name, version), None)
    return next(_select(s, "project = ? AND name = ? ORDER BY version DESC LIMIT 1", project, name), None)


def inspect(s: Snapshot, project: str, name: str) -> Pipeline:
    pipeline = find(s, project, name)
    if pipeline is None:
        raise NotFoundError(
            f'pipeline was not inspected: couldn\'t find up to date spec for pipeline "{project}/{name}":'
            f' branch "master" not found in repo {project}/{name}.spec'
        )
    return pipeline


def inspect_version(s: Snapshot, project: str, reference: str) -> Pipeline:
    """The pipeline that `name`, `name^` or `name~2` means: its newest version, or one before it."""
    name, back = ancestry.parse(reference)
    if back < 0:
        raise PachdError("cannot inspect future pipelines")
    newest = inspect(s, project, name)
    wanted = newest.info.version - back
    if wanted < 1:
        raise PachdError(
            f'pipeline "{project}/{name}" has only {newest.info.version} versions, not enough to find ancestor {back}'
        )
    return newest if back == 0 else next(_select(s, BY_VERSION, project, name, wanted))


def versions(s: Snapshot, project: str, name: str) -> list[Pipeline]:
    """All versions, newest first."""
    return list(_select(s, "project = ? AND name = ? ORDER BY version DESC", project, name))


def newest_versions(s: Snapshot) -> list[Pipeline]:
    """Every pipeline's newest version, the one changed last first; those of one transaction in its order."""
    newest = list(_select(s, "number IN (SELECT MAX(number) FROM pps_pipeline GROUP BY project, name) ORDER BY number"))
    return sorted(newest, key=lambda each: each.info.details.created_at.ToNanoseconds(), reverse=True)


def state(pipeline: Pipeline, last: jobs.Job | None) -> PipelineState:
    """Nothing has to be started here before a pipeline can work, so its state follows from what is known."""
    if unserved.reason(pipeline.info.details):
        return PipelineState.FAILURE
    if pipeline.stopped:
        return PipelineState.PAUSED
    if pipeline.info.details.autoscaling and (last is None or last.finished is not None):
        return PipelineState.STANDBY
    return PipelineState.RUNNING
