# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline system as a whole: its parts, and how it joins in the file system's transactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import USER, CommitName
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.pps import etc, jobs, leftovers, pipeline_changes, pipelines
from embedded_pachd.pps.images import Images
from embedded_pachd.pps.job_run import JobRun
from embedded_pachd.pps.jobs import Job
from embedded_pachd.pps.logs import Logs
from embedded_pachd.pps.pipelines import Pipeline
from embedded_pachd.pps.scheduler import Scheduler
from embedded_pachd.pps.secrets import Secrets
from embedded_pachd.pps.step import Resources
from embedded_pachd.pps.ticks import Ticker


@dataclass(slots=True)
class PipelineSystem:
    """Pipelines on top of `filesystem`, in folders beside its store. Call `start` once it may run jobs."""

    filesystem: FileSystem
    images_file: Path | None = None
    sandbox: bool = True
    egress: Path | None = None
    secrets: Secrets = field(init=False)
    logs: Logs = field(init=False)
    resources: Resources = field(init=False)
    scheduler: Scheduler = field(init=False)
    ticker: Ticker = field(init=False)

    def __post_init__(self) -> None:
        root = self.filesystem.store.root
        images = Images(self.images_file)
        images.check()
        self.secrets = Secrets(root / "secrets")
        self.logs = Logs(root / "logs")
        self.resources = Resources(images, self.secrets, root / "etc" if self.sandbox else None, self.egress)
        self.scheduler = Scheduler(self.filesystem, self._make_run)
        self.ticker = Ticker(self.filesystem)
        hooks = self.filesystem.hooks
        hooks.at_end.append(self._at_end)
        hooks.before_repo_delete.append(pipeline_changes.guard_repo)
        hooks.before_finish.append(_guard_finish)

    def start(self) -> None:
        """Clear what a crash may have left, and run every unfinished job (again)."""
        if self.resources.etc:
            etc.make(self.resources.etc)
        leftovers.remove(self._scratch)
        self.scheduler.start()
        self.ticker.start()

    def close(self) -> None:
        self.ticker.close()
        self.scheduler.close()

    def live(self, job: Job) -> Job:
        """The job as far as it is now, when it runs."""
        run = self.scheduler.run_of(job) if job.finished is None else None
        return run.progress.job if run else job

    @property
    def _scratch(self) -> Path:
        return self.filesystem.store.root / "scratch"

    def _make_run(self, job: Job, pipeline: Pipeline) -> JobRun:
        return JobRun(self.filesystem, self.resources, self.logs, self._scratch, job, pipeline)

    def _at_end(self, tx: Transaction) -> None:
        """A job for every output commit that was opened; the end of jobs whose commit set was dropped."""
        for commit in tx.opened:
            pipeline = pipelines.find(tx, commit.repo.project, commit.repo.name)
            if pipeline and commit.repo.type == USER and commit.branch == pipeline.output.name and pipeline.has_jobs:
                jobs.create(tx, pipeline.project, pipeline.name, commit.id, pipeline.info.version)
        for set_id in tx.dropped_sets:
            for job in jobs.of_set(tx, set_id):
                jobs.stop(tx, job)
        tx.after_commit += [self.scheduler.wake, self.ticker.wake]


def _guard_finish(tx: Transaction, commit: CommitName) -> None:
    if pipelines.find(tx, commit.repo.project, commit.repo.name):
        raise PachdError("cannot finish a pipeline output or meta commit, use 'stop job' instead")
