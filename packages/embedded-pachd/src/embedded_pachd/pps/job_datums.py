# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The datums of a job as anyone may see them, whether it has finished (from the store) or runs (from its progress)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pps import datum_rows, jobs
from embedded_pachd.pps.datums import Datum, InputFile
from embedded_pachd.pps.job_run import JobRun
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.results import DatumState, Result


@dataclass(frozen=True, slots=True)
class JobDatum:
    """`ran` is the job that ran the datum; `result` is there when it has ended."""

    datum: Datum
    state: DatumState
    ran: Job
    result: Result | None


def of_job(s: Snapshot, job: Job, run: JobRun | None) -> Iterator[JobDatum]:
    """Ordered by id."""
    if job.finished is None and run is not None:
        for datum in run.progress.plan.datums:
            yield JobDatum(datum, run.progress.state_of(datum.id), job, run.progress.results.get(datum.id))
        return
    known = {job.number: job}
    for row in datum_rows.of_job(s, job.number):
        ran = known.setdefault(row.ran, jobs.by_number(s, row.ran) or job)
        state = row.state if row.ran == job.number else DatumState.SKIPPED
        yield JobDatum(Datum(row.id, row.hash, row.inputs), state, ran, datum_rows.result(s, row.ran, row.id))


def matches(filters: Iterable[str], inputs: Sequence[InputFile]) -> bool:
    """Whether every filter is the path or the hash (hexadecimal or base64) of one of the datum's inputs."""
    names = {each.path for each in inputs} | {each.hash.hex() for each in inputs}
    names |= {base64.b64encode(each.hash).decode() for each in inputs}
    return all(each in names for each in filters)


def restart(run: JobRun | None, filters: Iterable[str]) -> bool:
    """Kill the running datums that match, so that they start again. False: none did."""
    wanted = list(filters)
    running = run.progress.running() if run else []
    found = [each for each in running if matches(wanted, each.datum.inputs)]
    for each in found:
        each.cancellation.cancel()
    return bool(found)
