# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``reproduce``: the same model again, or what differs."""

import shutil
import zipfile
from pathlib import Path

import pytest
from freesolv_training import Training

from cpsign_workflow import cli
from cpsign_workflow.digest import payload_sha256


def reproduce(training: Training) -> int:
    folders = {"config": training.folder / "config", "ingestion": training.ingestion, "result": training.result}
    return cli.main(["reproduce", *(part for name, folder in folders.items() for part in (f"--{name}", str(folder)))])


@pytest.fixture
def commit(regression: Training, tmp_path: Path) -> Training:
    """A copy of a finished training."""
    shutil.copytree(regression.folder, tmp_path / "commit")
    return Training(tmp_path / "commit", regression.cpsign)


def test_same_data_give_the_same_model(regression: Training, capsys: pytest.CaptureFixture[str]) -> None:
    assert reproduce(regression) == 0
    said = capsys.readouterr().out
    assert "from values.csv, which still holds the same data" in said
    assert f"the same model again, payload {payload_sha256(regression.model)}" in said


def test_data_that_changed_since_are_taken_as_ingestion_kept_them(
    commit: Training, capsys: pytest.CaptureFixture[str]
) -> None:
    with (commit.folder / "config" / "values.csv").open("a", encoding="utf-8") as table:
        table.write("CCCCCCCCCC,1.5\n")
    assert reproduce(commit) == 0
    assert "from the compounds that ingestion kept, because values.csv holds other data now" in capsys.readouterr().out


def test_another_model_fails_and_names_what_differs(commit: Training, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(commit.model) as original, zipfile.ZipFile(commit.folder / "other.jar", "w") as other:
        names = [name for name in original.namelist() if name.endswith("3.ncs")]
        for name in original.namelist():
            other.writestr(name, b"another" if name in names else original.read(name))
    shutil.move(commit.folder / "other.jar", commit.model)
    assert reproduce(commit) == 1
    error = capsys.readouterr().err
    assert f"not the same model: 1 of {len(zipfile.ZipFile(commit.model).namelist()) - 1} entries differ" in error
    assert names[0] in error
    assert "The versions are the same" in error
