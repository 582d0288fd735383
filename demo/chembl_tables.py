# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the tables compound_structures and compound_properties, named as in ChEMBL, with ChEMBL's own molecules.

chembl_tables.py --socket SOCKET --credentials FOLDER --database NAME FILE.csv...

Each file has one SMILES a line below a header. ``alogp`` is computed as ChEMBL does, by RDKit's Crippen. Prints
"filled" or "unchanged"; the tables are replaced at once, so that a reader sees the old rows or the new ones.
"""

import argparse
import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pymysql
import rdkit

# Columns as in ChEMBL's MySQL dump.
TABLES = {
    "compound_structures": "molregno BIGINT PRIMARY KEY, canonical_smiles TEXT, standard_inchi_key VARCHAR(27)",
    "compound_properties": "molregno BIGINT PRIMARY KEY, alogp DECIMAL(9, 2)",
}

Row = tuple[int, str, str, float]


def molecules(files: list[Path]) -> Iterator[Row]:
    """molregno, canonical SMILES, InChIKey and logP of every structure, in order of their SMILES."""
    from rdkit import Chem, RDLogger
    from rdkit.Chem import rdMolDescriptors

    RDLogger.DisableLog("rdApp.*")
    texts = {row["smiles"].strip() for file in files for row in csv.DictReader(file.open(encoding="utf-8", newline=""))}
    for molregno, text in enumerate(sorted(texts), start=1):
        molecule = Chem.MolFromSmiles(text)
        logp, _refractivity = rdMolDescriptors.CalcCrippenDescriptors(molecule)
        yield molregno, Chem.MolToSmiles(molecule), Chem.MolToInchiKey(molecule), round(logp, 2)


def fingerprint(files: list[Path]) -> str:
    """What the rows depend on: the files' bytes, RDKit and this program."""
    digest = hashlib.sha256(rdkit.__version__.encode())
    for file in [*files, Path(__file__)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def filled_from(connection: "pymysql.Connection[pymysql.cursors.Cursor]") -> str | None:
    """The fingerprint that both tables carry as their comment; None when they are not there or not alike."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN %s",
            (list(TABLES),),
        )
        comments = [comment for (comment,) in cursor.fetchall()]
    return comments[0] if len(comments) == len(TABLES) and len(set(comments)) == 1 else None


def fill(connection: "pymysql.Connection[pymysql.cursors.Cursor]", rows: list[Row], comment: str) -> None:
    """Put ``rows`` into new tables, then swap them in."""
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(f"DROP TABLE IF EXISTS new_{table}, old_{table}")
            cursor.execute(f"CREATE TABLE new_{table} ({columns}) CHARACTER SET utf8mb4 COMMENT = %s", (comment,))
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) CHARACTER SET utf8mb4")
        cursor.executemany(
            "INSERT INTO new_compound_structures VALUES (%s, %s, %s)",
            [(molregno, smiles, key) for molregno, smiles, key, _logp in rows],
        )
        cursor.executemany(
            "INSERT INTO new_compound_properties VALUES (%s, %s)",
            [(molregno, logp) for molregno, _unused, _unused, logp in rows],
        )
        connection.commit()
        swaps = [f"{table} TO old_{table}, new_{table} TO {table}" for table in TABLES]
        cursor.execute(f"RENAME TABLE {', '.join(swaps)}")
        cursor.execute(f"DROP TABLE {', '.join(f'old_{table}' for table in TABLES)}")


def main() -> None:
    """Fill the tables unless they were filled from the same files."""
    parser = argparse.ArgumentParser(description="Fill tables named as in ChEMBL.")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--credentials", required=True, type=Path, help="folder with the files user and password")
    parser.add_argument("--database", required=True)
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    user, password = ((options.credentials / name).read_text(encoding="utf-8").strip() for name in ("user", "password"))
    comment = fingerprint(options.files)
    with pymysql.connect(
        unix_socket=options.socket, user=user, password=password, database=options.database, charset="utf8mb4"
    ) as connection:
        if filled_from(connection) == comment:
            print("unchanged")
            return
        rows = list(molecules(options.files))
        fill(connection, rows, comment)
    print(f"filled: {len(rows)} compounds")


if __name__ == "__main__":
    main()
