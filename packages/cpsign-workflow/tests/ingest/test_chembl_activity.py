# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preset ``chembl_activity`` on a real server, in tables with the names and columns of ChEMBL's own schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from mariadb_server import Server
from workflows import Chembl, Workflow

Row = dict[str, Any]
EXACT: Row = {
    "standard_type": "IC50",
    "standard_relation": "=",
    "standard_units": "nM",
    "standard_flag": 1,
    "potential_duplicate": 0,
}


@pytest.fixture
def schema(mariadb: Server) -> Iterator[Chembl]:
    name = "chembl_35"
    mariadb.execute(f"CREATE DATABASE {name}", f"GRANT SELECT ON {name}.* TO reader@'%'")
    database = Chembl(mariadb, name)
    database.execute(
        "CREATE TABLE version (name VARCHAR(50), creation_date DATETIME, comments VARCHAR(2000))",
        "CREATE TABLE target_dictionary (tid BIGINT PRIMARY KEY, chembl_id VARCHAR(20), target_type VARCHAR(30))",
        "CREATE TABLE docs (doc_id BIGINT PRIMARY KEY, year INT)",
        "CREATE TABLE assays (assay_id BIGINT PRIMARY KEY, doc_id BIGINT, tid BIGINT, confidence_score SMALLINT, "
        "variant_id BIGINT)",
        "CREATE TABLE compound_structures (molregno BIGINT PRIMARY KEY, canonical_smiles VARCHAR(4000), "
        "standard_inchi_key VARCHAR(27))",
        "CREATE TABLE molecule_hierarchy (molregno BIGINT PRIMARY KEY, parent_molregno BIGINT, active_molregno BIGINT)",
        "CREATE TABLE activities (activity_id BIGINT PRIMARY KEY AUTO_INCREMENT, assay_id BIGINT, doc_id BIGINT, "
        "molregno BIGINT, standard_relation VARCHAR(50), standard_value DOUBLE, standard_units VARCHAR(100), "
        "standard_flag SMALLINT, standard_type VARCHAR(250), data_validity_comment VARCHAR(30), "
        "potential_duplicate SMALLINT, pchembl_value DECIMAL(4, 2))",
        "INSERT INTO version VALUES ('ChEMBL_35', '2024-12-01', '')",
        "INSERT INTO target_dictionary VALUES (1, 'CHEMBL205', 'SINGLE PROTEIN'), (2, 'CHEMBL206', 'SINGLE PROTEIN')",
        "INSERT INTO docs VALUES (1, 2001), (2, 2020), (3, NULL)",
        # of the target; of another; not sure of the target; of a mutant
        "INSERT INTO assays VALUES (1, 1, 1, 9, NULL), (2, 1, 2, 9, NULL), (3, 1, 1, 8, NULL), (4, 1, 1, 9, 7), "
        "(5, 2, 1, 9, NULL)",
    )
    yield database
    mariadb.execute(f"DROP DATABASE {name}")


def fill(schema: Chembl, *changes: Row) -> None:
    """Forty measured amines, half of them from 2020, and one more activity for each of ``changes``."""
    amines = [
        EXACT | {"molregno": number, "assay_id": 1 + number % 2 * 4, "doc_id": 1 + number % 2, "pchembl_value": 5}
        for number in range(1, 41)
    ]
    for amine in amines[:10]:
        amine["pchembl_value"] = 8
    others = [
        EXACT | {"molregno": 100 + number, "assay_id": 1, "doc_id": 1} | row for number, row in enumerate(changes)
    ]
    connection = schema.server.connect(schema.name)
    with connection.cursor() as cursor:
        for row in (*amines, *others):
            number = row["molregno"]
            cursor.execute("INSERT INTO compound_structures VALUES (%s, %s, NULL)", (number, "N" + "C" * number))
            columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
            cursor.execute(f"INSERT INTO activities ({columns}) VALUES ({places})", tuple(row.values()))  # noqa: S608
    connection.close()


@pytest.fixture
def preset(schema: Chembl, database_workflow: Workflow) -> Workflow:
    del database_workflow.configuration["query"]
    database_workflow.configuration["database"]["db_name"] = schema.name
    database_workflow.configuration["source"] = {"chembl_activity": {"target": "CHEMBL205", "type": "IC50"}}
    return database_workflow


def test_only_what_the_rules_let_in_is_read(schema: Chembl, preset: Workflow) -> None:
    fill(
        schema,
        {"pchembl_value": 6, "assay_id": 2},
        {"pchembl_value": 6, "assay_id": 3},
        {"pchembl_value": 6, "assay_id": 4},
        {"pchembl_value": 6, "standard_type": "Ki"},
        {"pchembl_value": 6, "standard_units": "ug.mL-1"},
        {"pchembl_value": 6, "potential_duplicate": 1},
        {"pchembl_value": 6, "data_validity_comment": "Outside typical range"},
        {"pchembl_value": None, "standard_value": 10},  # exact, but ChEMBL gives it no pChEMBL
        {"pchembl_value": 6.25, "potential_duplicate": None},
    )
    result = preset.run()
    assert result.report()["rows"] == {"read": 41, "used": 41, "dropped": {}}
    assert {row["value"] for row in result.compounds()} == {"5.0", "8.0", "6.25"}


@pytest.mark.parametrize(
    ("relation", "nanomolar", "label"),
    [
        (">", 10_000, "weak"),  # the pIC50 is under 5
        (">=", 10_000, "weak"),
        (">", 1_000, "weak"),  # under 6, the threshold
        (">=", 1_000, None),
        (">", 100, None),
        ("<", 100, "strong"),
        ("<=", 1_000, "strong"),
        ("<<", 1_000, "strong"),
        ("<", 10_000, None),
        ("~", 10, None),
    ],
)
def test_a_censored_value_is_turned(
    relation: str, nanomolar: float, label: str | None, schema: Chembl, preset: Workflow
) -> None:
    fill(
        schema,
        *({"pchembl_value": 8} for _unused in range(20)),
        {"standard_relation": relation, "standard_value": nanomolar, "molregno": 200},
    )
    preset.configuration |= {
        "classes": {"threshold": 6, "below": "weak", "above": "strong"},
        "cpsign": {"ptype": 1},
    }
    result = preset.run()
    labels = {row["smiles"]: row["value"] for row in result.compounds()}
    assert labels.get("N" + "C" * 200) == label
    assert result.report()["censored"]["rows"] == 1


def test_a_salt_is_its_parent(schema: Chembl, preset: Workflow) -> None:
    fill(schema)
    schema.execute(
        "INSERT INTO compound_structures VALUES (501, 'Cl.NCCc1ccccc1', 'GHHURQMJLARIDK-UHFFFAOYSA-N'), "
        "(502, 'NCCc1ccccc1', 'BHHGXPLMPWCGHP-UHFFFAOYSA-N')",
        "INSERT INTO molecule_hierarchy VALUES (501, 502, 502), (502, 502, 502)",
        "INSERT INTO activities (assay_id, doc_id, molregno, standard_relation, standard_units, standard_flag, "
        "standard_type, pchembl_value) VALUES (1, 1, 501, '=', 'nM', 1, 'IC50', 6), "
        "(5, 2, 502, '=', 'nM', 1, 'IC50', 7)",
    )
    result = preset.run()
    assert [row["value"] for row in result.compounds() if row["key"] == "BHHGXPLMPWCGHP"] == ["6.5"]
    assert result.report()["desalted"] == 0  # ChEMBL has said already what the parent is


def test_a_compound_without_structure_is_counted(schema: Chembl, preset: Workflow) -> None:
    fill(schema, {"pchembl_value": 6})
    schema.execute("DELETE FROM compound_structures WHERE molregno = 100")
    assert preset.run().report()["rows"]["dropped"] == {"no structure": 1}


def test_the_newest_papers_are_the_test(schema: Chembl, preset: Workflow) -> None:
    fill(schema, {"pchembl_value": 6, "doc_id": 3})
    preset.configuration["test"] = {"by": "time", "share": 0.3}
    report = preset.run().report()
    split = report["split"]
    assert 0 < split.pop("share_of_from_year") <= 1
    assert split == {"by": "time", "share": 0.3, "salt": "pharmbio.cpsign", "from_year": 2020}
    assert report["undated"] == 1


def test_the_source_names_release_and_query(
    schema: Chembl, preset: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(schema)
    assert preset.source() == 0
    printed = capsys.readouterr().out
    assert '"release": "ChEMBL_35"' in printed
    assert "targets.chembl_id = 'CHEMBL205'" in printed


def test_a_target_that_has_nothing(schema: Chembl, preset: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    fill(schema)
    preset.configuration["source"]["chembl_activity"]["target"] = "CHEMBL999"
    assert preset.run().code == 1
    assert "the source holds no rows" in capsys.readouterr().err


def test_a_database_that_is_not_chembl(chembl: Chembl, preset: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    preset.configuration["database"]["db_name"] = chembl.name
    assert preset.run().code == 1
    error = capsys.readouterr().err
    assert "target_dictionary' doesn't exist" in error
    assert "see source.chembl_activity, which wants ChEMBL's own tables" in error
