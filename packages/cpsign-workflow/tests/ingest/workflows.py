# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflows for the tests: configuration and data that run through the command line, and what comes out."""

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mariadb_server import Server

from cpsign_workflow import cli
from cpsign_workflow.configuration import Configuration, load
from cpsign_workflow.ingest.values import Values

SEED_QUERY = (
    "SELECT cs.canonical_smiles, cp.acd_logd FROM compound_structures cs, compound_properties cp "
    "WHERE cs.molregno = cp.molregno{};"
)
PASSWORD = "p4ss w0rd"


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


def table(*rows: tuple[object, ...], header: tuple[str, ...] = ("smiles", "value")) -> str:
    """The text of a CSV file."""
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue()


def filler(*values: object, number: int = 40) -> list[tuple[str, object]]:
    """Compounds enough for both sides, with these values in turn."""
    return [("N" + "C" * length, values[length % len(values)]) for length in range(number)]


def values_of(folder: Path, **configuration: Any) -> Values:
    """A reader of the values of a workflow with this in its configuration."""
    return Values(loaded(folder, **configuration))


def loaded(folder: Path, **configuration: Any) -> Configuration:
    content = {
        "workflow_name": "W",
        "source": {"file": "t.csv", "smiles": "smiles", "value": "value"},
        "cpsign": {"ptype": 1 if "classes" in configuration else 2},
        **configuration,
    }
    path = folder / "configuration.json"
    path.write_text(json.dumps(content))
    return load(path)
