# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""train.yml: a model, the same model, interrupted, side by side."""

import getpass
import json
import os
import signal
from pathlib import Path

import pymysql

from .conftest import TRAIN, Service, finish, wait_for


def models(service: Service) -> set[str]:
    return {path.name for path in (service.folder / "models/FreeSolv").iterdir()}


def test_training_leaves_a_model_a_report_and_figures(trained: tuple[Service, Path]) -> None:
    service, path = trained
    commit = service.commits()[0]
    assert models(service) == {commit, "latest"}
    latest = service.folder / "models/FreeSolv/latest"
    assert latest.readlink() == Path(commit)
    assert (latest / "configuration.json").read_bytes() == path.read_bytes()
    assert (latest / "model.jar").read_bytes()[:2] == b"PK"
    assert "<html" in (latest / "report.html").read_text()
    metrics = json.loads((latest / "metrics.json").read_text())
    assert metrics["rows"]["read"] == 642
    assert metrics["test"]["r2"] > 0.5
    assert {point["confidence"] for point in metrics["calibration"]} >= {0.05, 0.8, 0.95}
    assert len(metrics["payload_sha256"]) == 64


def test_same_configuration_again_changes_nothing_and_names_the_model(trained: tuple[Service, Path]) -> None:
    service, path = trained
    before = service.commits(), service.job_sets()
    outcome = service.play(TRAIN, config=str(path))
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert f"models/FreeSolv/{service.commits()[0]}/model.jar" in outcome.output
    assert (service.commits(), service.job_sets()) == before


def test_logp_from_the_database_is_a_good_and_valid_model(service: Service) -> None:
    outcome = service.play(TRAIN, config=str(service.configuration("LogP", "logP")))
    assert outcome.code == 0, outcome.output
    metrics = json.loads((service.folder / "models/LogP/latest/metrics.json").read_text())
    assert metrics["test"]["r2"] >= 0.9
    coverage = {point["confidence"]: point["coverage"] for point in metrics["calibration"]}
    assert 0.75 <= coverage[0.8] <= 0.88
    assert metrics["data"]["release"] == "chembl"
    assert metrics["user"]


def test_changed_data_train_again_and_the_same_do_not(service: Service) -> None:
    path = service.configuration("LogP", "changing data", query={"query_limit": 400})
    outcome = service.play(TRAIN, config=str(path))
    assert outcome.code == 0, outcome.output
    before = service.commits()
    outcome = service.play(TRAIN, config=str(path))
    assert (outcome.changed, service.commits()) == (0, before), outcome.output

    def change(by: float) -> None:
        connection = pymysql.connect(
            read_default_file=str(service.home / "mariadb/my.cnf"), user=getpass.getuser(), database="chembl"
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("UPDATE compound_properties SET alogp = alogp + %s", (by,))
            connection.commit()

    change(0.5)
    outcome = service.play(TRAIN, config=str(path))
    assert outcome.code == 0, outcome.output
    assert service.commits()[1:] == before
    change(-0.5)


def test_check_mode_pushes_nothing(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    before = service.commits(), service.job_sets()
    path = service.configuration("FreeSolv", "checked", cpsign={"seed": 2})
    outcome = service.play(TRAIN, "--check", config=str(path))
    assert outcome.code == 0, outcome.output
    assert (service.commits(), service.job_sets()) == before


def test_ctrl_c_then_again_follows_the_same_job_set(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    path = service.configuration("FreeSolv", "interrupted", cpsign={"seed": 3})
    first = service.start(TRAIN, config=str(path))
    wait_for("a step to run", lambda: service.processes("cpsign-workflow", " train "))
    os.killpg(first.pid, signal.SIGINT)
    assert finish(first).code != 0
    before = service.commits(), service.job_sets()

    second = service.start(TRAIN, config=str(path))
    other = service.configuration("FreeSolv", "at the same time", cpsign={"seed": 4})
    refused = service.play(TRAIN, config=str(other))
    assert refused.code != 0
    assert "is in training with another configuration" in " ".join(refused.output.split())

    outcome = finish(second)
    assert outcome.code == 0, outcome.output
    assert (service.commits(), service.job_sets()) == before
    assert (service.folder / "models/FreeSolv/latest").readlink() == Path(before[0][0])


def test_without_waiting_then_with(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    before = models(service)
    path = service.configuration("FreeSolv", "not waiting", cpsign={"seed": 5})
    outcome = service.play(TRAIN, config=str(path), wait="false")
    assert outcome.code == 0, outcome.output
    assert models(service) == before
    outcome = service.play(TRAIN, config=str(path))
    assert outcome.code == 0, outcome.output
    assert models(service) == before | {service.commits()[0]}
