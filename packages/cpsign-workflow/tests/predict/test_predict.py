# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of file in, every kind out; rows that can not be predicted say why, where they stand."""

import gzip
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from calling import predict, predicted, written
from freesolv_training import Training
from molecules import drugs
from rdkit import Chem

from cpsign_workflow import neighbours, standardisation
from cpsign_workflow.predict import inputs

PHENOL, BUTANE = "Oc1ccccc1", "CCCC"
UNREADABLE, SMALL = "unreadable structure", "fewer than 5 heavy atoms"


@pytest.fixture
def model(regression: Training) -> Path:
    return regression.model


def sdf(path: Path) -> Path:
    """Three records: phenol with two properties, something that is none, butane with another property."""
    blocks = [Chem.MolToMolBlock(Chem.MolFromSmiles(smiles)) for smiles in (PHENOL, BUTANE)]
    phenol, butane = (block.split("\n", 1)[1] for block in blocks)
    records = [
        f"phenol\n{phenol}>  <id>\n1\n\n>  <two lines>\nfirst\nsecond\n",
        "not one\n\n\nno counts\nM  END\n> 25 <id> (x)\n2\n",
        f"butane\r\n{butane}>  <other>\n3\n",
    ]
    path.write_bytes("".join(f"{record}\n$$$$\n" for record in records).encode())
    return path


def test_from_table_to_table_with_all_that_stood_in_it(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.tsv"
    source.write_text(
        f'id\tMy SMILES\tnote\n1\t{PHENOL}\t"a ""b"",\nc"\n2\t{BUTANE}\t\n3\t\t\n4\tC C\t\n5\t{PHENOL}\n\n'
    )
    found = predicted(model, source, tmp_path / "out.csv")
    assert [row["id"] for row in found] == ["1", "2", "3", "4", "5"]
    assert found[0]["note"] == 'a "b",\nc'
    assert list(found[0]) == [
        "id",
        "My SMILES",
        "note",
        "parent",
        "predicted",
        "lower 0.8",
        "upper 0.8",
        "distance",
        "error",
    ]
    fault = "2 fields, but the header has 3"
    assert [row["error"] for row in found] == ["", SMALL, "no structure", UNREADABLE, fault]
    assert [row["predicted"] == "" for row in found] == [False, True, True, True, True]
    assert float(found[0]["distance"]) == 0


def test_smiles_with_names(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text(f"SMILES Name\n{PHENOL}\ta phenol\n\nx!\n{BUTANE} butane\n")
    found = predicted(model, tmp_path / "in.smi", tmp_path / "out.jsonl", "--confidences", "0.9,0.999999")
    assert [(row["smiles"], row["name"], row["error"]) for row in found] == [
        (PHENOL, "a phenol", None),
        ("x!", "", UNREADABLE),
        (BUTANE, "butane", SMALL),
    ]
    assert found[0]["lower 0.9"] < found[0]["predicted"] < found[0]["upper 0.9"]
    assert found[0]["lower 0.999999"] is None, "an infinite interval"


def test_from_sdf_to_table(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.sdf.gz").write_bytes(gzip.compress(sdf(tmp_path / "plain.sdf").read_bytes()))
    found = predicted(model, tmp_path / "in.sdf.gz", tmp_path / "out.csv")
    assert list(found[0])[:5] == ["name", "id", "two lines", "other", "smiles"]
    assert [row["name"] for row in found] == ["phenol", "not one", "butane"]
    assert [row["id"] for row in found] == ["1", "2", ""]
    assert (found[0]["two lines"], found[2]["other"]) == ("first\nsecond", "3")
    assert [row["smiles"] for row in found] == [PHENOL, "", BUTANE]
    assert [row["error"] for row in found] == ["", UNREADABLE, SMALL]
    (tmp_path / "in.csv").write_text(f"smiles\n{PHENOL}\n")
    assert predicted(model, tmp_path / "in.csv", tmp_path / "same.csv")[0]["predicted"] == found[0]["predicted"]


def test_from_sdf_to_sdf_records_stay_as_they_are(model: Path, tmp_path: Path) -> None:
    assert predict(model, sdf(tmp_path / "in.sdf"), tmp_path / "out.sdf") == 0
    phenol, not_one, butane = Chem.SDMolSupplier(str(tmp_path / "out.sdf"))
    assert not_one is None
    assert phenol.GetProp("_Name") == "phenol"
    assert phenol.GetProp("two lines") == "first\nsecond"
    assert float(phenol.GetProp("lower 0.8")) < float(phenol.GetProp("predicted"))
    assert (butane.GetProp("other"), butane.GetProp("error")) == ("3", SMALL)
    assert not butane.HasProp("predicted")
    text = (tmp_path / "out.sdf").read_text().split("$$$$\n")[1]
    assert text.startswith("not one\n\n\nno counts\nM  END\n> 25 <id> (x)\n2\n\n")
    assert text.endswith(f">  <error>\n{UNREADABLE}\n\n")


def test_from_table_to_sdf_structures_are_drawn(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f'id,smiles\n"one\n1",{PHENOL}.[Na+].[Cl-]\n2,x!\n')
    assert predict(model, tmp_path / "in.csv", tmp_path / "out.sdf") == 0
    phenol, none = Chem.SDMolSupplier(str(tmp_path / "out.sdf"))
    assert phenol.GetNumAtoms() == 9
    assert len({tuple(place) for place in phenol.GetConformer().GetPositions()}) == 9
    assert phenol.GetProp("id") == "one 1"
    assert phenol.GetProp("parent") == PHENOL
    assert none.GetNumAtoms() == 0
    assert (none.GetProp("smiles"), none.GetProp("error")) == ("x!", UNREADABLE)


def test_the_last_line_counts_what_has_an_error(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(model, written(tmp_path / "in.csv", [PHENOL, "x!", PHENOL, BUTANE, "y!"]), tmp_path / "o.csv") == 0
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last[0].startswith("predict: 2 of 5 structures predicted, ")
    assert last[1] == f"predict: 3 with an error instead, the first in rows 2, 4, 5: {UNREADABLE} (2), {SMALL} (1)"


def test_the_same_again_does_not_touch_the_file(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = written(tmp_path / "in.csv", [PHENOL]), tmp_path / "out.csv"
    for expected in ("written", "the same as before"):
        assert predict(model, source, output) == 0
        assert expected in capsys.readouterr().out
        os.utime(output, (1, 1)) if expected == "written" else None
    assert output.stat().st_mtime == 1
    assert predict(model, source, output, "--confidences", "0.7") == 0
    assert output.stat().st_mtime > 1


@pytest.mark.parametrize(
    ("name", "content", "options", "says"),
    [
        ("in.csv", None, (), "there is no such file (input)"),
        ("in.csv", "", (), "the file is empty"),
        ("in.csv", "smiles,id\n\n", (), "there are no structures in it"),
        ("in.smi", "smiles\n", (), "there are no structures in it"),
        ("in.sdf", "\n\n", (), "there are no structures in it"),
        ("in.csv", "id,structure\n1,CCO\n", (), "0 of the columns id, structure have 'smiles' in their name"),
        ("in.csv", "smiles,raw_smiles\nC,C\n", (), "2 of the columns smiles, raw_smiles have 'smiles' in their name"),
        ("in.csv", "id,s\n1,CCO\n", ("--smiles", "S"), "there is no column 'S'; there are id, s"),
        ("in.csv", "id;smiles\n1;CCO\n", (), "there is one column, 'id;smiles'; name the delimiter: ';'"),
        ("in.csv", "smiles,error\nCCO,none\n", (), "would have two columns 'error'"),
        ("in.csv", "smiles,id,id\nCCO,1,2\n", (), "would have two columns 'id'"),
        ("in.csv", 'smiles\n"CCO\n', (), "unexpected end of data"),
        ("in.csv", b"smiles\n\xff\n", (), "not UTF-8 text"),
        ("in.csv.gz", "smiles\nCCO\n", (), "not a whole gzip file"),
        ("in.xlsx", "smiles\nCCO\n", (), "its name, which ends in one of .csv, .tsv, .smi, .smiles, .sdf"),
        ("in.csv", "smiles\nx!\nC\n", (), f"none of 2 structures can be predicted: {UNREADABLE} (1), {SMALL} (1)"),
        ("in.csv", "smiles\nCCO\n", ("--confidences", "0.8,1"), "confidences: 1 is not between 0 and 1"),
        ("in.csv", "smiles\nCCO\n", ("--confidences", "80"), "0.8 stands for 80 %"),
        ("in.csv", "smiles\nCCO\n", ("--confidences", "-0.1"), "-0.1 is not between 0 and 1"),
        ("in.csv", "smiles\nCCO\n", ("--confidences", "0,8"), "confidences: 0 is not between 0 and 1"),
        ("in.csv", "smiles\nCCO\n", ("--confidences", "high"), "'high' is not a number"),
    ],
)
def test_an_input_that_can_not_be_predicted(
    name: str,
    content: str | bytes | None,
    options: tuple[str, ...],
    says: str,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    before = set(tmp_path.iterdir())
    assert predict(model, tmp_path / name, tmp_path / "out.csv", *options) == 1
    message = capsys.readouterr().err
    assert says in message
    assert message.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("missing/out.csv", "there is no folder"),
        ("out.xlsx", "ends in one of .csv, .tsv, .jsonl, .sdf"),
        ("folder.csv", "this is a folder"),
        ("in.csv", "this is the input"),
    ],
)
def test_an_output_that_can_not_be(
    output: str, says: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "in.csv", [PHENOL])
    (tmp_path / "folder.csv").mkdir()
    assert predict(model, source, tmp_path / output) == 1
    assert says in capsys.readouterr().err
    assert source.read_text().endswith(f"{PHENOL}\n")


def zipped(path: Path, **entries: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_model_that_is_none(regression: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in.csv", [PHENOL])
    (tmp_path / "text.jar").write_text("no jar")
    cases = {
        tmp_path / "none.jar": "No such file or directory",
        tmp_path: "Is a directory",
        tmp_path / "text.jar": "not a jar file, or damaged",
        zipped(tmp_path / "zip.jar", readme="x"): "not a jar of CPSign",
        regression.precomputed / "precomputed.jar": "CPSign refused",
        regression.partial_models[1]: "split 1, 3, 4, 5 of 5 is missing; this is a part of a model",
    }
    for jar, says in cases.items():
        assert predict(jar, source, tmp_path / "out.csv") == 1
        message = capsys.readouterr().err
        assert says in message
        assert "Traceback" not in message
    assert not (tmp_path / "out.csv").exists()


def test_a_model_alone_gives_no_distances_and_says_so(
    model: Path, classification: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "model.jar"
    alone.write_bytes(model.read_bytes())
    source = written(tmp_path / "in.csv", [PHENOL])
    (row,) = predicted(alone, source, tmp_path / "out.jsonl")
    assert row["predicted"] is not None
    assert row["distance"] is None
    assert "warning: no distances to the training compounds" in capsys.readouterr().out
    other = classification.result / neighbours.FILE
    (tmp_path / neighbours.FILE).write_bytes(other.read_bytes())
    assert predict(alone, source, tmp_path / "out.jsonl") == 1
    assert "the training compounds of another model" in capsys.readouterr().err


def test_other_versions_of_what_standardises_are_told(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "in.csv", [PHENOL])
    assert predict(model, source, tmp_path / "out.csv") == 0
    assert "warning" not in capsys.readouterr().out
    here = standardisation.versions()
    monkeypatch.setattr(standardisation, "versions", lambda: here | {"rdkit": "2019.3.1"})
    assert predict(model, source, tmp_path / "out.csv") == 0
    said = capsys.readouterr().out
    assert f"standardised with rdkit {here['rdkit']}, these are with 2019.3.1" in said
    assert "chembl_structure_pipeline" not in said


def test_no_room_for_a_table_of_structures_is_told(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    assert predict(model, written(tmp_path / "in.csv", [PHENOL]), tmp_path / "out.csv") == 1
    assert f"{tmp_path / 'none'}: No such file or directory" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


PROGRAM = (sys.executable, "-m", "cpsign_workflow.cli", "predict")


def test_a_full_disk_is_told_and_what_was_there_stays(model: Path, tmp_path: Path) -> None:
    place, source = tmp_path / "small", tmp_path / "in.csv"
    place.mkdir()
    source.write_text("smiles,note\n" + f"{PHENOL},{'x' * 4000}\n" * 120)
    jail = ("bwrap", "--dev-bind", "/", "/", "--size", "100000", "--tmpfs", str(place), "--die-with-parent")
    script = 'echo before > "$0/out.csv"; "$@"; echo "code $?"; cat "$0/out.csv"; ls -A "$0"'
    command = (*PROGRAM, "--model", model, "--input", source, "--output", place / "out.csv")
    done = subprocess.run([*jail, "sh", "-c", script, place, *command], capture_output=True, text=True, check=True)
    assert done.stderr == (
        f"cpsign-workflow predict: {place / 'out.csv'}: No space left on device; what was there stays\n"
    )
    assert done.stdout.splitlines()[-3:] == ["code 1", "before", "out.csv"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_finds_nothing_half_done(ending: signal.Signals, model: Path, tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", drugs() * 5)
    output = tmp_path / "out"
    output.mkdir()
    command = (*PROGRAM, "--model", model, "--input", source, "--output", output / "out.csv")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not any(path.stat().st_size for path in output.iterdir()):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(ending)
        _unused, said = process.communicate()
    assert (process.returncode, said) == (130, "cpsign-workflow predict: interrupted\n")
    assert list(output.iterdir()) == []


def test_properties_of_a_record() -> None:
    record = "name\n\n\n  0  0\nM  END\n>  <a>\n1\n\n> 2 <b > 3> (4)\n\n>no name\nx\n\n>  <c>\n5\n6"
    assert inputs._properties(record) == {"a": "1", "b > 3": "", "c": "5\n6"}
