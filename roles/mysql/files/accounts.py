# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the database and its accounts on the server.

Reads ``{place, root_password, database, accounts: [{user, password, rights}], check}`` as JSON from stdin; `place` is
what database.connect wants, `rights` are those of a GRANT on the database. Writes ``{changed: [texts], error}`` as JSON
to stdout; with `check` nothing is changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from database import Unreachable, WrongPassword, connect

Statement = tuple[str, tuple[str, ...]]
"""SQL and its values."""


def missing(asked: dict[str, Any], cursor: Any) -> Iterator[tuple[str, list[Statement]]]:
    """What is not as it should be, each as a text and the statements that make it so."""
    database = asked["database"].replace("`", "``")
    cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (asked["database"],))
    if not cursor.fetchone():
        make = f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        yield f"database {asked['database']}", [(make, ())]
    for account in asked["accounts"]:
        user, password = account["user"], account["password"]
        # in a GRANT, _ stands for any character
        rights = f"GRANT {account['rights']} ON `{database.replace('_', chr(92) + '_')}`.*"
        grant = (f"{rights} TO %s@'%%'", (user,))
        cursor.execute("SELECT 1 FROM mysql.user WHERE user = %s AND host = '%%'", (user,))
        if not cursor.fetchone():
            yield f"user {user}", [("CREATE USER %s@'%%' IDENTIFIED BY %s", (user, password)), grant]
            continue
        if not logs_in(asked["place"], user, password):
            yield f"password of {user}", [("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))]
        cursor.execute("SHOW GRANTS FOR %s@'%%'", (user,))
        if not any(row[0].startswith(rights) for row in cursor.fetchall()):
            yield f"rights of {user}", [grant]


def logs_in(place: dict[str, Any], user: str, password: str) -> bool:
    try:
        connect(place, user, password).close()
    except WrongPassword:
        return False
    return True


def brought_about(asked: dict[str, Any]) -> list[str]:
    """Make what is missing; gives the texts. Raises Unreachable."""
    try:
        root = connect(asked["place"], "root", asked["root_password"])
    except WrongPassword:
        raise Unreachable(
            "the server does not accept the password of root in the Secret: the volume is of an earlier server whose "
            "Secret was deleted. Put its password back into key mysql-root-password, or remove the volume with its data"
        ) from None
    with root, root.cursor() as cursor:
        found = list(missing(asked, cursor))
        for _text, statements in found:
            for statement, values in statements:
                if not asked["check"]:
                    cursor.execute(statement, values)
    return [text for text, _statements in found]


def main() -> None:
    changed: list[str] = []
    error = ""
    try:
        changed = brought_about(json.load(sys.stdin))
    except Unreachable as reason:
        error = str(reason)
    json.dump({"changed": changed, "error": error}, sys.stdout)


if __name__ == "__main__":
    main()
