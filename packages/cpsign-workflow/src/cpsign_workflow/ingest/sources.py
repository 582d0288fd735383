# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configured source, database or file, opened: its rows, and what is said about it in source.json."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    """``description`` holds release, query or file, fingerprint and rows: equal for equal data."""

    rows: Iterator[Row]
    description: dict[str, Any]


@contextmanager
def opened(configuration: Configuration, folder: Path, access: Access) -> Iterator[OpenSource]:
    """Open the source; ``folder`` holds the file, when it is one.

    Raises :class:`UserError` when it can not be read or holds no rows.
    """
    source = configuration.source
    if isinstance(source, FileSource):
        description = {
            "release": source.file,
            "file": source.file,
            "fingerprint": files.fingerprint(folder, source),
            "rows": files.count(folder, source),
        }
        yield _with_rows(files.rows(folder, source), description)
        return
    login = database.login(source, access.host, access.port, access.socket, access.credentials)
    with database.open_query(source, login, configuration.endpoint) as query:
        fingerprint, count = query.fingerprint()
        description = {
            "release": query.release() or source.db_name,
            "query": source.statement,
            "fingerprint": fingerprint,
            "rows": count,
        }
        yield _with_rows(query.rows(), description)


def _with_rows(rows: Iterator[Row], description: dict[str, Any]) -> OpenSource:
    if not description["rows"]:
        raise UserError("the source holds no rows: see the query, or the file, of the configuration")
    return OpenSource(rows, description)
