# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as the store keeps them: one for each open commit on a pipeline's output branch, named by its commit set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from embedded_pachd.errors import NotFoundError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.names import META, CommitName, RepoName
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pps.results import Counts

STOPPED = "job stopped"


class JobState(IntEnum):
    """As pps_v2.JobState numbers them."""

    CREATED = 1
    STARTING = 2
    RUNNING = 3
    FAILURE = 4
    SUCCESS = 5
    KILLED = 6
    EGRESSING = 7
    FINISHING = 8
    UNRUNNABLE = 9


@dataclass(frozen=True, slots=True)
class Job:
    """`number` grows with creation. Until a job is finished its state is CREATED here: how far it is, only its
    run knows, and after a crash it starts again. Times are nanoseconds since 1970; None: not yet."""

    number: int
    project: str
    pipeline: str
    id: str
    version: int
    state: JobState
    reason: str
    created: int
    started: int | None
    finished: int | None
    counts: Counts = field(default_factory=Counts)

    def __str__(self) -> str:
        return f"{self.project}/{self.pipeline}@{self.id}"

    @property
    def worker(self) -> str:
        """The one name of all that work on it."""
        return f"{self.pipeline}-v{self.version}"

    @property
    def output(self) -> CommitName:
        return CommitName(RepoName(self.pipeline, project=self.project), self.id)

    @property
    def meta(self) -> CommitName:
        return CommitName(RepoName(self.pipeline, META, self.project), self.id)


COLUMNS = "number, project, pipeline, id, version, state, reason, created, started, finished, counts"


def _select(s: Snapshot, condition: str, *values: object) -> Iterator[Job]:
    for row in s.db.execute(f"SELECT {COLUMNS} FROM pps_job WHERE {condition}", values):  # noqa: S608 - no input in it
        number, project, pipeline, set_id, version, state, reason, created, started, finished, counts = row
        names = (number, project, pipeline, set_id, version)
        yield Job(*names, JobState(state), reason, created, started, finished, Counts.unpack(counts))


def find(s: Snapshot, project: str, pipeline: str, job_id: str) -> Job | None:
    return next(_select(s, "project = ? AND pipeline = ? AND id = ?", project, pipeline, job_id), None)


def inspect(s: Snapshot, project: str, pipeline: str, job_id: str) -> Job:
    job = find(s, project, pipeline, job_id)
    if job is None:
        raise NotFoundError(f"jobs {project}/{pipeline}@{job_id} not found")
    return job


def by_number(s: Snapshot, number: int) -> Job | None:
    return next(_select(s, "number = ?", number), None)


def of_pipeline(s: Snapshot, project: str, pipeline: str) -> list[Job]:
    """Newest first."""
    return list(_select(s, "project = ? AND pipeline = ? ORDER BY number DESC", project, pipeline))


def newest(s: Snapshot, project: str, pipeline: str) -> Job | None:
    return next(_select(s, "project = ? AND pipeline = ? ORDER BY number DESC LIMIT 1", project, pipeline), None)


def of_set(s: Snapshot, set_id: str) -> list[Job]:
    """In the order of creation, which is that of the provenance."""
    return list(_select(s, "id = ? ORDER BY number", set_id))


def everything(s: Snapshot) -> list[Job]:
    """Newest first."""
    return list(_select(s, "1 ORDER BY number DESC"))


def unfinished(s: Snapshot) -> list[Job]:
    """Oldest first."""
    return list(_select(s, "finished IS NULL ORDER BY number"))


def create(tx: Transaction, project: str, pipeline: str, job_id: str, version: int) -> None:
    """A job for the open output commit of that set; nothing when there is one."""
    tx.db.execute(
        "INSERT OR IGNORE INTO pps_job (project, pipeline, id, version, state, created) VALUES (?, ?, ?, ?, ?, ?)",
        (project, pipeline, job_id, version, JobState.CREATED, tx.now),
    )


def finish(tx: Transaction, job: Job, state: JobState, reason: str, counts: Counts, started: int | None) -> Job:
    """End the job together with its meta and output commit. A job without a reason to fail succeeds only if the
    output commit is valid; its text becomes the reason otherwise."""
    # the meta commit of a stopped pipeline's job may be gone with its set
    for commit in (job.meta, job.output):
        if _is_open(tx, commit):
            commits.finish(tx, commit, error=reason)
    if state is JobState.SUCCESS and (fault := commits.inspect(tx, job.output).error):
        state, reason = JobState.FAILURE, fault
    tx.db.execute(
        "UPDATE pps_job SET state = ?, reason = ?, started = ?, finished = ?, counts = ? WHERE number = ?",
        (state, reason, started or tx.now, tx.now, counts.pack(), job.number),
    )
    return inspect(tx, job.project, job.pipeline, job.id)


def stop(tx: Transaction, job: Job, reason: str = STOPPED) -> None:
    """Kill the job unless it has finished."""
    if job.finished is None:
        finish(tx, job, JobState.KILLED, reason, job.counts, job.started)


def delete(tx: Transaction, job: Job) -> None:
    """Stop and forget the job. What its datums wrote stays on record: later jobs may have skipped them."""
    stop(tx, job)
    tx.db.execute("DELETE FROM pps_datum WHERE job = ?", (job.number,))
    tx.db.execute("DELETE FROM pps_job WHERE number = ?", (job.number,))


def delete_all(tx: Transaction, project: str, pipeline: str) -> None:
    """Forget all jobs of a pipeline that is deleted."""
    mine = "(SELECT number FROM pps_job WHERE project = ? AND pipeline = ?)"
    for table in ("pps_datum", "pps_run"):
        tx.db.execute(f"DELETE FROM {table} WHERE job IN {mine}", (project, pipeline))  # noqa: S608 - no input in it
    tx.db.execute("DELETE FROM pps_job WHERE project = ? AND pipeline = ?", (project, pipeline))
    # what is left of jobs that were deleted one by one
    tx.db.execute(
        "DELETE FROM pps_run WHERE job NOT IN (SELECT number FROM pps_job) AND job NOT IN (SELECT ran FROM pps_datum)"
    )


def _is_open(s: Snapshot, commit: CommitName) -> bool:
    try:
        return commits.inspect(s, commit).finishing is None
    except NotFoundError:
        return False
