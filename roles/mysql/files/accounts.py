# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the database and its accounts on a server in a pod, through the Kubernetes API.

Reads ``{kubeconfig, context, namespace, pod, root_password, database, accounts: [{user, password, rights}], check}`` as
JSON from stdin; `rights` are those of a GRANT on the database. Writes ``{changed: [texts], error}`` as JSON to stdout;
with `check` nothing is changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

PORT = 3306
ACCESS_DENIED = 1045
SECONDS = 30


Dial = Callable[[str, str], Any]
"""Logs in with (user, password) and gives a PyMySQL connection."""
Statement = tuple[str, tuple[str, ...]]
"""SQL and its values."""


class Unreachable(Exception):
    """The server cannot be asked; the text says why."""


def dialler(asked: dict[str, Any]) -> Dial:
    """Every connection is a port-forward of its own."""
    import pymysql
    from kubernetes import client, config
    from kubernetes.stream import portforward

    core = client.CoreV1Api(config.new_client_from_config(asked["kubeconfig"], asked["context"] or None))

    def dial(user: str, password: str) -> Any:
        stream = portforward(
            core.connect_get_namespaced_pod_portforward, asked["pod"], asked["namespace"], ports=str(PORT)
        )
        limits = {"read_timeout": SECONDS, "write_timeout": SECONDS}
        connection = pymysql.connect(user=user, password=password, defer_connect=True, autocommit=True, **limits)
        sock = stream.socket(PORT)
        sock.setblocking(True)
        connection.connect(sock)
        return connection

    return dial


def log_in(dial: Dial, user: str, password: str) -> Any | None:
    """A connection, None when user and password do not belong together."""
    import pymysql

    try:
        return dial(user, password)
    except pymysql.err.OperationalError as error:
        if error.args[0] == ACCESS_DENIED:
            return None
        raise Unreachable(f"{error.args[1]}") from None
    except OSError as error:
        raise Unreachable(f"{error}") from None


def changes(dial: Dial, asked: dict[str, Any]) -> Iterator[tuple[str, list[Statement]]]:
    """What is missing, each as a text and the statements, with their values, that make it."""
    root = log_in(dial, "root", asked["root_password"])
    if root is None:
        raise Unreachable(
            "the server does not accept the password of root in the Secret: the volume is of an earlier server whose "
            "Secret was deleted. Put its password back into key mysql-root-password, or remove the volume with its data"
        )
    database = asked["database"].replace("`", "``")
    with root, root.cursor() as cursor:
        cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (asked["database"],))
        if not cursor.fetchone():
            make = f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            yield f"database {asked['database']}", [(make, ())]
        for account in asked["accounts"]:
            user, password, rights = account["user"], account["password"], account["rights"]
            grant = f"GRANT {rights} ON `{database.replace('_', chr(92) + '_')}`.* TO %s@'%%'"
            cursor.execute("SELECT 1 FROM mysql.user WHERE user = %s AND host = '%%'", (user,))
            if not cursor.fetchone():
                yield f"user {user}", [("CREATE USER %s@'%%' IDENTIFIED BY %s", (user, password)), (grant, (user,))]
                continue
            if not accepted(dial, user, password):
                yield f"password of {user}", [("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))]
            cursor.execute("SHOW GRANTS FOR %s@'%%'", (user,))
            wanted = f"GRANT {rights} ON `{database.replace('_', chr(92) + '_')}`.*"
            if not any(row[0].startswith(wanted) for row in cursor.fetchall()):
                yield f"rights of {user}", [(grant, (user,))]


def accepted(dial: Dial, user: str, password: str) -> bool:
    connection = log_in(dial, user, password)
    if connection is not None:
        connection.close()
    return connection is not None


def main() -> None:
    asked = json.load(sys.stdin)
    made: list[str] = []
    error = ""
    try:
        dial = dialler(asked)
        missing = list(changes(dial, asked))
        if missing and not asked["check"]:
            with dial("root", asked["root_password"]) as root, root.cursor() as cursor:
                for _text, statements in missing:
                    for statement, values in statements:
                        cursor.execute(statement, values)
        made = [text for text, _statements in missing]
    except Unreachable as reason:
        error = str(reason)
    json.dump({"changed": made, "error": error}, sys.stdout)


if __name__ == "__main__":
    main()
