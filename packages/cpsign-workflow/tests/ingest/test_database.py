# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ingestion through a real MariaDB."""

import gc
import json
import threading
from pathlib import Path
from typing import Any

import pymysql
import pytest
from mysql_login import mysql_login
from workflows import PASSWORD, Chembl, Workflow

from cpsign_workflow import cli
from cpsign_workflow.configuration import DatabaseSource
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import database
from cpsign_workflow.ingest.rows import Row

ALCOHOLS = [("C" * length + "O", str(length / 4), None) for length in range(1, 41)]
JOINED = "SELECT canonical_smiles, acd_logd FROM compound_structures JOIN compound_properties USING (molregno)"
CAFFEINE = "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"


def failure(capsys: pytest.CaptureFixture[str], code: int) -> str:
    """The one message of a run that failed by the user's mistake."""
    error = capsys.readouterr().err
    assert code == 1
    assert "Traceback" not in error
    assert PASSWORD not in error
    assert error.startswith("cpsign-workflow ")
    return error


def test_the_seeds_query_gives_compounds_and_parameters(chembl: Chembl, database_workflow: Workflow) -> None:
    chembl.fill(*ALCOHOLS)
    result = database_workflow.run()
    assert result.code == 0
    assert sorted((row["smiles"], row["value"]) for row in result.compounds()) == sorted(
        (smiles, repr(float(value))) for smiles, value, _unused in ALCOHOLS
    )
    assert result.report()["rows"] == {"read": 40, "used": 40, "dropped": {}}
    assert result.report()["train"] + result.report()["test"] == 40
    assert (result.output / "precompute" / "parameters.json").exists()


def test_the_limit_stands_where_the_query_has_braces(chembl: Chembl, database_workflow: Workflow) -> None:
    chembl.fill(*ALCOHOLS)
    database_workflow.configuration["query"]["query_limit"] = 35
    assert database_workflow.run().report()["rows"]["read"] == 35


def test_bytes_do_not_depend_on_the_order_of_the_server(chembl: Chembl, database_workflow: Workflow) -> None:
    chembl.fill(*ALCOHOLS, ("C.Cl", "x", None), (None, "1", None), ("c1ccccc", "2", None), ("OCC", "0.6", None))
    query = database_workflow.configuration["query"]
    outputs = []
    for order in ("molregno", "molregno DESC"):
        # The limit makes the server keep the order in spite of the derived table around it.
        query["database_query"] = f"{JOINED} ORDER BY {order} LIMIT 1000"
        output = database_workflow.run().output
        names = ["data/compounds.tsv.gz", "test/compounds.tsv.gz", "report/dropped.tsv.gz"]
        outputs.append([(output / name).read_bytes() for name in names])
    assert outputs[0] == outputs[1]


def test_every_dropped_row_is_counted_and_listed(chembl: Chembl, database_workflow: Workflow) -> None:
    bad = [
        (None, "1", None),
        (CAFFEINE, None, None),
        (CAFFEINE, "n/a", None),
        (CAFFEINE, "nan", None),
        ("c1ccccc", "1", None),
        ("CCO ethanol", "1", None),
    ]
    chembl.fill(*ALCOHOLS, *bad)
    result = database_workflow.run()
    rows = result.report()["rows"]
    assert rows["dropped"] == {
        "no structure": 1,
        "no value": 1,
        "unreadable structure": 2,
        "value is not a number": 2,
    }
    assert rows["read"] == rows["used"] + sum(rows["dropped"].values())
    assert {(row["reason"], row["smiles"], row["value"]) for row in result.table("report/dropped.tsv.gz")} == {
        ("no structure", "", "1"),
        ("no value", CAFFEINE, ""),
        ("value is not a number", CAFFEINE, "n/a"),
        ("value is not a number", CAFFEINE, "nan"),
        ("unreadable structure", "c1ccccc", "1.0"),
        ("unreadable structure", "CCO ethanol", "1"),
    }


def test_chembls_key_is_used_for_one_fragment_only(chembl: Chembl, database_workflow: Workflow) -> None:
    key = "ABCDEFGHIJKLMN-UHFFFAOYSA-N"
    chembl.fill(*ALCOHOLS, (CAFFEINE, "1", key), ("CN.Cl", "1", key))
    database_workflow.configuration["query"] = {
        "database_query": "SELECT standard_inchi_key, acd_logd, canonical_smiles FROM compound_structures "
        "JOIN compound_properties USING (molregno)"
    }
    keys = {row["smiles"]: row["key"] for row in database_workflow.run().compounds()}
    assert keys[CAFFEINE] == key[:14]
    assert keys["CN"] == "BAVYZALUXZFZLV"  # methylamine, by PubChem


@pytest.mark.parametrize(
    ("query", "columns", "message"),
    [
        ("SELECT canonical_smiles FROM compound_structures", ["canonical_smiles, acd_logd"], "names 2 columns"),
        ("SELECT 'C' AS smiles, 1 AS a, 2 AS b", None, "which of the columns smiles, a, b"),
        ("SELECT 'C' AS structure, 1 AS a", None, "0 of the columns structure, a have 'smiles'"),
        ("SELECT 'C' AS smiles, 1 AS smiles", None, "Duplicate column name"),
        ("SELECT canonical_smiles, nothing FROM compound_structures", None, "Unknown column 'nothing'"),
        ("SELECT canonical_smiles, 1 FROM no_table", None, "no_table' doesn't exist"),
        ("SELECT canonical_smiles 1 FROM compound_structures", None, "error in your SQL syntax"),
        ("SELECT 'C' AS smiles, 1 AS a WHERE 1 = 0", None, "the source holds no rows"),
        ("SELECT 'c1' AS smiles, 1 AS a", None, "none of 1 rows can be used (unreadable structure: 1)"),
        ("SELECT user AS smiles, host AS a FROM mysql.user", None, "may not read that table"),
    ],
)
def test_a_bad_query_ends_with_one_message(
    query: str,
    columns: list[str] | None,
    message: str,
    chembl: Chembl,
    database_workflow: Workflow,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database_workflow.configuration["query"] = {"database_query": query} | ({"smi_columns": columns} if columns else {})
    result = database_workflow.run()
    assert message in failure(capsys, result.code)
    assert list(result.output.iterdir()) == []


def test_endpoint_names_the_value_among_several_columns(chembl: Chembl, database_workflow: Workflow) -> None:
    chembl.fill(*ALCOHOLS)
    database_workflow.configuration["query"] = {
        "database_query": "SELECT molregno, canonical_smiles, acd_logd FROM compound_structures "
        "JOIN compound_properties USING (molregno)"
    }
    database_workflow.configuration["cpsign"]["endpoint"] = "molregno"
    assert {float(row["value"]) for row in database_workflow.run().compounds()} == set(range(1, 41))


def test_the_server_itself_refuses_what_is_not_one_select(chembl: Chembl, database_workflow: Workflow) -> None:
    """The text check is a help for authors; here a statement gets past it."""
    chembl.fill(*ALCOHOLS)
    source = DatabaseSource(
        "127.0.0.1", chembl.server.port, None, chembl.name, "SELECT 1) AS a; DROP TABLE compound_structures; -- ", ()
    )
    login = database.login(source, None, None, None, Path(database_workflow.options[-1]))
    with pytest.raises(UserError, match="SQL syntax"), database.open_query(source, login, None):
        pass
    assert database_workflow.run().report()["rows"]["read"] == 40


def test_wrong_password(database_workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "credentials" / "password").write_text("another")
    text = failure(capsys, database_workflow.run().code)
    assert "Access denied" in text
    assert "user or password is wrong" in text
    assert "another" not in text


def test_a_password_of_any_letters(
    chembl: Chembl, database_workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chembl.fill(*ALCOHOLS)
    chembl.server.execute(
        "CREATE OR REPLACE USER letters@'%' IDENTIFIED BY 'pä€\U0001f9ea'", "GRANT SELECT ON *.* TO letters@'%'"
    )
    (tmp_path / "credentials" / "user").write_text("letters")
    (tmp_path / "credentials" / "password").write_text("pä€\U0001f9ea", encoding="utf-8")
    assert database_workflow.run().code == 0
    (tmp_path / "credentials" / "password").write_bytes("pä€".encode("cp1252"))
    text = failure(capsys, database_workflow.run().code)
    assert text.endswith("password: not UTF-8 text\n")


def test_a_host_that_can_be_no_name(database_workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    database_workflow.options[1] = "a..b"
    assert "a..b:" in failure(capsys, database_workflow.run().code)


def test_missing_credentials(database_workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "credentials" / "password").unlink()
    assert "password: No such file" in failure(capsys, database_workflow.run().code)


def test_unknown_database(database_workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    database_workflow.configuration["database"]["db_name"] = "chembl_99"
    assert "chembl_99" in failure(capsys, database_workflow.run().code)


def test_database_down(database_workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    database_workflow.options[3] = "1"  # nothing listens on port 1
    assert "is the database running?" in failure(capsys, database_workflow.run().code)


@pytest.mark.parametrize("secure", [True, False])
def test_a_user_of_mysql_8_logs_in(
    secure: bool, database_workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over TLS the password goes as it is, else by the server's public key."""
    with mysql_login("caching_sha2_password", tmp_path, secure) as login:
        database_workflow.options[3] = str(login.port)
        text = failure(capsys, database_workflow.run().code)
    assert login.password == PASSWORD.encode()
    assert "user or password is wrong" in text


@pytest.mark.parametrize("plugin", ["client_ed25519", "authentication_ldap_sasl_client"])
def test_a_login_that_is_not_supported(
    plugin: str, database_workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mysql_login(plugin, tmp_path, secure=False) as login:
        database_workflow.options[3] = str(login.port)
        text = failure(capsys, database_workflow.run().code)
    assert "let the user log in by mysql_native_password, sha256_password or caching_sha2_password" in text


def test_connection_lost_in_the_middle(
    chembl: Chembl, database_workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server kills the connection while rows stream; what was read before is no result."""
    database_workflow.configuration["query"] = {
        "database_query": "SELECT 'C' AS smiles, SLEEP(0.01) AS value FROM seq_1_to_100000"
    }

    def kill() -> None:
        connection = chembl.server.connect()
        with connection.cursor() as cursor:
            found: Any = ()
            while not found:
                cursor.execute(
                    "SELECT id FROM information_schema.processlist WHERE user = 'reader' AND info LIKE '%SLEEP%'"
                )
                found = cursor.fetchall()
            cursor.execute(f"KILL CONNECTION {found[0][0]}")
        connection.close()

    killer = threading.Thread(target=kill)
    killer.start()
    result = database_workflow.run()
    killer.join()
    assert "the query failed: " in failure(capsys, result.code)
    assert list(result.output.iterdir()) == []


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # what __del__ raises
def test_a_reader_that_stops_early_leaves_quietly(chembl: Chembl, database_workflow: Workflow) -> None:
    source = DatabaseSource(
        "127.0.0.1", chembl.server.port, None, chembl.name, "SELECT 'C' AS smiles, seq FROM seq_1_to_1000000", ()
    )
    login = database.login(source, None, None, None, Path(database_workflow.options[-1]))
    with database.open_query(source, login, None) as query:
        rows = query.rows()
        assert next(rows) == Row("C", "1")
    del rows, query
    gc.collect()


class TestSource:
    def test_order_does_not_matter_and_every_value_does(
        self, chembl: Chembl, database_workflow: Workflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chembl.fill(*ALCOHOLS, (CAFFEINE, None, None))

        def fingerprint() -> str:
            assert database_workflow.source() == 0
            return str(json.loads(capsys.readouterr().out)["fingerprint"])

        first = fingerprint()
        assert fingerprint() == first
        chembl.execute(
            "CREATE TABLE turned AS SELECT * FROM compound_structures ORDER BY molregno DESC",
            "DROP TABLE compound_structures",
            "RENAME TABLE turned TO compound_structures",
        )
        assert fingerprint() == first
        seen = {first}
        for change in (
            "UPDATE compound_properties SET acd_logd = '9.75' WHERE molregno = 3",
            "UPDATE compound_properties SET acd_logd = '' WHERE molregno = 41",  # NULL is not the empty text
            "INSERT INTO compound_properties VALUES (50, '1')",
            "INSERT INTO compound_structures VALUES (50, 'C', NULL)",
            "DELETE FROM compound_structures WHERE molregno = 1",
        ):
            chembl.execute(change)
            seen.add(fingerprint())
        assert len(seen) == 5  # a property without its structure is no row of the join

    def test_it_names_release_query_and_rows(
        self, chembl: Chembl, database_workflow: Workflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chembl.fill(*ALCOHOLS)
        assert database_workflow.source() == 0
        before = json.loads(capsys.readouterr().out)
        assert before["release"] == chembl.name
        assert before["rows"] == 40
        assert before["query"].endswith("WHERE cs.molregno = cp.molregno")
        assert "user" not in before  # the same data are the same, whoever asks
        chembl.execute(
            "CREATE TABLE version (name VARCHAR(20), creation_date DATETIME, comments TEXT)",
            "INSERT INTO version VALUES ('ChEMBL_23', '2017-05-01', ''), ('ChEMBL_24', '2018-04-23', ''), "
            "('InChI Software', '2024-01-01', '')",
        )
        assert database_workflow.source() == 0
        assert json.loads(capsys.readouterr().out) == before | {"release": "ChEMBL_24"}

    def test_ingest_reports_the_source_it_read(
        self, chembl: Chembl, database_workflow: Workflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chembl.fill(*ALCOHOLS)
        assert database_workflow.source() == 0
        pushed = capsys.readouterr().out
        (database_workflow.folder / "source.json").write_text(pushed)
        output = database_workflow.run().output
        assert json.loads((output / "report" / "source.json").read_text()) == json.loads(pushed) | {
            "user": None,
            "before": None,
        }
        assert "warning" not in capsys.readouterr().out
        chembl.execute("DELETE FROM compound_structures WHERE molregno = 1")
        output = database_workflow.run().output
        assert json.loads((output / "report" / "source.json").read_text())["rows"] == 39
        assert "the data have changed" in capsys.readouterr().out

    def test_database_down(self, database_workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
        database_workflow.options[3] = "1"
        assert "is the database running?" in failure(capsys, database_workflow.source())


def test_environment_names_the_database(
    chembl: Chembl, database_workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    chembl.fill(*ALCOHOLS)
    monkeypatch.setenv("CPSIGN_DATABASE_SOCKET", str(chembl.server.socket))
    database_workflow.options = database_workflow.options[4:]
    assert database_workflow.run().code == 0


def test_a_password_is_in_no_text_of_a_login() -> None:
    assert "secret" not in repr(database.Login("h", 1, None, "u", "secret"))


def test_cli_is_what_the_pipeline_calls(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["ingest"])
    assert stop.value.code == 2
    assert "--input" in capsys.readouterr().err


def test_pymysql_sends_one_statement_only(chembl: Chembl) -> None:
    connection = chembl.server.connect(chembl.name)
    with connection.cursor() as cursor, pytest.raises(pymysql.ProgrammingError):
        cursor.execute("SELECT 1; SELECT 2")
    connection.close()
