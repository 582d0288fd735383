# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SELECT of a configuration in MySQL or MariaDB: its columns, its rows as a stream, and their fingerprint."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
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
_SEPARATORS: Final = len(Columns._fields) - 1
LOST: Final = frozenset({2006, 2013})
PLUGINS: Final = "let the user log in by mysql_native_password, sha256_password or caching_sha2_password"
ADVICE: Final = {
    1044: "the user has no rights there: is it the reader that setup.yml made?",
    1045: "user or password is wrong: see the files user and password of the credentials",
    1049: "see database.db_name",
    1054: "see {stated}",
    1060: "give each column of the query a name of its own (AS)",
    1064: "see {stated}",
    1142: "the user may not read that table",
    1146: "see {stated}",
    2002: "is the database running? See host, port and socket",
    2003: "is the database running? See host, port and socket",
    2059: PLUGINS,
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


class Fingerprint:
    """The sha256 over the number of rows and the sums of the two halves of each row's MD5.

    Sums do not depend on the order of the rows and, unlike XOR, see a row that stands twice. Here they take a fifth of
    the time that the server needs for them.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sums = [0, 0]

    def add(self, texts: Sequence[str]) -> None:
        """Add one row for each text."""
        md5 = hashlib.md5
        digests = b"".join([md5(text.encode(), usedforsecurity=False).digest() for text in texts])
        halves = struct.unpack(f">{2 * len(texts)}Q", digests)
        self.rows += len(texts)
        self._sums[0] += sum(halves[::2])
        self._sums[1] += sum(halves[1::2])

    def hexdigest(self) -> str:
        """The fingerprint of the rows so far."""
        return hashlib.sha256(f"{self.rows}:{self._sums[0]}:{self._sums[1]}".encode("ascii")).hexdigest()


class Query:
    """The configured SELECT on an open connection, all reads in one snapshot of the data."""

    def __init__(self, cursor: SSCursor, source: DatabaseSource, endpoint: str | None) -> None:
        self._cursor, self._stated = cursor, source.stated
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
        self._joined = _joined(names, choose_columns(source.columns or names, None, endpoint, "query"))
        self.fingerprint = Fingerprint()
        """Of the rows that were read."""

    def rows(self) -> Iterator[Row]:
        """Stream the rows. Raises :class:`UserError` when the database fails on the way."""
        with _explained("the query failed", self._stated):
            self._cursor.execute(f"SELECT {self._joined} FROM {self._compounds}")  # noqa: S608
            while batch := self._cursor.fetchmany(FETCH_ROWS):
                texts = [text for (text,) in batch]
                self.fingerprint.add(texts)
                for text in texts:
                    yield Row(*text.replace(NULL, "").split(SEPARATOR, _SEPARATORS))

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
        with _explained("the query failed", source.stated):
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
    quoted = ("NULL" if place is None else "`" + names[place].replace("`", "``") + "`" for place in columns)
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
def _explained(doing: str, stated: str = "") -> Iterator[None]:
    try:
        yield
    except pymysql.MySQLError as error:
        code, text = error.args if len(error.args) == 2 else (0, str(error))
        if code in LOST:
            text, advice = "the connection was lost", "is the database still running?"
        else:
            advice = ADVICE.get(code, f"MySQL error {code}").format(stated=stated)
        raise UserError(f"{doing}: {text} ({advice})") from error
    except RuntimeError as error:
        raise UserError(f"{doing}: {error} ({PLUGINS})") from error  # a login that wants a package of its own
    except UnicodeError as error:
        raise UserError(f"{doing}: {error}") from error  # a host that can be no name
