# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ingestion from files: tables and SDF, gzipped or not, whole or broken."""

import csv
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable

import pytest
from molecules import data_file
from workflows import Workflow

MakeWorkflow = Callable[[str, str | bytes], Workflow]
TABLE = "smiles,value\n" + "".join(f"{'C' * length}O,{length / 4}\n" for length in range(1, 41))


def test_freesolv_as_it_comes(file_workflow: MakeWorkflow) -> None:
    content = data_file("freesolv.csv").read_bytes()
    workflow = file_workflow("freesolv.csv", content)
    workflow.configuration["source"] |= {"value": "expt"}
    workflow.configuration["test"] = {}
    result = workflow.run()
    report = result.report()
    rows = report["rows"]
    assert rows["read"] == len(list(csv.reader(content.decode().splitlines()))) - 1
    assert rows["read"] == rows["used"] + sum(rows["dropped"].values())
    assert 0.1 < report["test"] / rows["used"] < 0.2  # default share 0.15 of 630 compounds
    source = json.loads((result.output / "report" / "source.json").read_text())
    assert source["fingerprint"] == hashlib.sha256(content).hexdigest()
    assert (source["file"], source["rows"]) == ("freesolv.csv", rows["read"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", TABLE),
        ("t.csv", "\ufeff" + TABLE.replace("\n", "\r\n") + "\r\n"),
        ("t.csv.gz", gzip.compress(TABLE.encode())),
        ("t.tsv", TABLE.replace(",", "\t")),
        ("t.smi.gz", gzip.compress(TABLE.replace(",", "\t").encode())),
    ],
)
def test_every_form_of_a_table_gives_the_same_compounds(
    name: str, content: str | bytes, file_workflow: MakeWorkflow
) -> None:
    result = file_workflow(name, content).run()
    assert result.code == 0
    assert len(result.compounds()) == 40


def test_delimiter_of_ones_own(file_workflow: MakeWorkflow) -> None:
    workflow = file_workflow("t.csv", TABLE.replace(",", ";"))
    workflow.configuration["source"]["delimiter"] = ";"
    assert len(workflow.run().compounds()) == 40


def test_sdf_with_the_line_ends_of_windows(file_workflow: MakeWorkflow) -> None:
    content = data_file("solubility.test.sdf").read_bytes().replace(b"\r\n", b"\n")
    outputs = []
    for ends in (b"\n", b"\r\n"):
        workflow = file_workflow("s.sdf", content.replace(b"\n", ends))
        workflow.configuration["source"] = {"file": "s.sdf", "value": "SOL"}
        outputs.append(workflow.run().compounds())
        shutil.rmtree(workflow.folder)
        shutil.rmtree(workflow.folder.parent / "out 1")
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 100


@pytest.mark.parametrize("zipped", [False, True])
def test_sdf(zipped: bool, file_workflow: MakeWorkflow) -> None:
    content = data_file("solubility.test.sdf").read_bytes()
    broken = b"broken\n\n\n  x\nM  END\n> <SOL>\n1\n\n$$$$\n"
    without_value = content.split(b"$$$$\n")[0].split(b"> <ID>")[0] + b"$$$$\n"
    content += broken + without_value
    name = "s.sdf.gz" if zipped else "s.sdf"
    workflow = file_workflow(name, gzip.compress(content) if zipped else content)
    workflow.configuration["source"] = {"file": name, "value": "SOL"}
    result = workflow.run()
    rows = result.report()["rows"]
    count = content.count(b"$$$$")
    assert rows["read"] == count
    assert rows["dropped"]["unreadable structure"] == 1
    assert rows["dropped"]["no value"] == 1
    assert f"record {count - 1}" in {row["smiles"] for row in result.table("report/dropped.tsv.gz")}
    assert json.loads((result.output / "report" / "source.json").read_text())["rows"] == count


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "t.csv: the file is empty"),
        ("t.csv", "smiles,value\n", "the source holds no rows"),
        ("t.csv", "smiles,value\nC,1\nCC,1,2\n", "t.csv:3: 3 fields, but the header has 2"),
        ("t.csv", "smiles,other\nC,1\n", "there is no column 'value'; there are smiles, other"),
        ("t.csv", "smiles;value\nC;1\n", "there is no column 'smiles'; there are smiles;value"),
        ("t.csv", "smiles,value,value\nC,1,1\n", "several columns 'value'"),
        ("t.csv", b"smiles,value\nC,\xe4\n", "not UTF-8 text"),
        ("t.csv", 'smiles,value\n"C,1\n', "unexpected end of data"),
        ("t.csv.gz", TABLE, "not a whole gzip file"),
        ("t.csv.gz", gzip.compress(TABLE.encode())[:-20], "not a whole gzip file"),
        ("t.csv.gz", gzip.compress(TABLE.encode())[:40] + bytes(99), "not a whole gzip file"),
        ("t.csv", TABLE.replace("\n", "\r"), "new-line character seen in unquoted field"),
    ],
)
def test_a_broken_file_ends_with_one_message(
    name: str,
    content: str | bytes,
    message: str,
    file_workflow: MakeWorkflow,
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = file_workflow(name, content).run()
    error = capsys.readouterr().err
    assert result.code == 1
    assert message in error
    assert "Traceback" not in error
    assert list(result.output.iterdir()) == []


def test_missing_file(file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    workflow = file_workflow("t.csv", TABLE)
    (workflow.folder / "t.csv").unlink()
    assert workflow.run().code == 1
    assert "there is no such file beside the configuration" in capsys.readouterr().err


def test_sdf_without_the_property(file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    workflow = file_workflow("s.sdf", data_file("solubility.test.sdf").read_bytes())
    workflow.configuration["source"] = {"file": "s.sdf", "value": "SO"}
    for step in (workflow.source, lambda: workflow.run().code):
        assert step() == 1
        assert "no record has a property 'SO' (source.value)" in capsys.readouterr().err


def test_quoted_fields_and_a_value_beyond_every_measure(file_workflow: MakeWorkflow) -> None:
    odd = 'CCN,"1e999"\nCCCN,"1\n2"\nCCCCN,"4,5"\n"C[C@H](N)C","3.5"\nCCCCCN," 2 "\nCCCCCCN,-inf\nCCCCCCCN,\U0001f9ea\n'
    result = file_workflow("t.csv", TABLE + odd).run()
    assert result.report()["rows"]["dropped"] == {
        "value has a comma where a number has its point": 1,
        "value is not a number": 4,
    }
    values = {row["smiles"]: row["value"] for row in result.compounds()}
    assert (values["C[C@H](N)C"], values["CCCCCN"]) == ("3.5", "2.0")
    assert ("CCCN", "1 2") in {(row["smiles"], row["value"]) for row in result.table("report/dropped.tsv.gz")}


def test_source_finds_the_file_in_another_folder(
    file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow = file_workflow("t.csv", TABLE)
    elsewhere = workflow.folder.parent / "data folder"
    elsewhere.mkdir()
    (workflow.folder / "t.csv").rename(elsewhere / "t.csv")
    workflow.options = ["--data-dir", str(elsewhere)]
    assert workflow.source() == 0
    assert json.loads(capsys.readouterr().out)["fingerprint"] == hashlib.sha256(TABLE.encode()).hexdigest()


def test_report_names_who_pushed(file_workflow: MakeWorkflow) -> None:
    workflow = file_workflow("t.csv", TABLE)
    (workflow.folder / "pushed.json").write_text('{"user": "ada"}')
    output = workflow.run().output
    assert json.loads((output / "report" / "source.json").read_text())["user"] == "ada"


def test_source_refuses_a_file_without_rows(file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    assert file_workflow("t.csv", "smiles,value\n").source() == 1
    assert "the source holds no rows" in capsys.readouterr().err


def test_another_delimiter_is_suspected(file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    assert file_workflow("t.csv", TABLE.replace(",", ";")).source() == 1
    assert 'set "delimiter": ";" in source' in capsys.readouterr().err
