# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""setup.yml from nothing, again, and where it must refuse."""

import socket
from pathlib import Path

from .conftest import ROOT, SETUP, Service, finish


def test_port_in_use_is_found_before_anything_is_made(tmp_path: Path, fresh: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = fresh.play(SETUP, cpsign_home=str(tmp_path / "other"), cpsign_pachd_port=port)
    assert outcome.code != 0
    assert str(port) in outcome.output
    assert "Traceback" not in outcome.output
    assert not (tmp_path / "other").exists()


def test_second_setup_changes_nothing_and_shows_no_secret(service: Service) -> None:
    files = ("secrets/chembl-reader/password", "secrets/cpsign-admin/password", "pachd/token")
    secrets = [(service.home / file).read_text().strip() for file in files]
    before = service.commits(), service.job_sets()
    outcome = service.play(SETUP, "-vvv", "--diff")
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert (service.commits(), service.job_sets()) == before
    assert [secret for secret in secrets if secret in outcome.output] == []


def test_too_many_workflows_are_refused_before_anything_is_made(service: Service) -> None:
    before = {info.pipeline.name for info in service.client().list_pipeline()}
    workflows = [{"name": f"W{number}"} for number in range(5)]
    outcome = service.play(SETUP, cpsign_workflows=workflows)
    assert outcome.code != 0
    assert "it allows 16 in all" in " ".join(outcome.output.split())
    assert {info.pipeline.name for info in service.client().list_pipeline()} == before


def test_playbooks_work_from_their_folder_and_by_their_collection_names(service: Service) -> None:
    for playbook, folder in (("status.yml", ROOT / "playbooks"), ("pharmbio.cpsign.status", service.folder)):
        outcome = finish(service.start(playbook, cwd=folder, settings=False))
        assert outcome.code == 0, outcome.output
        assert "FreeSolv" in outcome.output
