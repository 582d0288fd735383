# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One clear message, and nothing left behind, for data that cannot be modelled."""

import gzip
from pathlib import Path

import pytest

from cpsign_workflow import cli
from cpsign_workflow.parameters import (
    Nonconformity,
    PrecomputeParameters,
    Sampling,
    Scorer,
    TrainingParameters,
)

ALKANES = ["CCCCC", "CCCCCC", "CCCCCCC", "CCCCCCCC", "CCCCCCCCC", "CCCCCCCCCC"]


def precompute(folder: Path, rows: list[tuple[str, str]], labels: tuple[str, ...] = ()) -> int:
    (folder / "data").mkdir()
    (folder / "precomputed").mkdir()
    with gzip.open(folder / "data" / "compounds.tsv.gz", "wt", encoding="utf-8") as table:
        table.write("key\tsmiles\tvalue\n")
        table.writelines(f"KEY{number}\t{smiles}\t{value}\n" for number, (smiles, value) in enumerate(rows))
    kind = PrecomputeParameters("classification" if labels else "regression", labels, 1, 3, "standard", None)
    kind.write(folder / "precompute" / "parameters.json")
    options = ["--data", str(folder), "--parameters", str(folder), "--output", str(folder / "precomputed")]
    return cli.main(["precompute", *options])


def train(folder: Path, splits: tuple[int, ...] = (0,), total: int = 1) -> int:
    parameters = TrainingParameters(
        model_type="regression",
        predictor_type="ACP",
        index=1,
        splits=splits,
        total_splits=total,
        scorer=Scorer("LinearSVR", {}),
        nonconformity=Nonconformity("Normalized", None),
        sampling=Sampling("Random", 0.2),
        seed=1,
        model_name="few",
        model_version="1.0.0",
        model_category="",
    )
    parameters.write(folder / "training" / "parameters_1.json")
    options = ["--parameters", str(folder), "--precomputed", str(folder / "precomputed")]
    return cli.main(["train", *options, "--output", str(folder / "trained")])


def message(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


def test_no_compound_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("C", "1"), ("CC", "2"), ("C1CCCC", "3"), ("CCCCCC", "high")]
    assert precompute(tmp_path, rows) == 1
    text = message(capsys)
    assert "none of 4 compounds can be used" in text
    assert "fewer than 5 heavy atoms (2)" in text
    assert "structure not readable by CPSign (1)" in text
    assert "value not usable by CPSign (1)" in text
    assert list((tmp_path / "precomputed").iterdir()) == []


def test_a_class_without_compounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*((smiles, "low") for smiles in ALKANES), ("C", "high")]
    assert precompute(tmp_path, rows, ("low", "high")) == 1
    assert "no compound of class high can be used; left out: fewer than 5 heavy atoms (1)" in message(capsys)


def test_too_few_compounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert precompute(tmp_path, [(smiles, str(len(smiles))) for smiles in ALKANES]) == 0
    assert train(tmp_path) == 1
    assert "split 1 calibrates on 1 compounds; 4 are needed at confidence 80%: take more" in message(capsys)
    assert not (tmp_path / "trained").exists()


def test_a_split_that_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert precompute(tmp_path, [(smiles, str(len(smiles))) for smiles in ALKANES]) == 0
    assert train(tmp_path, splits=(4, 5), total=5) == 1
    assert "there are splits 1 to 5, listed are [6]" in message(capsys)


def test_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    PrecomputeParameters("regression", (), 1, 3, "standard", None).write(tmp_path / "precompute" / "parameters.json")
    options = ["--data", str(tmp_path), "--parameters", str(tmp_path), "--output", str(tmp_path)]
    assert cli.main(["precompute", *options]) == 1
    assert "compounds.tsv.gz: No such file or directory" in message(capsys)
