# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role chembl: a release in ChEMBL's own form comes into a real MariaDB, or nothing of it does."""

import gzip
import importlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "roles/chembl/files"
sys.path.insert(0, str(ROOT / "packages/cpsign-workflow/tests/ingest"))

from mariadb_server import Server, server  # noqa: E402

STRUCTURES = """\
DROP TABLE IF EXISTS `compound_structures`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `compound_structures` (
  `molregno` bigint NOT NULL COMMENT 'Internal Primary Key for the compound structure; and FK',
  `molfile` longtext,
  `canonical_smiles` varchar(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,
  PRIMARY KEY (`molregno`),
  CONSTRAINT `fk_cmpdstr_molregno` FOREIGN KEY (`molregno`) REFERENCES `molecule_dictionary` (`molregno`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `compound_structures` WRITE;
/*!40000 ALTER TABLE `compound_structures` DISABLE KEYS */;
INSERT INTO `compound_structures` VALUES (1,'a\\nb; CREATE TABLE `x` (','CCO'),(2,'it\\'s','c1ccccc1');
INSERT INTO `compound_structures` VALUES (3,NULL,'C1CCCCC1'),(4,'%s 50%','N#N');
/*!40000 ALTER TABLE `compound_structures` ENABLE KEYS */;
UNLOCK TABLES;
"""
PROPERTIES = """\
CREATE TABLE `compound_properties` (
  `molregno` bigint NOT NULL,
  `alogp` decimal(9,2) DEFAULT NULL,
  PRIMARY KEY (`molregno`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO `compound_properties` VALUES (1,-0.31),(2,2.13);
"""
VERSION = """\
CREATE TABLE `version` (
  `name` varchar(50) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO `version` VALUES ('ChEMBL_36');
"""
UNWANTED = """\
CREATE TABLE `docs` (
  `doc_id` bigint NOT NULL
) ENGINE=InnoDB;
INSERT INTO `docs` VALUES (1),(2);
"""
DUMP = f"-- MySQL dump 10.13\n{STRUCTURES}{UNWANTED}{PROPERTIES}{VERSION}-- Dump completed on 2026-07-01\n"
WANTED = ["compound_properties", "compound_structures", "version"]


def tar(folder: Path, text: str = DUMP, member: str = "chembl_36/chembl_36_mysql/chembl_36_mysql.dmp") -> Path:
    archive = folder / "chembl_36_mysql.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        for name, content in (("chembl_36/chembl_36_mysql/INSTALL", "read me"), (member, text)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            file.addfile(entry, io.BytesIO(content.encode()))
    return archive


def extract(archive: Path, folder: Path, *tables: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, FILES / "dump.py", archive, folder, *tables], capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as running:
        yield running


class Loader:
    """The steps of a release, by the program that the role runs."""

    def __init__(self, running: Server, name: str) -> None:
        self.running, self.name = running, name
        running.execute(f"CREATE DATABASE {name}")

    def __call__(self, action: str, **asked: Any) -> dict[str, Any]:
        import getpass

        place = {"socket": str(self.running.socket)}
        text = json.dumps({"place": place, "user": getpass.getuser(), "password": "", "database": self.name, **asked})
        done = subprocess.run(
            [sys.executable, FILES / "load.py", action], input=text, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "roles/mysql/files")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def table(self, extracts: Path, name: str) -> dict[str, Any]:
        return self("table", name=name, file=f"{extracts}/{name}.sql.gz", archive="chembl_36")

    def all_tables(self, extracts: Path) -> None:
        for name in WANTED:
            assert self.table(extracts, name)["error"] == ""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = self.running.connect(self.name)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())


@pytest.fixture
def load(database: Server, request: pytest.FixtureRequest) -> Loader:
    return Loader(database, f"c{abs(hash(request.node.name)) % 10**8}")


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    extract(tar(tmp_path), tmp_path / "extracts", *WANTED)
    return tmp_path / "extracts"


def test_only_the_wanted_tables_are_taken_out(tmp_path: Path) -> None:
    answer = extract(tar(tmp_path), tmp_path / "out", *WANTED, "activities")
    assert answer["error"] == ""
    assert {name: found["statements"] for name, found in answer["tables"].items()} == {
        "compound_properties": 2, "compound_structures": 3, "version": 2,
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "compound_properties.sql.gz", "compound_structures.sql.gz", "tables.json", "version.sql.gz",
    ]  # fmt: skip


def test_a_table_stands_alone(extracts: Path) -> None:
    with gzip.open(extracts / "compound_structures.sql.gz", "rt") as file:
        create, *inserts = file.read().splitlines()
    assert "FOREIGN KEY" not in create
    assert "0900" not in create
    assert create.endswith("COLLATE=utf8mb4_bin;")
    assert len(inserts) == 2


def test_a_plain_dump_is_read_too(tmp_path: Path) -> None:
    archive = tmp_path / "chembl.sql.gz"
    archive.write_bytes(gzip.compress(DUMP.encode()))
    assert extract(archive, tmp_path / "out", "version")["tables"]["version"]["statements"] == 2


@pytest.mark.parametrize("ending", [".tar.gz", ".sql.gz"])
def test_a_dump_that_is_cut_off_is_told_and_its_last_table_is_not_there(tmp_path: Path, ending: str) -> None:
    noise = "".join(f"INSERT INTO `docs` VALUES ({number**5});\n" for number in range(20000))  # noqa: S608
    text = DUMP.replace("INSERT INTO `docs` VALUES (1),(2);\n", noise)
    whole = tar(tmp_path, text).read_bytes() if ending == ".tar.gz" else gzip.compress(text.encode())
    archive = tmp_path / f"cut{ending}"
    archive.write_bytes(whole[: len(whole) // 2])
    answer = extract(archive, tmp_path / "out", *WANTED)
    assert (
        "cut.tar.gz is damaged or cut off" in answer["error"] or "cut.sql.gz is damaged or cut off" in answer["error"]
    )
    assert not (tmp_path / "out/compound_properties.sql.gz").exists()


def test_an_archive_of_another_database_is_told(tmp_path: Path) -> None:
    assert "holds no MySQL dump" in extract(tar(tmp_path, member="chembl_36.db"), tmp_path / "out", "version")["error"]


def test_reading_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(FILES))
    watched = importlib.import_module("watched")
    monkeypatch.setattr(watched, "EVERY", 0)
    monkeypatch.setattr(watched, "MB", 10)
    (tmp_path / "activities.sql.gz").write_bytes(b"x" * 80)
    with watched.Watched(tmp_path / "activities.sql.gz") as file:
        assert file.read(20) + file.read() == b"x" * 80
    assert capfd.readouterr() == (
        "",
        "activities.sql.gz: 0 of 8 MB (0 %), 0 s\nactivities.sql.gz: 2 of 8 MB (25 %), 0 s\n",
    )


def test_a_release_takes_its_place_when_the_queries_work(load: Loader, extracts: Path) -> None:
    load.all_tables(extracts)
    query = (
        "SELECT cs.canonical_smiles, cp.alogp FROM compound_structures cs, compound_properties cp "
        "WHERE cs.molregno = cp.molregno{};"
    )
    assert load("check", release="chembl_36", queries={"LogP": query})["error"] == ""
    assert load("switch", record={"release": "chembl_36"})["kept"] == []
    assert load.rows("SELECT canonical_smiles FROM compound_structures ORDER BY molregno") == [
        ("CCO",), ("c1ccccc1",), ("C1CCCCC1",), ("N#N",),
    ]  # fmt: skip
    assert load.rows("SELECT molfile FROM compound_structures WHERE molregno < 3") == [
        ("a\nb; CREATE TABLE `x` (",),
        ("it's",),
    ]
    assert load("state")["release"] == {"release": "chembl_36", "tables": WANTED}


def test_a_missing_column_is_named_and_nothing_is_switched(load: Loader, extracts: Path) -> None:
    load.all_tables(extracts)
    queries = {"LogD": "SELECT acd_logd FROM compound_properties cp{}", "LogP": "SELECT alogp FROM compound_properties"}
    error = load("check", release="chembl_36", queries=queries)["error"]
    assert "LogD: Unknown column 'acd_logd'" in error
    assert "LogP" not in error
    assert load.rows("SHOW TABLES") == []


def test_a_load_goes_on_at_the_statement_where_it_broke_off(load: Loader, extracts: Path) -> None:
    whole = (extracts / "compound_structures.sql.gz").read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    (extracts / "compound_structures.sql.gz").write_bytes(gzip.compress(b"".join([*lines[:2], b"INSERT nonsense;\n"])))
    assert "the server says" in load.table(extracts, "compound_structures")["error"]
    (extracts / "compound_structures.sql.gz").write_bytes(whole)
    assert load.table(extracts, "compound_structures") == {"changed": True, "rows": 4, "error": ""}
    assert load.table(extracts, "compound_structures") == {"changed": False, "rows": 4, "error": ""}


def test_the_old_release_is_kept_until_told(load: Loader, extracts: Path) -> None:
    for release in ("chembl_35", "chembl_36"):
        load.all_tables(extracts)
        assert load("switch", record={"release": release})["error"] == ""
    assert load("state")["before"] == [*WANTED[:1], "compound_structures", "cpsign_release", "version"]
    load.all_tables(extracts)
    assert "remove it with -e chembl_drop_old=true" in load("switch", record={"release": "chembl_37"})["error"]
    assert load("state")["release"]["release"] == "chembl_36"
    assert load("drop-old")["changed"] is True
    assert load("drop-old")["changed"] is False
    assert load("switch", record={"release": "chembl_37"})["error"] == ""


def test_a_full_disk_is_told_and_nothing_is_switched(tmp_path: Path) -> None:
    """Simulated by tables that may not grow: the server says the same of them."""
    rows = ",".join(f"({number},NULL,'{'C' * 2000}')" for number in range(5, 5000))
    large = DUMP.replace("(4,'%s 50%','N#N');", f"(4,'%s 50%','N#N'),{rows};")
    extract(tar(tmp_path, large), tmp_path / "extracts", *WANTED)
    small = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), *small) as running:
        load = Loader(running, "chembl")
        load.rows("CREATE TABLE version AS SELECT 'ChEMBL_35' AS name")
        error = load.table(tmp_path / "extracts", "compound_structures")["error"]
        assert "is full" in error
        assert "disk" in error
        assert load.rows("SELECT name FROM version") == [("ChEMBL_35",)]
        assert load.rows("SHOW TABLES") == [("version",)]


def test_a_server_that_is_away_is_told(load: Loader, tmp_path: Path) -> None:
    assert "Can't connect" in load("state", place={"socket": f"{tmp_path}/none"})["error"]


def play(running: Server, home: Path, **variables: Any) -> tuple[int, str]:
    """Run playbooks/chembl.yml; exit code and output."""
    given = {
        "cpsign_home": str(home),
        "cpsign_mariadb_socket": str(running.socket),
        "chembl_queries": {"LogP": "SELECT cs.canonical_smiles, cp.alogp FROM compound_structures cs "
                           "JOIN compound_properties cp USING (molregno){}"},
        **variables,
    }  # fmt: skip
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-e", json.dumps(given), ROOT / "playbooks/chembl.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_role_loads_once_and_refuses_what_is_not_the_dump(database: Server, tmp_path: Path) -> None:
    database.execute("CREATE DATABASE chembl")
    archive = tar(tmp_path)
    home = tmp_path / "a home"
    code, output = play(database, home, chembl_dump=str(archive), chembl_sha256="0" * 64)
    assert code != 0
    assert "damaged or another release" in output
    code, output = play(database, home, chembl_dump=str(archive))
    assert code == 0, output
    assert "compound_structures: 4 rows" in output
    code, output = play(database, home, chembl_dump=str(archive))
    assert code == 0, output
    assert "changed=0" in output
