# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cron inputs: each tick puts an empty file, named by its time, into the input's own repo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import branches, commits, reading, triggers
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, CommitName
from embedded_pachd.pfs.schedule import NextTime, parse_schedule
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pfs.writing import writing
from embedded_pachd.pps import pipelines
from embedded_pachd.pps.inputs import leaf_branch, leaves
from embedded_pachd.pps.loop import Loop
from embedded_pachd.pps.pipelines import Pipeline

LONGEST_SLEEP = 60.0  # seconds; also how late a changed clock is noticed


def tick_now(filesystem: FileSystem, project: str, name: str) -> None:
    """Let all cron inputs of a pipeline tick at once."""
    with filesystem.snapshot() as s:
        crons = cron_inputs(pipelines.inspect(s, project, name))
    if not crons:
        raise PachdError("pipeline doesn't have a cron input")
    for leaf in crons:
        tick(filesystem, leaf, datetime.now(UTC))


def cron_inputs(pipeline: Pipeline) -> list[pps_pb2.Input]:
    details = pipeline.info.details
    return [leaf for leaf in leaves(details.input) if leaf.HasField("cron")] if details.HasField("input") else []


def tick(filesystem: FileSystem, leaf: pps_pb2.Input, moment: datetime) -> None:
    """Put the file of a tick; with `overwrite` it replaces the earlier ones."""
    with writing(filesystem.store) as writer:
        if leaf.cron.overwrite:
            writer.delete("/")
        writer.put("/" + _name(moment), b"")
        changes = writer.changes
        with filesystem.transaction() as tx:
            commit = commits.start(tx, leaf_branch(leaf))
            commits.apply(tx, commit, changes)
            commits.finish(tx, commit)


def _name(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Ticker:
    """A thread that lets the cron inputs of the running pipelines tick when they are due, and moves the branches whose
    trigger is a schedule.
    """

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem
        self._known: tuple[int, ...] = ()
        self._inputs: list[pps_pb2.Input] = []
        self._pulled: dict[BranchName, datetime] = {}
        self._loop = Loop("ticker", self._tick_what_is_due)
        self.start, self.wake, self.close = self._loop.start, self._loop.wake, self._loop.close

    def _tick_what_is_due(self) -> float | None:
        """Let tick what has to; gives the seconds until the next look (None: until woken)."""
        now = datetime.now(UTC)
        with self._filesystem.snapshot() as s:
            waiting: list[tuple[datetime, Callable[[datetime], None]]] = [
                (due, partial(tick, self._filesystem, leaf))
                for leaf in self._cron_inputs(s)
                if (due := _next(s, leaf, now))
            ]
            for branch, spec, since in triggers.scheduled(s):
                due = _latest(parse_schedule(spec), self._pulled.get(branch, since), now)
                waiting += [(due, partial(self._pull, branch))] if due else []
        for due, action in waiting:
            if due <= now:
                action(due)
        pauses = [max(0.0, (due - now).total_seconds()) for due, _unused in waiting]
        return min([*pauses, LONGEST_SLEEP]) if waiting else None

    def _pull(self, branch: BranchName, due: datetime) -> None:
        with self._filesystem.transaction() as tx:
            triggers.pull_scheduled(tx, branch)
        self._pulled[branch] = due

    def _cron_inputs(self, s: Snapshot) -> list[pps_pb2.Input]:
        """Those of the pipelines that are not stopped, looked up again when any pipeline changed."""
        known = s.db.execute("SELECT MAX(number), COUNT(*), SUM(stopped) FROM pps_pipeline").fetchone()
        if known != self._known:
            running = (pipeline for pipeline in pipelines.newest_versions(s) if not pipeline.stopped)
            self._inputs = [leaf for pipeline in running for leaf in cron_inputs(pipeline)]
            self._known = known
        return self._inputs


def _next(s: Snapshot, leaf: pps_pb2.Input, now: datetime) -> datetime | None:
    """When the input is due: at the first tick after its newest file (or its start)."""
    last = leaf.cron.start.ToDatetime(UTC)
    branch = leaf_branch(leaf)
    if branches.exists(s, branch):
        files = reading.open_files(s, CommitName(branch.repo, "", branch.name)).entries()
        last = max([last, *(datetime.fromisoformat(file.path.lstrip("/")) for file in files)])
    return _latest(parse_schedule(leaf.cron.spec), last, now)


def _latest(schedule: NextTime, last: datetime, now: datetime) -> datetime | None:
    """The first time after `last`; of several that have passed the latest."""
    due = schedule(last)
    while due and due <= now and (later := schedule(due)) and later <= now:
        due = later
    return due
