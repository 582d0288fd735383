# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: S608 - the names in the statements are quoted
"""Bring a release of ChEMBL into the database that ingestion reads, beside the release that is there.

    load.py state|table|check|switch|drop-old

Reads ``{place, user, password, database, ...}`` as JSON from stdin; `place` is what database.connect wants. The release
is loaded into <database>_loading, one table after the other; only when every query works there do its tables take the
place of those in <database>, all at once, and the old ones move to <database>_before. Writes JSON with the key `error`
to stdout.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from database import Unreachable, connect
from watched import Watched

RECORD = "cpsign_release"
"""Table of <database>: which release it holds, in one row."""
LOADED = "cpsign_loaded"
"""Table of <database>_loading: how many statements of each table are in."""
LIMIT = re.compile(r"\{\}")


class Wrong(Exception):
    """What the user has to know; the text says what to do."""


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


class Release:
    """The three databases of one server, by a user who may do everything with them."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.live: str = asked["database"]
        self.loading, self.before = f"{self.live}_loading", f"{self.live}_before"
        self._connection = connect(
            asked["place"], asked["user"], asked["password"], autocommit=False, charset="utf8mb4",
            init_command="SET foreign_key_checks=0, unique_checks=0",
        )  # fmt: skip

    def ask(self, sql: str | bytes, *values: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def use(self, database: str) -> None:
        self._connection.select_db(database)

    def commit(self) -> None:
        self._connection.commit()

    def tables(self, database: str) -> set[str]:
        rows = self.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", database)
        return {str(name) for (name,) in rows}

    def recorded(self, database: str) -> dict[str, Any] | None:
        """What a switch wrote down of the release in `database`."""
        if RECORD not in self.tables(database):
            return None
        rows = self.ask(f"SELECT content FROM {quoted(database)}.{RECORD}")
        content: dict[str, Any] = json.loads(rows[0][0])
        return content

    def bytes_used(self) -> int:
        """Of all databases of the server."""
        rows = self.ask("SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables")
        return int(rows[0][0])

    def close(self) -> None:
        self._connection.close()


def state(release: Release, _asked: dict[str, Any]) -> dict[str, Any]:
    """What there is: the recorded release, the tables kept of the one before it, the bytes in use."""
    return {
        "release": release.recorded(release.live),
        "before": sorted(release.tables(release.before)),
        "bytes_used": release.bytes_used(),
    }


def table(release: Release, asked: dict[str, Any]) -> dict[str, Any]:
    """Load `file`, the extract of table `name`; goes on behind the statement that was last committed."""
    name, begun = asked["name"], quoted(release.loading)
    release.ask(f"CREATE DATABASE IF NOT EXISTS {begun} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    release.use(release.loading)
    release.ask(
        f"CREATE TABLE IF NOT EXISTS {LOADED} "
        "(name VARCHAR(64) PRIMARY KEY, archive VARCHAR(255), statements BIGINT NOT NULL, done BOOLEAN NOT NULL)"
    )
    noted = f"SELECT statements, done FROM {LOADED} WHERE name = %s AND archive = %s"
    rows = release.ask(noted, name, asked["archive"])
    done, complete = rows[0] if rows else (0, False)
    if complete:
        return {"changed": False, "rows": _rows(release, name)}
    with Watched(Path(asked["file"])) as raw, gzip.open(raw) as file:
        for number, statement in enumerate(file, start=1):
            if number <= done:
                continue
            if number == 1:
                release.ask(f"DROP TABLE IF EXISTS {quoted(name)}")
            release.ask(statement)
            _note(release, asked, number, False)
    _note(release, asked, number, True)
    return {"changed": True, "rows": _rows(release, name)}


def _note(release: Release, asked: dict[str, Any], statements: int, done: bool) -> None:
    """Write down how far the table is, in the transaction of its rows."""
    release.ask(
        f"REPLACE INTO {LOADED} (name, archive, statements, done) VALUES (%s, %s, %s, %s)",
        asked["name"], asked["archive"], statements, done,
    )  # fmt: skip
    release.commit()


def _rows(release: Release, name: str) -> int:
    return int(release.ask(f"SELECT COUNT(*) FROM {quoted(name)}")[0][0])


def check(release: Release, asked: dict[str, Any]) -> dict[str, Any]:
    """Run every query, without its rows, on what was loaded. Raises Wrong with all that do not work."""
    release.use(release.loading)
    faults = [fault for workflow, query in asked["queries"].items() for fault in _fault(release, workflow, query)]
    if faults:
        raise Wrong(
            f"{asked['release']} does not fit the queries, so nothing was switched:\n  " + "\n  ".join(faults) + "\n"
            "Change the query of each in its configuration.json (train.yml pushes it), then run this again."
        )
    return {"changed": False}


def _fault(release: Release, workflow: str, query: str) -> Iterator[str]:
    import pymysql

    try:
        release.ask(empty(query))
    except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as error:
        yield f"{workflow}: {error.args[1]}"


def empty(query: str) -> str:
    """The query with LIMIT 0, where a configuration leaves the place of its limit as {} or has none."""
    text = query.strip().rstrip(";").rstrip()
    limited = LIMIT.sub(" LIMIT 0", text)
    if limited == text and not re.search(r"\blimit\s+\d+\s*$", text, re.IGNORECASE):
        limited += " LIMIT 0"
    return limited


def switch(release: Release, asked: dict[str, Any]) -> dict[str, Any]:
    """Let the loaded tables take the place of those in the database, all at once; the old ones are kept."""
    if release.tables(release.before):
        raise Wrong(
            f"{release.before} still keeps an older release, so nothing was switched: "
            "remove it with -e chembl_drop_old=true"
        )
    release.use(release.loading)
    new = sorted(release.tables(release.loading) - {LOADED, RECORD})
    old = sorted(release.tables(release.live) & {*new, RECORD})
    release.ask(f"CREATE TABLE IF NOT EXISTS {RECORD} (content TEXT)")
    release.ask(f"DELETE FROM {RECORD}")
    release.ask(f"INSERT INTO {RECORD} VALUES (%s)", json.dumps({**asked["record"], "tables": new}))
    release.commit()
    release.ask(f"CREATE DATABASE IF NOT EXISTS {quoted(release.before)}")
    live, loading, before = (quoted(each) for each in (release.live, release.loading, release.before))
    moves = [f"{live}.{quoted(name)} TO {before}.{quoted(name)}" for name in old]
    moves += [f"{loading}.{quoted(name)} TO {live}.{quoted(name)}" for name in [*new, RECORD]]
    release.ask(f"RENAME TABLE {', '.join(moves)}")
    release.ask(f"DROP DATABASE {loading}")
    return {"changed": True, "tables": new, "kept": old}


def drop_old(release: Release, _asked: dict[str, Any]) -> dict[str, Any]:
    """Remove the release that was kept."""
    there = bool(release.tables(release.before))
    release.ask(f"DROP DATABASE IF EXISTS {quoted(release.before)}")
    return {"changed": there}


ACTIONS: dict[str, Callable[[Release, dict[str, Any]], dict[str, Any]]] = {
    "state": state, "table": table, "check": check, "switch": switch, "drop-old": drop_old,
}  # fmt: skip


def main() -> None:
    import pymysql

    asked = json.load(sys.stdin)
    try:
        release = Release(asked)
        answer = {**ACTIONS[sys.argv[1]](release, asked), "error": ""}
        release.close()
    except (Unreachable, Wrong) as error:
        answer = {"error": str(error)}
    except (EOFError, OSError) as error:
        answer = {"error": f"{asked.get('file', 'the server')}: {error}"}
    except pymysql.err.MySQLError as error:
        text = str(error.args[-1])
        full = (
            " The disk of the server is full." if error.args[0] in (1021, 1114) or "errno: 28" in text.lower() else ""
        )
        answer = {"error": f"the server says: {text}.{full} Nothing was switched; run again, this goes on from there."}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
