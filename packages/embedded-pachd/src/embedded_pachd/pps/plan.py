# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job has to do: its datums, which of them the base job has done already, and whose outputs must go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import commits, reading
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.glob import Glob
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pps import datum_rows, inputs, jobs
from embedded_pachd.pps.datum_rows import DatumRow
from embedded_pachd.pps.datums import Datum, InputFile, expand
from embedded_pachd.pps.results import DatumState
from embedded_pachd.pps.spec_defaults import EVERY_JOB


@dataclass(frozen=True, slots=True)
class Plan:
    """`skipped` are the ids of datums that job number `base` has already; `stale` are (path, tag) of outputs that the
    output commit takes over from its base but that no datum of this job stands for."""

    datums: list[Datum]
    skipped: frozenset[str] = frozenset()
    base: int = 0
    stale: Sequence[tuple[str, str]] = ()

    @property
    def todo(self) -> list[Datum]:
        return [datum for datum in self.datums if datum.id not in self.skipped]


def make(s: Snapshot, job: jobs.Job, details: pps_pb2.PipelineInfo.Details) -> Plan:
    """Expand the job's datums and compare them with those of its base job."""
    datums = expand(details.input, at_set(s, job.id), details.salt) if details.HasField("input") else []
    base = _base(s, job)
    if base is None:
        return Plan(datums, stale=_everything_in_base(s, job))
    before = {row.id: row for row in datum_rows.of_job(s, base.number)}
    again = details.reprocess_spec == EVERY_JOB or details.s3_out
    skipped = frozenset(datum.id for datum in datums if not again and _done(before.get(datum.id), datum))
    stale = [
        (path, row.id)
        for row in before.values()
        if row.id not in skipped
        for path in datum_rows.result(s, row.ran, row.id).outputs
    ]
    return Plan(datums, skipped, base.number, stale)


def at_set(s: Snapshot, set_id: str) -> Callable[[pps_pb2.Input], Iterator[InputFile]]:
    """The glob function that reads every input as commit set `set_id` sees it; empty id: at its branch's head."""
    return lambda leaf: _matches(s, leaf, set_id)


def _matches(s: Snapshot, leaf: pps_pb2.Input, set_id: str) -> Iterator[InputFile]:
    branch = inputs.leaf_branch(leaf)
    found = commits.resolve(s, CommitName(branch.repo, set_id, branch.name))
    commit = found.name
    pfs = leaf.pfs
    name, pattern = (pfs.name, pfs.glob) if leaf.HasField("pfs") else (leaf.cron.name, "/*")
    keys = Glob(pattern)
    for file in reading.open_files(s, commit).glob(pattern):
        trimmed = file.path.rstrip("/")
        yield InputFile(
            name=name,
            repo=branch.repo.name,
            repo_type=branch.repo.type,
            project=branch.repo.project,
            branch=branch.name,
            commit=commit.id,
            path=file.path,
            size=file.size,
            hash=file.hash,
            lazy=pfs.lazy,
            empty_files=pfs.empty_files,
            join_on=keys.replace(trimmed, pfs.join_on) if pfs.join_on else "",
            outer_join=pfs.outer_join,
            group_by=keys.replace(trimmed, pfs.group_by) if pfs.group_by else "",
            tag=file.tag,
            committed=found.finished,
        )


def contents(filesystem: FileSystem, each: InputFile) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files of a datum's input with their bytes; each opens the store itself, so that it can be read later."""
    if each.path.endswith("/"):
        with filesystem.snapshot() as s:
            paths: Iterable[str] = [file.path for file in reading.open_files(s, _commit(each)).entries(each.path)]
    else:
        paths = [each.path]
    for path in paths:
        yield path, _bytes(filesystem, _commit(each), path)


def _bytes(filesystem: FileSystem, commit: CommitName, path: str) -> Iterator[bytes]:
    with filesystem.snapshot() as s:
        files = reading.open_files(s, commit)
        yield from files.read(files.get(path))


def _commit(each: InputFile) -> CommitName:
    return CommitName(each.repo_name, each.commit)


def _base(s: Snapshot, job: jobs.Job) -> jobs.Job | None:
    """The job whose output the job's own starts from."""
    commit = commits.base(s, commits.inspect(s, job.output))
    return jobs.find(s, job.project, job.pipeline, commit.name.id) if commit else None


def _everything_in_base(s: Snapshot, job: jobs.Job) -> list[tuple[str, str]]:
    """What the output commit starts with although no job is on record for it."""
    commit = commits.base(s, commits.inspect(s, job.output))
    return [(file.path, file.tag) for file in reading.open_files(s, commit.name).entries()] if commit else []


def _done(before: DatumRow | None, datum: Datum) -> bool:
    return before is not None and before.hash == datum.hash and before.state is DatumState.SUCCESS
