# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""setup.yml over a service of an earlier version: what was trained then is there, and nothing is trained again."""

import json

from .conftest import ROOT, SETUP, STATUS, TRAIN, Service

TRAINED = "11d3fbeb56f9498b84abbdfddee2b16d"
PAYLOAD = "c71374044b58d7a8e047331b979cbba06220e30e25e8dfe15f28cd4a4959e1ce"


def test_nothing_is_trained_and_the_model_is_the_one_of_then(upgraded: tuple[Service, str]) -> None:
    service, said = upgraded
    assert f"the model of {TRAINED}, measured and reported anew" in said
    latest = service.folder / "models/Alkyls/latest"
    assert json.loads((latest / "metrics.json").read_text())["payload_sha256"] == PAYLOAD
    jobs = [info for info in service.client().list_job() if info.job_set.id != TRAINED]
    worked = {job.job.pipeline.name for info in jobs for job in info.jobs if job.data_processed}
    assert worked <= {"Alkyls-aggregate", "Alkyls-upload"}


def test_once_is_enough(upgraded: tuple[Service, str]) -> None:
    service, _unused = upgraded
    for playbook in (SETUP, TRAIN):
        outcome = service.play(playbook, config="configuration.json")
        assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert service.play(STATUS).code == 0


def test_the_model_of_then_is_still_there(upgraded: tuple[Service, str]) -> None:
    service, _unused = upgraded
    models = service.folder / "models/Alkyls"
    with service.client().get_file(("Alkyls-aggregate", TRAINED), "/model.jar") as file:
        assert file.read() == (models / TRAINED / "model.jar").read_bytes()
    newest = (models / "latest").readlink().name
    outcome = service.play(ROOT / "models.yml", compare=f"{TRAINED},{newest}")
    assert outcome.code == 0, outcome.output
    assert outcome.output.count(PAYLOAD) == 2
