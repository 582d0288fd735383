# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that ingestion leaves: all of it or nothing."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workflows import Workflow

from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import processes
from cpsign_workflow.ingest.external_sort import ExternalSort
from cpsign_workflow.parameters import PrecomputeParameters, TrainingParameters

MakeWorkflow = Callable[[str, str | bytes], Workflow]
TABLE = "smiles,value\n" + "".join(f"{'C' * length}O,{length / 4}\n" for length in range(1, 41))


def test_layout(file_workflow: MakeWorkflow) -> None:
    workflow = file_workflow("t.csv", TABLE)
    workflow.configuration |= {"parallellism": {"splits_per_model": 2}}
    output = workflow.run().output
    assert sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()) == [
        "data/compounds.tsv.gz",
        "precompute/parameters.json",
        "report/configuration.json",
        "report/dropped.tsv.gz",
        "report/ingestion.json",
        "report/source.json",
        "test/compounds.tsv.gz",
        "training/parameters_1.json",
        "training/parameters_2.json",
        "training/parameters_3.json",
    ]
    files = [TrainingParameters.read(output / "training" / f"parameters_{index}.json") for index in (1, 2, 3)]
    assert [file.splits for file in files] == [(0, 1), (2, 3), (4,)]
    assert [file.index for file in files] == [1, 2, 3]
    assert PrecomputeParameters.read(output / "precompute" / "parameters.json").model_type == "regression"
    report = json.loads((output / "report" / "configuration.json").read_text())
    assert report == workflow.configuration


def test_a_training_parameter_changes_training_files_only(file_workflow: MakeWorkflow) -> None:
    workflow = file_workflow("t.csv", TABLE)
    first = workflow.run().output
    workflow.configuration["cpsign"] |= {"cost": 2, "seed": 7}
    second = workflow.run().output

    def same(name: str) -> bool:
        return (first / name).read_bytes() == (second / name).read_bytes()

    assert same("data/compounds.tsv.gz")
    assert same("test/compounds.tsv.gz")
    assert same("precompute/parameters.json")
    assert not same("training/parameters_1.json")


def test_bytes_do_not_depend_on_the_processes_that_read_structures(
    file_workflow: MakeWorkflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = file_workflow("t.csv", TABLE + "c1ccccc,1\nCC(=O)O[Na],2\nOCC,0.6\n")
    first = workflow.run().output
    monkeypatch.setattr(processes, "FEW", 5)
    monkeypatch.setattr(processes, "BATCH", 7)
    second = workflow.run().output
    for name in ("data/compounds.tsv.gz", "test/compounds.tsv.gz", "report/dropped.tsv.gz"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_folder_with_something_in_it_is_refused(
    file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "out 1").mkdir()
    (tmp_path / "out 1" / "kept").touch()
    assert file_workflow("t.csv", TABLE).run().code == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out 1").iterdir()] == ["kept"]


def test_no_room_for_the_output_leaves_nothing(file_workflow: MakeWorkflow, tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: both end in a failing write."""
    workflow = file_workflow("t.csv", TABLE)
    workflow.write()
    output = tmp_path / "out"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cpsign_workflow.cli",
            "ingest",
            "--input",
            str(workflow.folder),
            "--output",
            str(output),
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "File too large" in done.stderr
    assert list(output.iterdir()) == []


@pytest.mark.parametrize("named", [True, False])
def test_the_model_before_is_passed_on_when_it_was_pushed_with_this_configuration(
    named: bool, file_workflow: MakeWorkflow
) -> None:
    workflow = file_workflow("t.csv", TABLE)
    (workflow.folder / "before").mkdir()
    (workflow.folder / "before" / "metrics.json").write_text("{}")
    pushed = {"user": "ada"} | ({"before": "4f2a"} if named else {})
    (workflow.folder / "pushed.json").write_text(json.dumps(pushed))
    report = workflow.run().output / "report"
    assert json.loads((report / "source.json").read_text())["before"] == pushed.get("before")
    assert (report / "before" / "metrics.json").exists() == named


class TestSort:
    def test_more_than_its_memory(self, tmp_path: Path) -> None:
        rows = 700_000  # 70 MB, twice what sort may hold
        with ExternalSort(tmp_path) as lines:
            for number in range(rows):
                lines.add(f"{number * 7_919 % rows:09d}", "x" * 90)
            assert list(tmp_path.iterdir())  # runs lie on the disk
            for expected, (key, _unused) in enumerate(lines.lines()):
                assert int(key) == expected
        assert expected == rows - 1
        assert list(tmp_path.iterdir()) == []

    def test_in_the_order_of_bytes(self, tmp_path: Path) -> None:
        words = ["b", "B", "a", "é", "c1", "C", "(", "[", "=O"]
        with ExternalSort(tmp_path) as lines:
            for word in words:
                lines.add(word)
            assert [word for (word,) in lines.lines()] == sorted(words, key=str.encode)

    def test_its_failure_is_told(self, tmp_path: Path) -> None:
        with ExternalSort(tmp_path / "..") as lines:
            lines._process.kill()
            lines._process.wait()
            with pytest.raises(UserError, match="sorting the rows failed"):
                lines.add("x" * 10_000_000)
