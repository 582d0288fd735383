# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old and new models side by side: the report compares them, reproduce.yml trains an old one again."""

import json
from pathlib import Path

from .conftest import ROOT, TRAIN, Service

REPRODUCE = ROOT / "reproduce.yml"


def first_model(service: Service) -> str:
    """The commit of the first model that the service trained and still has."""
    folders = [path for path in (service.folder / "models/FreeSolv").iterdir() if path.name != "latest"]
    return min(folders, key=lambda folder: folder.stat().st_mtime_ns).name


def test_a_new_model_is_compared_with_the_one_before(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    latest = service.folder / "models/FreeSolv/latest"
    before = latest.readlink().name
    outcome = service.play(TRAIN, config=str(service.configuration("FreeSolv", "compared", cpsign={"seed": 4006})))
    assert outcome.code == 0, outcome.output
    metrics = json.loads((latest / "metrics.json").read_text())
    assert metrics["before"]["commit"] == before != latest.readlink().name
    assert 0 < metrics["before"]["shared"]["n"] <= metrics["test"]["n"]
    assert metrics["test_looks"] > 1


def test_an_old_commit_gives_the_same_model_and_changes_nothing(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    commit = first_model(service)
    before = service.commits(), service.job_sets()
    outcome = service.play(REPRODUCE, commit=commit)
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert "which still holds the same data" in outcome.output
    assert "the same model again, payload" in outcome.output
    assert (service.commits(), service.job_sets()) == before


def test_an_unknown_commit_is_refused_with_what_to_do(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    outcome = service.play(REPRODUCE, commit="f" * 32)
    assert outcome.code != 0
    assert "-e workflow=NAME" in outcome.output
    outcome = service.play(REPRODUCE, commit="f" * 32, workflow="FreeSolv")
    assert outcome.code != 0
    assert "Traceback" not in outcome.output
