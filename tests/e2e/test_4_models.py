# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""models.yml, promote.yml and prune.yml: from trained to released, back again, and gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, TRAIN, Service

MODELS, PROMOTE, PRUNE = (ROOT / f"{name}.yml" for name in ("models", "promote", "prune"))


@pytest.fixture(scope="module")
def two(trained: tuple[Service, Path]) -> tuple[Service, str, str]:
    """The service with two models more: their commits, the older one first."""
    service, _unused = trained
    for seed in (21, 22):
        path = service.configuration("FreeSolv", "to release", cpsign={"seed": seed})
        outcome = service.play(TRAIN, config=str(path))
        assert outcome.code == 0, outcome.output
    newer, older = service.commits()[:2]
    return service, older, newer


def released(service: Service) -> str | None:
    """The head of branch release, None without the branch."""
    branches = service.client().list_branch("FreeSolv-aggregate")
    return next((info.head.id for info in branches if info.branch.name == "release"), None)


def written_down(service: Service, commit: str) -> dict[str, Any]:
    with service.client().get_file(("releases", "master"), f"/FreeSolv/{commit}.json") as file:
        record: dict[str, Any] = json.loads(file.read())
    return record


def test_another_seed_computes_no_descriptors_again(two: tuple[Service, str, str]) -> None:
    service, _older, newer = two
    jobs = {name: service.client().inspect_job(newer, f"FreeSolv-{name}") for name in ("precompute", "training")}
    counts = {name: (info.data_processed, info.data_skipped) for name, (info,) in jobs.items()}
    assert counts["precompute"] == (0, 1)
    assert counts["training"][0] > 0


def test_lists_all_models_and_compares_two(two: tuple[Service, str, str]) -> None:
    service, older, newer = two
    here = {path.name for path in (service.folder / "models/FreeSolv").iterdir()} - {"latest"}
    outcome = service.play(MODELS, workflow="FreeSolv")
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert [commit for commit in here if commit not in outcome.output] == []
    assert outcome.output.index(newer) < outcome.output.index(older)

    outcome = service.play(MODELS, compare=f"{older[:12]},{newer}", page="two models.html")
    assert outcome.code == 0, outcome.output
    assert older in outcome.output
    assert newer in (service.folder / "two models.html").read_text()


def test_only_what_passes_is_released(two: tuple[Service, str, str]) -> None:
    service, _older, newer = two
    outcome = service.play(PROMOTE, workflow="FreeSolv", models_test_rows=1000)
    assert outcome.code != 0
    assert "test compounds, 1,000 are wanted" in " ".join(outcome.output.split())
    assert released(service) is None

    assert service.play(PROMOTE, "--check", workflow="FreeSolv").code == 0
    assert released(service) is None

    outcome = service.play(PROMOTE, workflow="FreeSolv")
    assert outcome.code == 0, outcome.output
    assert released(service) == newer
    assert written_down(service, newer)["forced"] == ""
    assert service.play(PROMOTE, workflow="FreeSolv").changed == 0


def test_back_and_forth_without_training(two: tuple[Service, str, str]) -> None:
    service, older, newer = two
    assert service.play(PROMOTE, workflow="FreeSolv").code == 0
    before = service.job_sets()
    outcome = service.play(PROMOTE, workflow="FreeSolv", commit=older[:10], models_test_rows=1000, force="a drill")
    assert outcome.code == 0, outcome.output
    assert released(service) == older
    assert written_down(service, older)["forced"] == "a drill"
    assert written_down(service, older)["before"] == newer

    outcome = service.play(PROMOTE, workflow="FreeSolv", commit=newer, models_test_rows=1000)
    assert outcome.code == 0, outcome.output
    assert "it was released before" in outcome.output
    assert released(service) == newer

    assert service.play(PROMOTE, workflow="FreeSolv", commit=older).code == 0
    assert released(service) == older
    outcome = service.play(TRAIN, config=str(service.newest("FreeSolv", "to release")), promote="auto")
    assert outcome.code == 0, outcome.output
    assert released(service) == newer
    assert service.play(PROMOTE, workflow="FreeSolv", commit=older).code == 0
    assert service.job_sets() == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "No workflow is named"),
        ({"workflow": "Freesolv"}, "workflow=Freesolv is not one of cpsign_workflows"),
        ({"workflow": "FreeSolv", "commit": "0123abc"}, "no trained model has a commit '0123abc'"),
    ],
)
def test_what_can_not_be_released(trained: tuple[Service, Path], options: dict[str, str], says: str) -> None:
    outcome = trained[0].play(PROMOTE, **options)
    assert outcome.code != 0
    assert says in " ".join(outcome.output.split())


def test_prune_keeps_the_newest_and_the_released(two: tuple[Service, str, str]) -> None:
    service, older, newer = two
    assert service.play(PROMOTE, workflow="FreeSolv", commit=older, force="a drill").code == 0
    before = service.commits()
    outcome = service.play(PRUNE, "--check", keep=1)
    assert outcome.code == 0, outcome.output
    assert "would go" in outcome.output
    assert service.commits() == before

    outcome = service.play(PRUNE, keep=1)
    assert outcome.code == 0, outcome.output
    assert {path.name for path in (service.folder / "models/FreeSolv").iterdir()} == {older, newer, "latest"}
    assert len(service.commits()) < len(before)
    assert released(service) == older
    assert service.play(PRUNE, keep=1).changed == 0

    outcome = service.play(TRAIN, config=str(service.newest("FreeSolv", "to release")))
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert newer in outcome.output


def test_prune_wants_a_number(trained: tuple[Service, Path]) -> None:
    outcome = trained[0].play(PRUNE)
    assert outcome.code != 0
    assert "prune.yml -e keep=N" in outcome.output
