# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One datum from its input files to its outputs, with the tries and the time limit that the specification gives."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.names import check_path
from embedded_pachd.pfs.writing import Writer
from embedded_pachd.pps import variables
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.datums import Datum
from embedded_pachd.pps.logs import JobLog
from embedded_pachd.pps.process import TimedOut
from embedded_pachd.pps.results import DatumState, Result, Usage
from embedded_pachd.pps.scratch import Contents, OutputError, Scratch
from embedded_pachd.pps.step import Step, StepFailed, Work

READ = 1 << 20


class Upload:
    """The job's writer, shared by its workers: one file at a time, all files of a datum or none."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()

    def put(self, datum: str, outputs: list[tuple[str, Path]]) -> int:
        """Write a datum's outputs under its tag; gives their bytes."""
        written = 0
        try:
            for path, file in outputs:
                with self._lock, file.open("rb", buffering=0) as stream:
                    self._writer.put(path, iter(lambda: stream.read(READ), b""), datum)
                    written += stream.tell()
        except BaseException:
            self.undo(datum, [path for path, _unused in outputs])
            raise
        return written

    def undo(self, datum: str, paths: list[str]) -> None:
        with self._lock:
            for path in paths:
                self._writer.delete(path, datum)


@dataclass(slots=True)
class Worker:
    """What one worker of a job needs. `folder` is its own; nobody else writes there."""

    step: Step
    details: pps_pb2.PipelineInfo.Details
    folder: Path
    contents: Contents
    upload: Upload
    log: JobLog

    def process(self, datum: Datum, cancellation: Cancellation) -> Result:
        """Run the datum until a try succeeds or none is left. Raises Cancelled when it was told to end."""
        result = Result(DatumState.FAILED)
        for number in range(max(1, self.details.datum_tries)):
            cancellation.check()
            result = _Attempt(self, datum, cancellation).result(result.usage)
            if result.state is DatumState.SUCCESS:
                return result
            self.log.say(f"datum {datum.id}, try {number + 1}: {result.reason}", datum.id)
        return result


class _Attempt:
    """One try of one datum."""

    def __init__(self, worker: Worker, datum: Datum, cancellation: Cancellation) -> None:
        self._worker = worker
        self._datum = datum
        self._cancellation = cancellation
        self._usage = Usage()
        self._values = variables.of_datum(datum)

    def result(self, before: Usage) -> Result:
        state, reason = DatumState.SUCCESS, ""
        outputs: tuple[str, ...] = ()
        with Scratch(self._worker.folder / self._datum.id) as scratch:
            try:
                self._download(scratch)
                self._run(scratch)
                outputs = self._upload(scratch)
            except (StepFailed, TimedOut, OutputError, PachdError) as error:
                state, reason = self._recover(scratch, error)
        return Result(state, reason, before + self._usage, outputs)

    def _download(self, scratch: Scratch) -> None:
        started = time.monotonic_ns()
        worker = self._worker
        written = sum(scratch.lay_out(each, worker.contents, self._cancellation) for each in self._datum.inputs)
        (scratch.pfs / ".env").write_text(variables.env_file(self._datum.inputs, self._values))
        took = time.monotonic_ns() - started
        self._usage = replace(self._usage, download_time=took, download_bytes=written)

    def _run(self, scratch: Scratch) -> None:
        started = time.monotonic_ns()
        try:
            self._worker.step.run_command(self._work(scratch), self._values)
        finally:
            self._usage = replace(self._usage, process_time=time.monotonic_ns() - started)

    def _upload(self, scratch: Scratch) -> tuple[str, ...]:
        started = time.monotonic_ns()
        outputs = list(scratch.outputs())
        for path, _unused in outputs:
            _check_name(path)
        written = self._worker.upload.put(self._datum.id, outputs)
        took = time.monotonic_ns() - started
        self._usage = replace(self._usage, upload_time=took, upload_bytes=written)
        return tuple(path for path, _unused in outputs)

    def _recover(self, scratch: Scratch, error: Exception) -> tuple[DatumState, str]:
        """FAILED, or RECOVERED when the specification has an error command and it succeeds."""
        limit = self._worker.details.datum_timeout.ToTimedelta().total_seconds()
        reason = f"exceeded its time limit of {limit:g} s" if isinstance(error, TimedOut) else str(error)
        if self._worker.step.has_error_command:
            try:
                self._worker.step.run_error_command(self._work(scratch), self._values)
            except (StepFailed, TimedOut) as second:
                return DatumState.FAILED, f"{reason}; then the error command: {second}"
            return DatumState.RECOVERED, reason
        return DatumState.FAILED, reason

    def _work(self, scratch: Scratch) -> Work:
        worker = self._worker
        limit = worker.details.datum_timeout.ToTimedelta().total_seconds()

        def say(line: str) -> None:
            worker.log.say(line, self._datum.id, user=True)

        return Work(scratch, limit or None, say, self._cancellation)


def _check_name(path: str) -> None:
    try:
        check_path(path)
    except PachdError as error:
        raise OutputError(
            f"cannot upload file produced by the user code because its name cannot be represented in PFS: {error}"
        ) from None
