# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs over gRPC."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from embedded_pachd.errors import PachdError
from embedded_pachd.pps import jobs, pipelines
from embedded_pachd.pps.datums import InputFile
from embedded_pachd.pps.job_datums import matches, of_job
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pps_messages import log_message
from embedded_pachd.wire.pps_pipelines import project_of

PAUSE = 0.2  # seconds between two looks at the logs that a client follows


class LogCalls:
    def __init__(self, system: PipelineSystem) -> None:
        self._system = system
        self._filesystem = system.filesystem

    def GetLogs(self, request: Any, call: Call) -> Iterator[Any]:
        """Lines of a pipeline's, a job's or a datum's log, oldest first; with `follow` also those to come: of a job
        until it has ended, of a pipeline until the client goes away."""
        if not request.HasField("job") and not request.HasField("pipeline"):
            if request.data_filters or request.HasField("datum"):
                raise PachdError("must specify the Job or Pipeline that the datum is from to get logs for it")
            return
        reader = _Reader(self._system, request)
        lines: Iterator[Any] = reader.new_lines()
        yield from deque(lines, request.tail) if request.tail > 0 else lines
        while request.follow and call.alive():
            over = reader.is_over()
            yield from reader.new_lines()
            if over:
                return
            time.sleep(PAUSE)


@contextmanager
def _wrapped(text: str) -> Iterator[None]:
    """Say before a failure what was looked for."""
    try:
        yield
    except PachdError as error:
        raise type(error)(f"{text}: {error}") from error


class _Reader:
    """Goes through the logs that a request means, remembering how far it has come."""

    def __init__(self, system: PipelineSystem, request: Any) -> None:
        self._system = system
        self._request = request
        named = request.job.pipeline if request.HasField("job") else request.pipeline
        if request.HasField("job") and request.HasField("pipeline") and request.pipeline.name != named.name:
            raise PachdError("job is from the wrong pipeline")
        self._name = (project_of(named), named.name)
        self._read: dict[int, int] = {}
        since = convert.nanoseconds(request.since)
        self._since = time.time_ns() - since if since else 0
        self._jobs()
        with (
            system.filesystem.snapshot() as s,
            _wrapped(f"could not get pipeline information for {'/'.join(self._name)}"),
        ):
            pipelines.inspect(s, *self._name)

    def is_over(self) -> bool:
        """Whether a job was asked for and has ended."""
        return self._request.HasField("job") and all(job.finished is not None for job in self._jobs())

    def new_lines(self) -> Iterator[Any]:
        for job in self._jobs():
            inputs = self._inputs(job)
            for line in self._system.logs.read(*self._name, job.id, self._read.get(job.number, 0)):
                self._read[job.number] = self._read.get(job.number, 0) + 1
                if line.time >= self._since and self._wanted(line.datum, inputs.get(line.datum, ())):
                    if self._request.master and line.user:
                        continue
                    yield log_message(job, line, inputs.get(line.datum, ()))

    def _jobs(self) -> list[Job]:
        with self._system.filesystem.snapshot() as s:
            if self._request.HasField("job"):
                job_id = self._request.job.id
                with _wrapped(f'could not get job information for "{job_id}"'):
                    return [jobs.inspect(s, *self._name, job_id)]
            return jobs.of_pipeline(s, *self._name)[::-1]

    def _inputs(self, job: Job) -> dict[str, tuple[InputFile, ...]]:
        with self._system.filesystem.snapshot() as s:
            return {each.datum.id: each.datum.inputs for each in of_job(s, job, self._system.scheduler.run_of(job))}

    def _wanted(self, datum: str, inputs: tuple[InputFile, ...]) -> bool:
        if self._request.HasField("datum") and self._request.datum.id != datum:
            return False
        return not self._request.data_filters or matches(self._request.data_filters, inputs)
