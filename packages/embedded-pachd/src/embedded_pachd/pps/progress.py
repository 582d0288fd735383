# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a running job is. It is not stored: after a crash the job starts again anyway."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.datums import Datum
from embedded_pachd.pps.jobs import Job, JobState
from embedded_pachd.pps.plan import Plan
from embedded_pachd.pps.results import Counts, DatumState, Result


@dataclass(frozen=True, slots=True)
class Running:
    """A datum that a worker has just now, since when (nanoseconds since 1970), and how to end this one."""

    datum: Datum
    cancellation: Cancellation
    started: int


class Progress:
    """The job as it stands, and the state of each datum; written by its run, read by anyone."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.plan = Plan([])
        self.results: dict[str, Result] = {}
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def start(self, plan: Plan) -> None:
        self.plan = plan
        counts = Counts(skipped=len(plan.skipped), total=len(plan.datums))
        self.job = replace(self.job, state=JobState.RUNNING, counts=counts)

    def begin(self, datum: Datum, own: Cancellation) -> None:
        """`own` ends this one datum."""
        with self._lock:
            self._running[datum.id] = Running(datum, own, time.time_ns())

    def end(self, datum: Datum, result: Result) -> None:
        with self._lock:
            del self._running[datum.id]
            self.results[datum.id] = result
            self.job = replace(self.job, counts=self.job.counts.with_result(result))

    def egressing(self) -> None:
        self.job = replace(self.job, state=JobState.EGRESSING)

    def finishing(self) -> None:
        self.job = replace(self.job, state=JobState.FINISHING)

    def ended(self, job: Job) -> None:
        self.job = job

    def running(self) -> list[Running]:
        with self._lock:
            return list(self._running.values())

    def state_of(self, datum: str) -> DatumState:
        with self._lock:
            if datum in self.plan.skipped:
                return DatumState.SKIPPED
            if datum in self.results:
                return self.results[datum].state
            return DatumState.STARTING if datum in self._running else DatumState.UNKNOWN
