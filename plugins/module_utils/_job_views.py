# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as they are returned, and looking at them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._errors import ServerError, UserError
from ._names import job_of, pipeline_of
from ._pachd import Pachd

FAILED = ("failure", "killed", "unrunnable")
ENDED = ("success", *FAILED)
WORKER_LINES = 100


@dataclass(frozen=True)
class Job:
    """A job; `state` as pachctl prints it, times in RFC 3339, counts in datums."""

    pipeline: str
    id: str
    state: str
    reason: str
    data_processed: int
    data_skipped: int
    data_failed: int
    data_recovered: int
    data_total: int
    created: str
    started: str
    finished: str
    log: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.state in FAILED

    @property
    def name(self) -> str:
        """As pachd's own texts name it."""
        return f"{self.pipeline}@{self.id}"

    def view(self) -> dict[str, Any]:
        """What a module returns of it."""
        return {**dataclasses.asdict(self), "log": list(self.log)}


def job_from(info: dict[str, Any]) -> Job:
    """From a JobInfo."""
    values: dict[str, Any] = {
        f"data_{kind}": int(info.get(f"data_{kind}", 0))
        for kind in ("processed", "skipped", "failed", "recovered", "total")
    }
    values.update((key, info.get(key, "")) for key in ("reason", "created", "started", "finished"))
    state = info.get("state", "JOB_STATE_UNKNOWN").removeprefix("JOB_").lower()
    return Job(info["job"]["pipeline"]["name"], info["job"]["id"], state, **values)


def jobs_of_set(pachd: Pachd, commit_set: str) -> list[Job]:
    """All jobs that one commit started, in the order pachd lists them; none when the set has no job."""
    request = {"job_set": {"id": commit_set}, "details": True}
    return [job_from(info) for info in pachd.each("pps.InspectJobSet", request, missing_ok=True)]


def jobs_of_pipeline(pachd: Pachd, pipeline: str, newest: int = 0) -> Iterator[Job]:
    """Jobs of a pipeline's present version, newest first; `newest` limits their number."""
    request: dict[str, Any] = {"pipeline": pipeline_of(pipeline)}
    if newest:
        request["number"] = newest
    try:
        yield from (job_from(info) for info in pachd.each("pps.ListJob", request))
    except ServerError as error:
        if error.says_missing:
            raise UserError(f"pipeline {pipeline} does not exist") from error
        raise


def with_log(pachd: Pachd, job: Job, lines: int) -> Job:
    """The job with the last lines its code printed, or the worker's own lines when the code printed none.

    The server counts both kinds for `tail`, so more are asked for.
    """
    request = {"job": job_of(job.pipeline, job.id), "tail": lines + WORKER_LINES}
    try:
        answers = list(pachd.each("pps.GetLogs", request))
    except ServerError as error:  # logs may be switched off or gone; that must not hide why the job failed
        return dataclasses.replace(job, log=(f"(no log to be had: {error})",))
    printed = [answer for answer in answers if answer.get("user")] or answers
    return dataclasses.replace(job, log=tuple(answer.get("message", "").rstrip("\n") for answer in printed[-lines:]))
