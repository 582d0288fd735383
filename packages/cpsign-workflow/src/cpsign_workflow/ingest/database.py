# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's SELECT in MySQL or MariaDB: its columns, its rows as a stream, and a fingerprint of what it returns."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pymysql
from pymysql.cursors import SSCursor

from cpsign_workflow.configuration import DatabaseSource
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.rows import Columns, Row, choose_columns

FETCH_ROWS: Final = 1_000
CONNECT_SECONDS: Final = 10
PATIENCE_SECONDS: Final = 3_600
"""For which the server waits until it can send more rows: the structures of those before take longer than the query."""
SEPARATOR: Final = "\x1f"
"""Between the columns, which the server joins to one text: 280,000 rows/s instead of 205,000 as three values."""
NULL: Final = "\x00"
LOST: Final = frozenset({2006, 2013})
ADVICE: Final = {
    1044: "the user has no rights there: is it the reader that setup.yml made?",
    1045: "user or password is wrong: see the files user and password of the credentials",
    1049: "see database.db_name",
    1054: "see query.database_query",
    1060: "give each column of the query a name of its own (AS)",
    1064: "see query.database_query",
    1142: "the user may not read that table",
    1146: "see query.database_query",
    2002: "is the database running? See host, port and socket",
    2003: "is the database running? See host, port and socket",
}


@dataclass(frozen=True)
class Login:
    """How to reach the database; ``socket``, where given, goes before host and port. The password is in no message."""

    host: str
    port: int
    socket: str | None
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.user}@{self.place})"

    @property
    def place(self) -> str:
        """Where the server is, for messages."""
        return self.socket or f"{self.host}:{self.port}"


def login(
    source: DatabaseSource, host: str | None, port: int | None, socket: str | None, credentials: Path | None
) -> Login:
    """Join the configuration with what replaces it; user and password are files in the folder ``credentials``."""
    user = _credential(credentials, "user") if credentials else source.user
    if user is None:
        raise UserError("no user for the database: give --credentials, or database.user in the configuration")
    password = _credential(credentials, "password") if credentials else ""
    return Login(host or source.host, port or source.port, socket, user, password)


class Query:
    """The configured SELECT on an open connection, all reads in one snapshot of the data."""

    def __init__(self, cursor: SSCursor, source: DatabaseSource, endpoint: str | None) -> None:
        self._cursor = cursor
        # As a derived table nothing but one SELECT can run, whatever the text is.
        self._compounds = f"({source.statement}\n) AS compounds"
        cursor.execute(f"SELECT * FROM {self._compounds} LIMIT 0")  # noqa: S608  # see above, and so below
        names = [str(column[0]) for column in cursor.description or ()]
        cursor.fetchall()  # no row, but the end of the result
        if source.columns and len(source.columns) != len(names):
            raise UserError(
                f"query.smi_columns names {len(source.columns)} columns ({', '.join(source.columns)}), "
                f"but the query returns {len(names)} ({', '.join(names)})"
            )
        chosen = choose_columns(source.columns or names, None, endpoint, "query")
        self._joined = _joined(names, chosen)
        self._separators = len(chosen.used()) - 1

    def rows(self) -> Iterator[Row]:
        """Stream the rows. Raises :class:`UserError` when the database fails on the way."""
        with _explained("the query failed"):
            self._cursor.execute(f"SELECT {self._joined} FROM {self._compounds}")  # noqa: S608
            while batch := self._cursor.fetchmany(FETCH_ROWS):
                for (text,) in batch:
                    fields = text.split(SEPARATOR, self._separators)
                    yield Row.of([None if field == NULL else field for field in fields])

    def fingerprint(self) -> tuple[str, int]:
        """A hash (hex) of the rows whatever their order, and their number, computed in the server by one query.

        It is the sha256 over the number of rows and the sums of the two halves of each row's MD5: sums do not depend on
        order and, unlike XOR, see a row that stands twice.
        """
        halves = [
            f"SUM(CAST(CONV(SUBSTRING(row_hash, {start}, 16), 16, 10) AS UNSIGNED))" for start in (1, 17)
        ]  # BIGINT UNSIGNED sums to DECIMAL, exactly
        with _explained("the query failed"):
            self._cursor.execute(
                f"SELECT COUNT(*), {', '.join(halves)} "  # noqa: S608
                f"FROM (SELECT MD5({self._joined}) AS row_hash FROM {self._compounds}) AS hashes"
            )
            ((count, *sums),) = self._cursor.fetchall()
        text = ":".join(str(number or 0) for number in (count, *sums))
        return hashlib.sha256(text.encode("ascii")).hexdigest(), int(count)

    def release(self) -> str | None:
        """The newest release that ChEMBL's table ``version`` names; None in a database without one."""
        try:
            self._cursor.execute(
                "SELECT name FROM version WHERE name LIKE 'ChEMBL%' ORDER BY creation_date DESC, name DESC"
            )
            return next((str(name) for (name,) in self._cursor.fetchall()), None)
        except pymysql.MySQLError:
            return None  # no such table, or not ChEMBL's


@contextmanager
def open_query(source: DatabaseSource, access: Login, endpoint: str | None) -> Iterator[Query]:
    """Connect and look at the query. Raises :class:`UserError` that says what the server refused and what to do."""
    with _explained(f"database {source.db_name} at {access.place} as {access.user}"):
        connection = pymysql.connect(
            host=access.host,
            port=access.port,
            unix_socket=access.socket,
            user=access.user,
            password=access.password.encode(),  # PyMySQL knows Latin-1 only, and names the letter that is not
            database=source.db_name,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            cursorclass=SSCursor,
        )
    cursor = connection.cursor()
    try:
        with _explained("the query failed"):
            cursor.execute(f"SET SESSION net_write_timeout = {PATIENCE_SECONDS}")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            query = Query(cursor, source, endpoint)
        yield query
    finally:
        # Closing would first read the rows that are left, be they millions, and even from a connection that is lost.
        if (result := cursor._result) is not None:  # type: ignore[attr-defined]
            result.unbuffered_active = False
        connection.close()


def _joined(names: list[str], columns: Columns) -> str:
    quoted = ("`" + names[position].replace("`", "``") + "`" for position in columns.used())
    texts = ", ".join(f"IFNULL({name}, CHAR(0))" for name in quoted)
    return f"CONVERT(CONCAT_WS(CHAR(31), {texts}) USING utf8mb4)"


def _credential(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise UserError(f"credentials {folder / name}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UserError(f"credentials {folder / name}: not UTF-8 text") from None  # the error shows what stands there


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except pymysql.MySQLError as error:
        code, text = error.args if len(error.args) == 2 else (0, str(error))
        if code in LOST:
            text, advice = "the connection was lost", "is the database still running?"
        else:
            advice = ADVICE.get(code, f"MySQL error {code}")
        raise UserError(f"{doing}: {text} ({advice})") from error
    except UnicodeError as error:
        raise UserError(f"{doing}: {error}") from error  # a host that can be no name
