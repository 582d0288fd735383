# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configured source, database or file, opened: its rows, and what is said about it in source.json."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cpsign_workflow.configuration import Configuration, FileSource
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import database, files
from cpsign_workflow.ingest.rows import Row


@dataclass(frozen=True)
class Access:
    """What replaces the configuration's own way to the database; all may be None."""

    host: str | None
    port: int | None
    socket: str | None
    credentials: Path | None


@dataclass(frozen=True)
class OpenSource:
    """The ``rows`` of a source, to be read once."""

    rows: Iterator[Row]
    description: Callable[[], dict[str, Any]]
    """Release, query or file, fingerprint, rows: equal for equal data, whoever asks, in whatever order they come from a
    database. Reads the rows that are left where it must. Raises :class:`UserError` when there are none."""


@contextmanager
def opened(configuration: Configuration, folder: Path, access: Access) -> Iterator[OpenSource]:
    """Open the source; ``folder`` holds the file, when it is one. Raises :class:`UserError` when it can not be read."""
    source = configuration.source
    if isinstance(source, FileSource):
        yield OpenSource(files.rows(folder, source), partial(_file, folder, source))
        return
    login = database.login(source, access.host, access.port, access.socket, access.credentials)
    with database.open_query(source, login, configuration.endpoint) as query:
        rows, release = query.rows(), query.release() or source.db_name
        yield OpenSource(rows, partial(_query, query, rows, {"release": release, "query": source.statement}))


def _file(folder: Path, source: FileSource) -> dict[str, Any]:
    fingerprint, number = files.fingerprint(folder, source), files.count(folder, source)
    return {"release": source.file, "file": source.file, "fingerprint": fingerprint, "rows": _some(number)}


def _query(query: database.Query, rows: Iterator[Row], named: dict[str, Any]) -> dict[str, Any]:
    deque(rows, maxlen=0)
    return {**named, "fingerprint": query.fingerprint.hexdigest(), "rows": _some(query.fingerprint.rows)}


def _some(rows: int) -> int:
    if not rows:
        raise UserError("the source holds no rows: see the query, or the file, of the configuration")
    return rows
