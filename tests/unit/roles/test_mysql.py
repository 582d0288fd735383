# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role mysql: what is said of a server that is there already."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "packages/cpsign-workflow/tests/ingest"))

from mariadb_server import Server, server  # noqa: E402

LOOK = ROOT / "roles/mysql/files/look.py"
PASSWORD = "secret of the tests"


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), "--skip-name-resolve") as running:
        running.execute("CREATE DATABASE chembl", "CREATE TABLE chembl.version (name TEXT)", "CREATE DATABASE empty")
        for user, rights in (("reader", "SELECT"), ("writer", "SELECT, INSERT, DROP"), ("owner", "ALL")):
            running.execute(f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}'", f"GRANT {rights} ON chembl.* TO {user}")
        running.execute("GRANT INSERT ON empty.* TO reader")
        yield running


def look(running: Server, user: str, password: str = PASSWORD, database: str = "chembl") -> dict[str, Any]:
    place = {"host": "127.0.0.1", "port": running.port}
    asked = {"place": place, "user": user, "password": password, "database": database}
    done = subprocess.run([sys.executable, LOOK], input=json.dumps(asked), capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_login_that_fails_is_told(database: Server) -> None:
    assert "Access denied for user 'reader'" in look(database, "reader", "wrong")["error"]
    assert "Access denied for user 'owner'" in look(database, "owner", database="other")["error"]


@pytest.mark.parametrize(("user", "more"), [("writer", "DROP, INSERT"), ("owner", "ALL PRIVILEGES")])
def test_rights_beyond_reading_are_told(database: Server, user: str, more: str) -> None:
    answer = look(database, user)
    assert answer["error"] == ""
    assert f"User {user} may do more than read ({more}): give ingestion one with SELECT only." in answer["warnings"]


def test_a_database_without_a_table_to_read_is_told(database: Server) -> None:
    assert (
        "User reader sees no table in empty: GRANT SELECT ON empty.* TO it."
        in look(database, "reader", database="empty")["warnings"]
    )


def test_a_connection_without_tls_is_told(database: Server) -> None:
    assert look(database, "reader")["warnings"][0].startswith("The server offers no TLS")
