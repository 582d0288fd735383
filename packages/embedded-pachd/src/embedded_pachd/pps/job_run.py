# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run of one job: plan, workers, and the one transaction in which all of its results appear."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.pfs.writing import Changes, writing
from embedded_pachd.pps import datum_rows, egress, jobs, plan, unserved
from embedded_pachd.pps.cancellation import Cancellation, Cancelled
from embedded_pachd.pps.datums import Datum
from embedded_pachd.pps.jobs import Job, JobState
from embedded_pachd.pps.logs import JobLog, Logs
from embedded_pachd.pps.pipelines import Pipeline
from embedded_pachd.pps.progress import Progress
from embedded_pachd.pps.results import Result, first_failure
from embedded_pachd.pps.step import MissingSecret, Resources, Step, prepare
from embedded_pachd.pps.variables import JobIdentity
from embedded_pachd.pps.worker import Upload, Worker

TIMED_OUT = " jobtimed out"  # pachd's own text, blank and all


class JobRun:
    """Runs a job whose inputs are finished. `progress` tells others how far it is; `cancellation` ends it."""

    def __init__(
        self,
        filesystem: FileSystem,
        resources: Resources,
        logs: Logs,
        scratch: Path,
        job: Job,
        pipeline: Pipeline,
    ) -> None:
        self._filesystem, self._resources, self._logs = filesystem, resources, logs
        self._scratch = scratch / f"{job.pipeline}-{job.number}"
        self.job, self._info = job, pipeline.info
        self._details = pipeline.info.details
        self.cancellation = Cancellation()
        self.progress = Progress(replace(job, state=JobState.STARTING, started=time.time_ns()))

    def run(self) -> None:
        """Run to the job's end. When it was cancelled, whoever did that has ended the job or will run it again."""
        log = self._logs.open(self.job.project, self.job.pipeline, self.job.id)
        timer = self._timer()
        try:
            self._run(log)
        except Cancelled:
            log.say("job cancelled")
        except (MissingSecret, PachdError) as error:
            self._fail(log, str(error))
        except OSError as error:
            self._fail(log, f"this machine could not do it: {error}")
        except Exception as error:
            logging.getLogger(__name__).exception("job %s", self.job)
            self._fail(log, f"internal error: {error!r}")
        finally:
            timer.cancel()
            log.close()
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _timer(self) -> threading.Timer:
        limit = self._details.job_timeout.ToTimedelta().total_seconds()
        timer = threading.Timer(min(limit, threading.TIMEOUT_MAX), self._time_out)
        timer.daemon = True
        if limit:
            timer.start()
        return timer

    def _time_out(self) -> None:
        known = self.progress.job
        with self._filesystem.transaction() as tx:
            if job := jobs.find(tx, self.job.project, self.job.pipeline, self.job.id):
                jobs.stop(tx, replace(job, started=known.started, counts=known.counts), TIMED_OUT)
        self.cancellation.cancel()

    def _run(self, log: JobLog) -> None:
        if fault := unserved.reason(self._details):
            raise PachdError(fault)
        sent_to = self._egress_folder()
        with self._filesystem.snapshot() as s:
            planned = plan.make(s, self.job, self._details)
        log.say(f"{len(planned.datums)} datums, {len(planned.skipped)} of them done before")
        self.progress.start(planned)
        with writing(self._filesystem.store) as writer:
            for path, tag in planned.stale:
                writer.delete(path, tag)
            if planned.todo:
                self._process(planned.todo, self._step(), Upload(writer), log)
            self.cancellation.check()
            self._finish(planned, writer.changes, sent_to)
        log.say(f"job ended: {self.progress.job.state.name}")

    def _egress_folder(self) -> Path | None:
        if not self._details.HasField("egress"):
            return None
        return egress.target(self._details.egress, self._resources.egress)

    def _step(self) -> Step:
        job = self.job
        identity = JobIdentity(job.project, job.pipeline, job.id, self._info.spec_commit.id, job.worker)
        return prepare(self._info, identity, self._resources)

    def _process(self, todo: list[Datum], step: Step, upload: Upload, log: JobLog) -> None:
        """Let the workers take datums until none is left. The first unexpected exception ends all of them."""
        queue: SimpleQueue[Datum] = SimpleQueue()
        for datum in todo:
            queue.put(datum)
        count = min(self._info.parallelism, len(todo))
        with ThreadPoolExecutor(count, thread_name_prefix=f"worker {self.job.pipeline}") as pool:

            def worker(number: int) -> Worker:
                contents = partial(plan.contents, self._filesystem)
                folder = self._scratch / str(number)
                return Worker(step, self._details, folder, contents, upload, log)

            workers = [pool.submit(self._work, worker(number), queue) for number in range(count)]
            done, _unused = wait(workers, return_when=FIRST_EXCEPTION)
            if any(each.exception() for each in done):
                self.cancellation.cancel()
        failures = [error for each in workers if (error := each.exception())]
        for error in sorted(failures, key=lambda each: isinstance(each, Cancelled)):
            raise error

    def _work(self, worker: Worker, queue: SimpleQueue[Datum]) -> None:
        while True:
            try:
                datum = queue.get_nowait()
            except Empty:
                return
            self.progress.end(datum, self._until_done(worker, datum))

    def _until_done(self, worker: Worker, datum: Datum) -> Result:
        """Process the datum, again whenever a client restarts it."""
        while True:
            own = Cancellation()
            self.progress.begin(datum, own)
            with self.cancellation.killing(own.cancel):
                try:
                    return worker.process(datum, own)
                except Cancelled:
                    self.cancellation.check()

    def _finish(self, planned: plan.Plan, changes: Changes, sent_to: Path | None) -> None:
        results = self.progress.results
        failed = first_failure(results.items())
        state, reason = (JobState.FAILURE, f"datum {failed} failed") if failed else (JobState.SUCCESS, "")

        def write(tx: Transaction) -> None:
            if sent_to:
                commits.clear(tx, self.job.output)  # of what was being sent when the server died
            commits.apply(tx, self.job.output, changes)

        if sent_to and not failed:
            self._send(sent_to, write)
            self._end(state, reason, _nothing, planned, results)
        else:
            self._end(state, reason, write, planned, results)

    def _send(self, folder: Path, write: Callable[[Transaction], None]) -> None:
        """Copy what the output is going to be to a folder, unless it cannot become the output."""
        self.progress.egressing()
        with self._filesystem.transaction() as tx:
            write(tx)
            fault = commits.validate(tx, self.job.output)
        if not fault:
            with self._filesystem.snapshot() as s:
                files = open_files(s, self.job.output)
                egress.copy(files, folder, f".{self.job.id}.part", self.cancellation.check)

    def _fail(self, log: JobLog, reason: str) -> None:
        log.say(f"job failed: {reason}")
        self._end(JobState.FAILURE, reason, _nothing, plan.Plan([]), {})

    def _end(
        self,
        state: JobState,
        reason: str,
        write: Callable[[Transaction], None],
        planned: plan.Plan,
        results: dict[str, Result],
    ) -> None:
        """Make everything of the job visible at once, unless somebody stopped it meanwhile."""
        self.progress.finishing()
        with self._filesystem.transaction() as tx:
            job = jobs.find(tx, self.job.project, self.job.pipeline, self.job.id)
            if job is None or job.finished is not None:
                return
            write(tx)
            datum_rows.save(tx, job.number, planned.datums, results)
            datum_rows.save_skipped(tx, job.number, planned.base, planned.skipped)
            ended = jobs.finish(tx, job, state, reason, self.progress.job.counts, self.progress.job.started)
        self.progress.ended(ended)


def _nothing(_tx: Transaction) -> None:
    pass
