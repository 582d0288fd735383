# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting jobs when their inputs are finished, one at a time for each pipeline, oldest first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from embedded_pachd.errors import NotFoundError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pps import inputs, jobs, pipelines
from embedded_pachd.pps.job_run import JobRun
from embedded_pachd.pps.jobs import Job, JobState
from embedded_pachd.pps.loop import Loop
from embedded_pachd.pps.pipelines import Pipeline

Open = tuple[Job, Pipeline]
PAUSE = 5.0  # seconds before a job is tried again that could not be ended


class Scheduler:
    """One thread that looks at the unfinished jobs whenever it is woken, and one thread for each job that runs."""

    def __init__(self, filesystem: FileSystem, make_run: Callable[[Job, Pipeline], JobRun]) -> None:
        self._filesystem = filesystem
        self._make_run = make_run
        self._runs: dict[int, tuple[JobRun, threading.Thread]] = {}
        self._lock = threading.Lock()
        self._loop = Loop("scheduler", self._look)
        self.start = self._loop.start
        self.wake = self._loop.wake
        """Something may have become ready, or was stopped."""

    def close(self) -> None:
        """Kill what runs and wait for it; its jobs stay unfinished and start again with the next server."""
        self._loop.close()
        running = list(self._runs.values())
        for run, _thread in running:
            run.cancellation.cancel()
        for _run, thread in running:
            thread.join()

    def run_of(self, job: Job) -> JobRun | None:
        """The job's run, if it runs now."""
        with self._lock:
            return self._runs[job.number][0] if job.number in self._runs else None

    def _look(self) -> None:
        with self._filesystem.snapshot() as s:
            self._cancel_all_but({job.number for job in jobs.unfinished(s)})
            ready = [
                (job, pipeline, _failed_inputs(s, job, pipeline))
                for job, pipeline in self._oldest_of_each(s)
                if _inputs_finished(s, job)
            ]
        for job, pipeline, failed in ready:
            if self._loop.closed:
                return
            if failed:
                self._give_up(job, failed)
            else:
                self._begin(job, pipeline)

    def _oldest_of_each(self, s: Snapshot) -> list[Open]:
        """The first unfinished job of every pipeline, unless it runs already."""
        oldest: dict[tuple[str, str], Job] = {}
        for job in jobs.unfinished(s):
            oldest.setdefault((job.project, job.pipeline), job)
        with self._lock:
            busy = {(run.job.project, run.job.pipeline) for run, _unused in self._runs.values()}
        found = ((job, pipelines.find(s, *key, job.version)) for key, job in oldest.items() if key not in busy)
        return [(job, pipeline) for job, pipeline in found if pipeline]

    def _cancel_all_but(self, unfinished: set[int]) -> None:
        """End the runs of jobs that were stopped or deleted."""
        with self._lock:
            ended = [run for number, (run, _unused) in self._runs.items() if number not in unfinished]
        for run in ended:
            run.cancellation.cancel()

    def _give_up(self, job: Job, failed: list[str]) -> None:
        reason = f"unrunnable because the following upstream pipelines failed: {', '.join(failed)}"
        with self._filesystem.transaction() as tx:
            now = jobs.find(tx, job.project, job.pipeline, job.id)
            if now and now.finished is None:
                jobs.finish(tx, now, JobState.UNRUNNABLE, reason, now.counts, None)

    def _begin(self, job: Job, pipeline: Pipeline) -> None:
        run = self._make_run(job, pipeline)
        thread = threading.Thread(target=self._run, args=(run,), name=f"job {job}", daemon=True)
        with self._lock:
            self._runs[job.number] = run, thread
        thread.start()

    def _run(self, run: JobRun) -> None:
        try:
            run.run()
        except Exception:  # such as a full disk: the job stays unfinished and is tried again
            logging.getLogger(__name__).exception("job %s", run.job)
            time.sleep(PAUSE)
        finally:
            with self._lock:
                del self._runs[run.job.number]
            self.wake()


def _inputs_finished(s: Snapshot, job: Job) -> bool:
    try:
        upstream = commits.inspect(s, job.output).direct_provenance
    except NotFoundError:  # its commit was deleted by force; the job must not keep the others from starting
        return False
    return all(commits.inspect(s, commit).finished is not None for commit in upstream)


def _failed_inputs(s: Snapshot, job: Job, pipeline: Pipeline) -> list[str]:
    """The names of the job's pfs inputs whose commit ended with an error."""
    details = pipeline.info.details
    leaves = inputs.leaves(details.input) if details.HasField("input") else ()
    read = ((leaf.pfs.name, inputs.leaf_branch(leaf)) for leaf in leaves if leaf.HasField("pfs"))
    return [name for name, branch in read if commits.resolve(s, CommitName(branch.repo, job.id, branch.name)).error]
