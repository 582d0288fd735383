# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pps import jobs, pipeline_changes, pipelines, ticks
from embedded_pachd.pps.pipelines import Pipeline
from embedded_pachd.pps.spec_defaults import DEFAULT_PROJECT
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_filter import message_filter
from embedded_pachd.wire.pps_messages import count_workers, pipeline, pipeline_info
from embedded_pachd.wire.steps import Steps


def project_of(named: Any) -> str:
    """The project of a Pipeline message, filled in when the client left it out."""
    return named.project.name or DEFAULT_PROJECT


class PipelineCalls:
    def __init__(self, system: PipelineSystem, steps: Steps) -> None:
        self._system = system
        self._filesystem = system.filesystem
        self._steps = steps
        steps.add("create_pipeline", self._create)

    def CreatePipeline(self, request: Any, call: Call) -> None:
        self._steps.run("create_pipeline", request, call)

    def _create(self, tx: Transaction, request: Any) -> None:
        if not request.HasField("pipeline"):
            raise PachdError("request.Pipeline cannot be nil")
        pipeline_changes.create(tx, request, self._system.secrets, self._system.live)

    def InspectPipeline(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            found = pipelines.inspect_version(s, project_of(request.pipeline), request.pipeline.name)
            info = self._show_pipeline(s, found, details=request.details)
        if request.details:
            count_workers(info)
        return info

    def ListPipeline(self, request: Any, _call: Call) -> Iterator[Any]:
        passes = message_filter(request.jqFilter)
        projects = {each.name for each in request.projects}
        with self._filesystem.snapshot() as s:
            found = [each for each in self._listed(s, request) if not projects or each.project in projects]
            infos = [self._show_pipeline(s, each, details=True) for each in found]
        yield from filter(passes, infos)

    def _listed(self, s: Snapshot, request: Any) -> Iterator[Pipeline]:
        """The newest versions, and as many before them as the request's history says (-1: all)."""
        named = request.pipeline.name
        if named and pipelines.find(s, project_of(request.pipeline), named) is None:
            name = f"{project_of(request.pipeline)}/{named}"
            raise NotFoundError(f'could not list pipeline info: pipeline "{name}" not found')
        for newest in pipelines.newest_versions(s):
            if named and (newest.project, newest.name) != (project_of(request.pipeline), named):
                continue
            if request.history == 0:
                yield newest
                continue
            known = pipelines.versions(s, newest.project, newest.name)
            yield from known if request.history < 0 else known[: request.history + 1]

    def _show_pipeline(self, s: Snapshot, found: Pipeline, *, details: bool) -> Any:
        last = jobs.newest(s, found.project, found.name)
        return pipeline_info(found, self._system.live(last) if last else None, details=details)

    def StartPipeline(self, request: Any, _call: Call) -> None:
        _require_pipeline(request)
        with self._filesystem.transaction() as tx:
            pipeline_changes.start(tx, project_of(request.pipeline), request.pipeline.name)

    def StopPipeline(self, request: Any, _call: Call) -> None:
        _require_pipeline(request)
        with self._filesystem.transaction() as tx:
            pipeline_changes.stop(tx, project_of(request.pipeline), request.pipeline.name, self._system.live)

    def DeletePipeline(self, request: Any, call: Call) -> None:
        """As pachd: stop in a transaction of its own, so a pipeline that others need is left stopped, not deleted."""
        if request.all:
            self.DeletePipelines(pps_pb2.DeletePipelinesRequest(all=True, keep_repo=request.keep_repo), call)
            return
        self.StopPipeline(request, call)
        name = (project_of(request.pipeline), request.pipeline.name)
        with self._filesystem.transaction() as tx:
            there = pipelines.find(tx, *name) is not None
            pipeline_changes.delete(tx, [name], force=request.force, keep_repo=request.keep_repo)
        if there:
            self._system.logs.remove_pipeline(*name)

    def DeletePipelines(self, request: Any, _call: Call) -> Any:
        """All pipelines, or those of some projects, together: that others of them need one is no obstacle."""
        projects = {each.name for each in request.projects}
        with self._filesystem.transaction() as tx:
            known = ((each.project, each.name) for each in pipelines.newest_versions(tx))
            names = [name for name in known if request.all or name[0] in projects]
            pipeline_changes.delete(tx, names, force=request.force, keep_repo=request.keep_repo)
        for name in names:
            self._system.logs.remove_pipeline(*name)
        return pps_pb2.DeletePipelinesResponse(pipelines=[pipeline(*name) for name in names])

    def DeleteAll(self, _request: Any, call: Call) -> None:
        self.DeletePipelines(pps_pb2.DeletePipelinesRequest(all=True), call)

    def RunPipeline(self, _request: Any, _call: Call) -> None:
        raise PachdError("unimplemented")

    def RunCron(self, request: Any, _call: Call) -> None:
        ticks.tick_now(self._filesystem, project_of(request.pipeline), request.pipeline.name)


def _require_pipeline(request: Any) -> None:
    if not request.HasField("pipeline"):
        raise PachdError("request.Pipeline cannot be nil")
