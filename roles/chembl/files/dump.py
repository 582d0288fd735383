# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the tables that are needed out of a ChEMBL release in MySQL's dump format, reading it once and never all of it.

    dump.py ARCHIVE FOLDER [TABLE...]

ARCHIVE is chembl_NN_mysql.tar.gz or any dump as .sql.gz. Each table becomes FOLDER/<table>.sql.gz: its CREATE TABLE,
then one INSERT a line, as mysqldump wrote them. Writes ``{tables: {name: {statements, bytes}}, error}`` as JSON to
stdout; a TABLE that the dump does not have is none of these. What FOLDER has already is not written again.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watched import Watched

DUMPS = (".dmp", ".sql", ".dump")  # of the file inside the archive
CREATE = re.compile(rb"CREATE TABLE `([^`]+)`")
INSERT = re.compile(rb"INSERT INTO `([^`]+)`")
FOREIGN_KEY = re.compile(rb",?\s*\n\s*CONSTRAINT `[^`]*` FOREIGN KEY [^\n]*?(?=,?\n)")
# MariaDB before 11.4 does not know the collations of MySQL 8; bytes compare as well.
COLLATION_OF_MYSQL_8 = re.compile(rb"utf8mb4_0900_\w+")
QUICK = 1  # compression: these files are read once, soon


class BadDump(Exception):
    """The archive cannot be used; the text says why and what to do."""


@contextmanager
def lines(archive: Path) -> Iterator[Iterable[bytes]]:
    """The lines of the dump in the archive. Raises BadDump, also while they are read, when it is damaged."""
    try:
        with Watched(archive) as raw:
            if archive.name.endswith((".tar.gz", ".tgz")):
                with tarfile.open(fileobj=raw, mode="r|gz") as tar:
                    yield _member(tar, archive)
            else:
                with gzip.open(raw) as text:
                    yield text
    except (EOFError, tarfile.ReadError, zlib.error, gzip.BadGzipFile) as error:
        raise BadDump(f"{archive} is damaged or cut off ({error}): bring it again, and compare its sha256") from None
    except OSError as error:
        raise BadDump(f"{archive}: {error.strerror or error}") from None


def _member(tar: tarfile.TarFile, archive: Path) -> Iterable[bytes]:
    for member in tar:
        if member.name.endswith(DUMPS):
            found = tar.extractfile(member)
            if found is not None:
                return found
    raise BadDump(f"{archive} holds no MySQL dump (*{', *'.join(DUMPS)}): is it the _mysql archive of the release?")


def statements(text: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """(table, its CREATE TABLE or one of its INSERTs), in the dump's order. mysqldump writes an INSERT as one line."""
    create, name = list[bytes](), ""
    for line in text:
        if create:
            create.append(line)
        elif found := CREATE.match(line):
            create, name = [line], found[1].decode()
        elif insert := INSERT.match(line):
            yield insert[1].decode(), line
            continue
        if create and line.rstrip().endswith(b";"):
            yield name, _portable(b"".join(create))
            create = []


def _portable(create: bytes) -> bytes:
    """A table that stands alone, on one line: its foreign keys lead to tables that may not be there."""
    alone = FOREIGN_KEY.sub(b"", create)
    return b" ".join(COLLATION_OF_MYSQL_8.sub(b"utf8mb4_bin", alone).split(b"\n")).rstrip() + b"\n"


class Extract:
    """One table's file; it gets its name when it is complete."""

    def __init__(self, folder: Path, table: str) -> None:
        self._path = folder / f"{table}.sql.gz"
        self._part = folder / f"{table}.part"
        self._file = gzip.GzipFile(self._part, "wb", QUICK)
        self.statements, self.bytes = 0, 0

    def add(self, statement: bytes) -> None:
        self._file.write(statement)
        self.statements += 1
        self.bytes += len(statement)

    def complete(self) -> dict[str, int]:
        self._file.close()
        self._part.rename(self._path)
        return {"statements": self.statements, "bytes": self.bytes}


def extract(archive: Path, folder: Path, wanted: set[str]) -> dict[str, dict[str, int]]:
    """Write the wanted tables' files; gives the statements and bytes of each that the dump has.

    Raises:
        BadDump: when the archive is damaged, is no dump, or the disk is full; only complete tables stay.
    """
    found: dict[str, dict[str, int]] = {}
    current, name = None, ""
    with lines(archive) as text:
        for table, statement in statements(text):
            if table != name:
                if current:
                    found[name] = current.complete()
                current, name = (Extract(folder, table) if table in wanted else None), table
                if found.keys() >= wanted:
                    return found
            if current:
                current.add(statement)
    if current:
        found[name] = current.complete()
    return found


def main() -> None:
    archive, folder, wanted = Path(sys.argv[1]), Path(sys.argv[2]), set(sys.argv[3:])
    folder.mkdir(exist_ok=True)
    report = folder / "tables.json"
    try:
        known = json.loads(report.read_text()) if report.exists() else {"asked": [], "tables": {}}
        new = wanted - set(known["asked"])
        if new:
            known = {
                "asked": sorted(new | set(known["asked"])),
                "tables": known["tables"] | extract(archive, folder, new),
            }
            report.write_text(json.dumps(known))
        answer = {"tables": {name: found for name, found in known["tables"].items() if name in wanted}, "error": ""}
    except BadDump as error:
        answer = {"tables": {}, "error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
