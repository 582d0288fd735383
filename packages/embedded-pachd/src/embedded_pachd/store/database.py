# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite database: the only truth about what exists. WAL with synchronous=FULL, so a commit that returned
survives power loss.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import RLock
from typing import ClassVar

from embedded_pachd.errors import CorruptError, ExhaustedError, PachdError, UnavailableError
from embedded_pachd.store import schema


class Database:
    _registered: ClassVar[list[str]] = [schema.TABLES]

    @classmethod
    def register(cls, tables: str) -> None:
        """Add the tables of another layer (CREATE … IF NOT EXISTS); call at import, before a store is opened."""
        cls._registered.append(tables)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = RLock()
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._closed = False
        with told_plainly(path):
            self._writer = self._connect()
            self._prepare()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-8000",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _prepare(self) -> None:
        found = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, schema.VERSION):
            raise PachdError(
                f"{self._path} has schema version {found}; this server reads version {schema.VERSION}. "
                "Start the server that wrote it, or restore a backup made by this one."
            )
        with self.write() as db:
            for tables in self._registered:
                # executescript would commit behind our back
                for statement in _statements(tables):
                    db.execute(statement)
            if found != schema.VERSION:
                db.execute(f"PRAGMA user_version={schema.VERSION}")

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[sqlite3.Connection]:
        """The writing transaction: one at a time; undone when the block raises or `keep` is false."""
        with self._writing, told_plainly(self._path):
            if self._writer.in_transaction:
                raise RuntimeError("a transaction is open already in this thread")
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT" if keep else "ROLLBACK")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot; any number at a time."""
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._connect()
        try:
            with told_plainly(self._path):
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    connection.execute("ROLLBACK")
        finally:
            if self._closed:
                connection.close()
            else:
                self._idle.put(connection)

    def close(self) -> None:
        self._closed = True
        while not self._idle.empty():
            self._idle.get_nowait().close()
        with self._writing:
            self._writer.close()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """SQLite's failures as texts that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        match getattr(error, "sqlite_errorname", ""):
            case "SQLITE_FULL":
                raise ExhaustedError(
                    f"no space left for {path}: nothing was changed; free some and try again"
                ) from error
            case name if name.startswith("SQLITE_IOERR"):
                raise ExhaustedError(
                    f"cannot write {path} ({error}): nothing was changed; is the disk full?"
                ) from error
            case name if name.startswith("SQLITE_BUSY"):
                raise UnavailableError(f"{path} is being worked on by another program: try again") from error
            case name if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise CorruptError(f"{path} is damaged ({error}): restore a backup") from error
            case name if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
                raise PachdError(
                    f"cannot open {path} for writing ({error}): whose is it, and with what mode?"
                ) from error
        raise
