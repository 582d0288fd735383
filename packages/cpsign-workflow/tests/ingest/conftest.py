# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One MariaDB for all tests here, a fresh database and workflow for each."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mariadb_server import Server, server
from workflows import PASSWORD, SEED_QUERY, Chembl, Workflow


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="cw-", dir="/tmp") as folder, server(Path(folder)) as running:
        running.execute(f"CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}'")
        yield running


@pytest.fixture
def chembl(mariadb: Server) -> Iterator[Chembl]:
    name = "chembl 24"  # a blank in a name must not matter
    mariadb.execute(f"CREATE DATABASE `{name}`", f"GRANT SELECT ON `{name}`.* TO reader@'%'")
    database = Chembl(mariadb, name)
    database.execute(
        "CREATE TABLE compound_structures (molregno INT PRIMARY KEY, canonical_smiles TEXT, standard_inchi_key TEXT)",
        "CREATE TABLE compound_properties (molregno INT PRIMARY KEY, acd_logd TEXT)",
    )
    yield database
    mariadb.execute(f"DROP DATABASE `{name}`")


@pytest.fixture
def database_workflow(chembl: Chembl, tmp_path: Path) -> Workflow:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "user").write_text("reader\n")
    (credentials / "password").write_text(PASSWORD + "\n")
    configuration = {
        "workflow_name": "LogD",
        "database": {"host": "nowhere.invalid", "user": "root", "db_name": chembl.name},
        "query": {"database_query": SEED_QUERY, "query_limit": None, "smi_columns": ["canonical_smiles, acd_logd"]},
        "test": {"share": 0.25},
        "cpsign": {"ptype": 2},
    }
    options = ["--host", "127.0.0.1", "--port", str(chembl.server.port), "--credentials", str(credentials)]
    return Workflow(tmp_path / "config path", configuration, options)


@pytest.fixture
def file_workflow(tmp_path: Path) -> Callable[[str, str | bytes], Workflow]:
    """Call with a file name and its content."""

    def make(name: str, content: str | bytes) -> Workflow:
        folder = tmp_path / "config path"
        folder.mkdir()
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        configuration = {
            "workflow_name": "FreeSolv",
            "source": {"file": name, "smiles": "smiles", "value": "value"},
            "test": {"share": 0.25},
            "cpsign": {"ptype": 2},
        }
        return Workflow(folder, configuration)

    return make
