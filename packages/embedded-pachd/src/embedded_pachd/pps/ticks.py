# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cron inputs: each tick puts an empty file, named by its time, into the input's own repo."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs import branches, commits, reading
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pfs.writing import writing
from embedded_pachd.pps import pipelines
from embedded_pachd.pps.cron import parse_schedule
from embedded_pachd.pps.inputs import leaf_branch, leaves
from embedded_pachd.pps.pipelines import Pipeline

AFTER_A_FAULT = 5.0  # seconds
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
    """A thread that lets the cron inputs of the running pipelines tick when they are due."""

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem
        self._woken = threading.Event()
        self._closed = False
        self._known: tuple[int, ...] = ()
        self._inputs: list[pps_pb2.Input] = []
        self._thread = threading.Thread(target=self._loop, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: a pipeline may have come or gone."""
        self._woken.set()

    def close(self) -> None:
        self._closed = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._closed:
            try:
                pause = self._tick_what_is_due()
            except Exception:  # such as a repo that is just being deleted: later ticks must still come
                logging.getLogger(__name__).exception("cron")
                pause = AFTER_A_FAULT
            self._woken.wait(pause)
            self._woken.clear()

    def _tick_what_is_due(self) -> float | None:
        """Let tick what has to; gives the seconds until the next look (None: until woken)."""
        now = datetime.now(UTC)
        with self._filesystem.snapshot() as s:
            waiting = [(due, leaf) for leaf in self._cron_inputs(s) if (due := _next(s, leaf, now))]
        for due, leaf in waiting:
            if due <= now:
                tick(self._filesystem, leaf, due)
        pauses = [max(0.0, (due - now).total_seconds()) for due, _unused in waiting]
        return min([*pauses, LONGEST_SLEEP]) if waiting else None

    def _cron_inputs(self, s: Snapshot) -> list[pps_pb2.Input]:
        """Those of the pipelines that are not stopped, looked up again when any pipeline changed."""
        known = s.db.execute("SELECT MAX(number), COUNT(*), SUM(stopped) FROM pps_pipeline").fetchone()
        if known != self._known:
            running = (pipeline for pipeline in pipelines.newest_versions(s) if not pipeline.stopped)
            self._inputs = [leaf for pipeline in running for leaf in cron_inputs(pipeline)]
            self._known = known
        return self._inputs


def _next(s: Snapshot, leaf: pps_pb2.Input, now: datetime) -> datetime | None:
    """When the input is due: the first tick after its newest file (or its start); of several missed ones the last."""
    last = leaf.cron.start.ToDatetime(UTC)
    branch = leaf_branch(leaf)
    if branches.exists(s, branch):
        files = reading.open_files(s, CommitName(branch.repo, "", branch.name)).entries()
        last = max([last, *(datetime.fromisoformat(file.path.lstrip("/")) for file in files)])
    schedule = parse_schedule(leaf.cron.spec)
    due = schedule(last)
    while due and due <= now and (later := schedule(due)) and later <= now:
        due = later
    return due
