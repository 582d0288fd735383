# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of values that are no plain number."""

from collections.abc import Callable
from pathlib import Path

import pytest
from workflows import Chembl, Workflow, filler, table, values_of

from cpsign_workflow.ingest.values import Rejected

MakeWorkflow = Callable[[str, str | bytes], Workflow]
CLASSES = {"threshold": 6, "below": "weak", "above": "strong"}
HEADER = ("smiles", "value", "standard_relation")


@pytest.mark.parametrize(
    ("text", "relation", "expected"),
    [
        ("5", "", "5.0"),
        ("5.30", "=", "5.3"),
        ("=5.3", "", "5.3"),
        ("-0", "", "0.0"),
        ("5", ">", "censored value (<, > or ~)"),
        (">5", "", "censored value (<, > or ~)"),
        ("> 5", "=", "censored value (<, > or ~)"),
        ("≤5", "", "censored value (<, > or ~)"),
        ("5", "~", "censored value (<, > or ~)"),
        ("5", "about", "relation is none of = < <= > >= ~"),
        ("<>5", "", "relation is none of = < <= > >= ~"),
        ("5,3", "", "value has a comma where a number has its point"),
        ("<5,3", "", "value has a comma where a number has its point"),
        ("5,300,000", "", "value is not a number"),
        ("1_000", "", "value is not a number"),
        ("inf", "", "value is not a number"),
        ("high", "", "value is not a number"),
    ],
)
def test_regression_takes_exact_numbers_only(text: str, relation: str, expected: str, tmp_path: Path) -> None:
    value = values_of(tmp_path).read(text, relation)
    assert (value.reason if isinstance(value, Rejected) else value) == expected


@pytest.mark.parametrize(
    ("text", "relation", "expected"),
    [
        ("6", "=", "strong"),
        ("5.99", "", "weak"),
        ("6", ">", "strong"),
        ("6", ">=", "strong"),
        ("5.9", ">", None),  # 5.95 or 7
        ("6", "<", "weak"),  # whatever it is, it is under 6
        ("6", "<=", None),  # perhaps 6 itself, which is strong
        ("5.9", "<=", "weak"),
        ("6.1", "<", None),
        ("<<5", "", "weak"),
        ("9", "~", None),
    ],
)
def test_a_class_takes_what_is_certainly_on_one_side(
    text: str, relation: str, expected: str | None, tmp_path: Path
) -> None:
    values = values_of(tmp_path, classes=CLASSES)
    value = values.read(text, relation)
    if expected:
        assert value == expected
    else:
        assert value == Rejected("censored value that may be on either side of the threshold")


def test_censored_rows_are_counted_and_much_of_them_is_warned_of(
    file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    censored = [("CCO", "5", ">"), ("CCS", "4", "<"), ("CCF", "<4", ""), ("CCN", "4", "~"), ("CCCl", 4, ">")]
    exact = [(smiles, value, "=") for smiles, value in filler(5, 7)]
    result = file_workflow("t.csv", table(*censored, *exact, header=HEADER)).run()
    assert result.report()["censored"] == {
        "rows": 5,
        "share": 5 / 45,
        "kept": 0,
        "relations": {"<": 2, ">": 2, "~": 1},
    }
    assert result.report()["rows"]["dropped"] == {"censored value (<, > or ~)": 5}
    (warning,) = result.report()["warnings"]
    assert warning.startswith("5 of 45 rows (11%) are censored (<, > or ~); a regression can use none.")
    assert f"warning: {warning}" in capsys.readouterr().out
    assert {(row["smiles"], row["value"]) for row in result.table("report/dropped.tsv.gz")} == {
        ("CCO", ">5"),
        ("CCS", "<4"),
        ("CCF", "<4"),
        ("CCN", "~4"),
        ("CCCl", ">4"),
    }


def test_a_tenth_is_not_warned_of(file_workflow: MakeWorkflow) -> None:
    exact = [(smiles, value, "=") for smiles, value in filler(5, 7, number=45)]
    rows = [(smiles, 4, "<") for smiles in ("CCO", "CCS", "CCF", "CCCl", "CCBr")]
    assert file_workflow("t.csv", table(*rows, *exact, header=HEADER)).run().report()["warnings"] == []


def test_a_classification_keeps_certain_ones(file_workflow: MakeWorkflow) -> None:
    censored = [("CCO", 5, "<"), ("CCS", 7, ">"), ("CCF", 7, "<")]
    exact = [(smiles, value, "=") for smiles, value in filler(5, 7)]
    workflow = file_workflow("t.csv", table(*censored, *exact, header=HEADER))
    workflow.configuration |= {"classes": CLASSES, "cpsign": {"ptype": 1}}
    result = workflow.run()
    labels = {row["smiles"]: row["value"] for row in result.compounds()}
    assert (labels["CCO"], labels["CCS"], labels.get("CCF")) == ("weak", "strong", None)
    assert (result.report()["censored"]["rows"], result.report()["censored"]["kept"]) == (3, 2)


def test_decimal_commas_are_told(file_workflow: MakeWorkflow) -> None:
    report = file_workflow("t.csv", table(("CCO", "1,5"), *filler(1, 2))).run().report()
    assert report["warnings"] == ["1 values have a comma where a number has its point, and were left out"]


def test_nothing_but_decimal_commas(file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    assert file_workflow("t.csv", table(*filler("1,5", "2,5"))).run().code == 1
    assert "(value has a comma where a number has its point: 40)" in capsys.readouterr().err


def test_a_query_may_have_chembls_relation(chembl: Chembl, database_workflow: Workflow) -> None:
    chembl.fill(*((f"{'C' * length}O", str(length), None) for length in range(1, 41)))
    database_workflow.configuration["query"] = {
        "database_query": "SELECT IF(molregno <= 10, '>', NULL) AS standard_relation, acd_logd, canonical_smiles "
        "FROM compound_structures JOIN compound_properties USING (molregno)"
    }
    assert database_workflow.run().report()["censored"]["relations"] == {">": 10}
