# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that an update or a stop would kill: waited for, or named."""

from __future__ import annotations

import time

from ._errors import UserError
from ._job_views import jobs_of_pipeline
from ._pachd import Pachd

POLL_SECONDS = 1.0


def clear_running_jobs(pachd: Pachd, pipelines: list[str], seconds: float) -> None:
    """Return when none of the pipelines has an unfinished job.

    Raises:
        UserError: naming the jobs that are still there after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while running := [job for name in dict.fromkeys(pipelines) for job in _running(pachd, name)]:
        if time.monotonic() >= deadline:
            waited = f" after {seconds:g} s" if seconds else ""
            raise UserError(
                f"nothing was changed: still running{waited}: {', '.join(running)}. "
                "Wait for them, or end them with pachyderm_job",
                running_jobs=running,
            )
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def _running(pachd: Pachd, pipeline: str) -> list[str]:
    """`pipeline@job` of each unfinished job of the present version of the pipeline."""
    return [job.name for job in jobs_of_pipeline(pachd, pipeline) if not job.ended]
