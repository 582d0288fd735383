# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datums over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.pps import jobs, plan
from embedded_pachd.pps.datums import Datum, expand
from embedded_pachd.pps.job_datums import of_job, restart
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.results import DatumState
from embedded_pachd.pps.spec_checks import check_input
from embedded_pachd.pps.spec_defaults import fill_input
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_messages import commit, datum_info
from embedded_pachd.wire.pps_pipelines import project_of

NO_CRON = "can't list datums with a cron input, there will be no datums until the pipeline is created"


class DatumCalls:
    def __init__(self, system: PipelineSystem) -> None:
        self._system = system
        self._filesystem = system.filesystem

    def ListDatum(self, request: Any, _call: Call) -> Iterator[Any]:
        if request.HasField("job") and request.HasField("input"):
            raise PachdError("cannot specify both job and input")
        if request.reverse and not request.number:
            raise PachdError("number must be > 0 when reverse is set")
        infos = self._preview(request.input) if request.HasField("input") else self._of_job(self._job(request.job))
        if request.reverse:
            infos = iter(list(infos)[::-1])
        yield from islice((info for info in infos if _wanted(info, request)), convert.most(request))

    def InspectDatum(self, request: Any, _call: Call) -> Any:
        if not request.datum.id:
            raise PachdError("must specify a datum")
        if not request.datum.HasField("job"):
            raise PachdError("must specify a job")
        job = self._job(request.datum.job)
        for info in self._of_job(job):
            if info.datum.id == request.datum.id:
                info.pfs_state.path = f"/pfs/{info.datum.id}"
                info.pfs_state.commit.CopyFrom(commit(job.meta, "master"))
                return info
        raise PachdError(f"datum {request.datum.id} not found in job {job}")

    def RestartDatum(self, request: Any, _call: Call) -> None:
        """Kill the running datums that match, without taking a try from them."""
        job = self._job(request.job)
        if not restart(self._system.scheduler.run_of(job), request.data_filters):
            filters = " ".join(request.data_filters)
            raise PachdError(f"datum matching filter [{filters}] could not be found for job ID {job.id}")

    def _job(self, named: Any) -> Job:
        with self._filesystem.snapshot() as s:
            return jobs.inspect(s, project_of(named.pipeline), named.pipeline.name, named.id)

    def _of_job(self, job: Job) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            for each in of_job(s, job, self._system.scheduler.run_of(job)):
                yield datum_info(each.ran, each.datum, each.state, each.result)

    def _preview(self, tree: Any) -> Iterator[Any]:
        """The datums that a pipeline with this input would have now."""
        fill_input("", "default", tree)
        check_input(tree)
        with self._filesystem.snapshot() as s:
            try:
                found: list[Datum] = expand(tree, plan.at_set(s, ""), "")
            except NotFoundError as error:  # pachd lists them in a task, whose errors lose their code
                raise PachdError(str(error)) from error
            except PachdError as error:  # a bad glob, which that task hears of from a call
                raise PachdError(f"rpc error: code = Unknown desc = {error}") from error
        for datum in found:
            yield datum_info(None, datum, DatumState.UNKNOWN, None)


def _wanted(info: Any, request: Any) -> bool:
    marker = request.paginationMarker
    if marker and (info.datum.id >= marker if request.reverse else info.datum.id <= marker):
        return False
    return not request.filter.state or info.state in request.filter.state
