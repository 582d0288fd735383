# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for jobs: until all ended well, one did not, or none can go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ._errors import UserError
from ._job_views import Job, with_log
from ._names import ALL_PIPELINES
from ._pachd import Pachd
from ._pods import PodState

SHORTEST_POLL = 0.1  # seconds; it grows with the wait, so short jobs are seen soon and long ones cost little
LONGEST_POLL = 1.0
STUCK = ("PIPELINE_FAILURE", "PIPELINE_CRASHING", "PIPELINE_PAUSED")
STUCK_CHECK_SECONDS = 5.0


def wait_for(
    pachd: Pachd, look: Callable[[], list[Job]], seconds: float, until_one_ends: bool
) -> tuple[list[Job], bool]:
    """Look until everything ended, and say whether it did.

    With `until_one_ends` it comes back as soon as one more job has ended, or when the time is over.

    Raises:
        UserError: when the time is over, or a pipeline is in a state in which its job cannot go on.
    """
    start = time.monotonic()
    poll, checked = SHORTEST_POLL, -STUCK_CHECK_SECONDS
    jobs = look()
    ended_first = _ended(jobs)
    while not (all(job.ended for job in jobs) or any(job.failed for job in jobs)):
        now = time.monotonic()
        if until_one_ends and (now - start >= seconds or _ended(jobs) > ended_first):
            return jobs, False
        if now - start >= seconds:
            open_jobs = ", ".join(f"{job.name} ({job.state})" for job in jobs if not job.ended)
            raise UserError(f"not finished after {seconds:g} s: {open_jobs}", jobs=views(jobs), done=False)
        if now - checked >= STUCK_CHECK_SECONDS:
            checked = now
            _refuse_stuck(pachd, jobs)
        time.sleep(min(poll, max(0.0, start + seconds - now)))
        poll = min(poll * 1.3, LONGEST_POLL)
        jobs = look()
    return jobs, True


def raise_if_failed(pachd: Pachd, jobs: list[Job], log_lines: int) -> list[Job]:
    """The jobs; those that failed with the end of their log.

    Raises:
        UserError: when one failed.
    """
    told = [
        with_log(pachd, job, log_lines) if job.failed and job.state != "unrunnable" and log_lines else job
        for job in jobs
    ]
    failed = [job for job in told if job.failed]
    causes = [job for job in failed if job.state != "unrunnable"] or failed  # the rest only lacks their output
    if causes:
        causes.sort(key=lambda job: job.state != "failure")  # what was killed may have been so because of a failure
        raise UserError("\n".join(_obituary(job) for job in causes), jobs=views(told))
    return told


def views(jobs: list[Job]) -> list[dict[str, Any]]:
    """As they are returned."""
    return [job.view() for job in jobs]


def _ended(jobs: list[Job]) -> int:
    return sum(job.ended for job in jobs)


def _obituary(job: Job) -> str:
    text = f"job {job.name} ended in state {job.state}" + (f": {job.reason}" if job.reason else "")
    return "\n  ".join((text, *job.log))


def _refuse_stuck(pachd: Pachd, jobs: list[Job]) -> None:
    """A job of a pipeline that is stopped or crashing, or whose workers cannot run, stays open for ever."""
    waiting = {job.pipeline: job for job in jobs if not job.ended}
    for info in pachd.each("pps.ListPipeline", ALL_PIPELINES):
        job, state = waiting.get(info["pipeline"]["name"]), info.get("state", "")
        if job is None:
            continue
        workers = _workers(pachd, job)
        told = [str(worker) for worker in workers if not worker.runs]
        if state in STUCK:
            reason = info.get("reason") or info.get("details", {}).get("recent_error") or "no reason given"
            told.insert(0, f"its pipeline is {state.removeprefix('PIPELINE_').lower()}: {reason}")
        elif not workers or not all(worker.hopeless for worker in workers):
            continue
        raise UserError("\n  ".join((f"job {job.name} cannot go on: {told[0]}", *told[1:])), jobs=views(jobs))


def _workers(pachd: Pachd, job: Job) -> list[PodState]:
    """The job's pods where Kubernetes can be asked; that it cannot hides nothing that pachd itself tells."""
    try:
        return pachd.cluster.workers(job.pipeline) if pachd.cluster else []
    except UserError as error:
        text = f"pods could not be looked at: {error}"
        pachd.warnings += [text] if text not in pachd.warnings else []
        return []
