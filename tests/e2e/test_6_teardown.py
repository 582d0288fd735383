# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""teardown.yml stops everything; data stay unless they are not wanted any more."""

from .conftest import SETUP, STATUS, TEARDOWN, TRAIN, Service


def test_teardown_stops_everything_and_keeps_data(trained: tuple[Service, object]) -> None:
    service, _unused = trained
    commits = service.commits()
    outcome = service.play(TEARDOWN)
    assert outcome.code == 0, outcome.output
    assert service.processes(str(service.home)) == []
    assert service.play(STATUS).code != 0

    assert service.play(SETUP).code == 0
    assert service.commits() == commits
    outcome = service.play(TRAIN, config=str(service.newest("FreeSolv", "after a teardown")))
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output


def test_teardown_with_remove_data_leaves_nothing_but_models(trained: tuple[Service, object]) -> None:
    service, _unused = trained
    outcome = service.play(TEARDOWN, remove_data=True)
    assert outcome.code == 0, outcome.output
    assert service.processes(str(service.home)) == []
    assert (service.folder / "models/FreeSolv/latest/model.jar").is_file()
    left = [path.name for path in service.home.iterdir()] if service.home.exists() else []
    assert left in ([], ["demo"])
