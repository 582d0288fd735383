# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""predict.yml: a user's own structures, by the released model of a workflow, its newest or any file."""

import csv
import gzip
from pathlib import Path

import pytest

from .conftest import ROOT, Service

PREDICT, PROMOTE = ROOT / "predict.yml", ROOT / "promote.yml"


@pytest.fixture(scope="module")
def structures(trained: tuple[Service, Path]) -> Path:
    """A table of structures where ansible-playbook is called, one of them unreadable."""
    path = trained[0].folder / "my structures.csv"
    path.write_text("name,smiles\nphenol,Oc1ccccc1\nnone,x!\nanilinium chloride,[Cl-].[NH3+]c1ccccc1\n")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_model_predicts_and_the_same_again_changes_nothing(trained: tuple[Service, Path], structures: Path) -> None:
    service, _unused = trained
    latest = service.folder / "models/FreeSolv/latest/model.jar"
    options = {"model": str(latest), "input": structures.name, "output": "by model.csv", "confidences": "0.8,0.9"}
    outcome = service.play(PREDICT, "--check", **options)
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    output = service.folder / "by model.csv"
    assert not output.exists()

    outcome = service.play(PREDICT, **options)
    assert (outcome.code, outcome.changed) == (0, 1), outcome.output
    assert "2 of 3 structures predicted" in outcome.output
    phenol, none, salt = rows(output)
    assert float(phenol["lower 0.9"]) < float(phenol["lower 0.8"]) < float(phenol["predicted"])
    assert (phenol["distance"], phenol["error"]) == ("0.0", "")
    assert (none["predicted"], none["error"]) == ("", "unreadable structure")
    assert (salt["name"], salt["parent"], salt["error"]) == ("anilinium chloride", "Nc1ccccc1", "")
    assert service.play(PREDICT, **options).changed == 0


def test_the_released_model_is_fetched_and_asked(trained: tuple[Service, Path], structures: Path) -> None:
    service, _unused = trained
    commit = (service.folder / "models/FreeSolv/latest").readlink().name
    outcome = service.play(PROMOTE, workflow="FreeSolv", commit=commit, force="to predict")
    assert outcome.code == 0, outcome.output
    options = {"workflow": "FreeSolv", "input": structures.name, "output": "by release.csv"}
    elsewhere = service.folder / "models elsewhere"
    outcome = service.play(PREDICT, cpsign_models_dir=str(elsewhere), **options)
    assert outcome.code == 0, outcome.output
    assert f"FreeSolv/{commit}/model.jar, which is released" in " ".join(outcome.output.split())
    assert (elsewhere / "FreeSolv" / commit / "training.fps.gz").is_file()
    assert service.play(PREDICT, cpsign_models_dir=str(elsewhere), **options).changed == 0
    with gzip.open(service.folder / "models/FreeSolv/latest/predictions.tsv.gz", "rt") as lines:
        assert next(lines).startswith("key\tsmiles\tobserved\tpredicted")
    assert [row["error"] for row in rows(service.folder / "by release.csv")] == ["", "unreadable structure", ""]


def test_without_a_release_it_is_the_newest(trained: tuple[Service, Path], structures: Path) -> None:
    service, _unused = trained
    models = service.folder / "models of LogP"
    options = {
        "workflow": "LogP",
        "input": structures.name,
        "output": "by newest.csv",
        "cpsign_models_dir": str(models),
    }
    outcome = service.play(PREDICT, **options)
    assert outcome.code != 0
    assert "LogP has no model, neither released nor at" in " ".join(outcome.output.split())
    (models / "LogP").mkdir(parents=True)
    (models / "LogP/latest").symlink_to(service.folder / "models/FreeSolv/latest")
    outcome = service.play(PREDICT, **options)
    assert outcome.code == 0, outcome.output
    assert "LogP/latest/model.jar, the newest here: none is released" in " ".join(outcome.output.split())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"input": "my structures.csv"}, "One model, a file of structures and a file for the predictions"),
        ({"workflow": "Freesolv", "input": "my structures.csv"}, "workflow=Freesolv is not one of cpsign_workflows"),
        ({"model": "my structures.csv", "input": "my structures.csv"}, "not a jar file, or damaged"),
        ({"model": "models/FreeSolv/latest/model.jar", "input": "no.csv"}, "there is no such file (input)"),
    ],
)
def test_what_can_not_be_predicted(
    options: dict[str, str], says: str, trained: tuple[Service, Path], structures: Path
) -> None:
    service, _unused = trained
    outcome = service.play(PREDICT, output="nothing.csv", **options)
    assert outcome.code != 0
    assert says in " ".join(outcome.output.split())
    assert "Traceback" not in outcome.output
    assert not (service.folder / "nothing.csv").exists()
