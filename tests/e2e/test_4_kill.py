# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 in the middle of a training: of a step, and of the server."""

import os
import signal
from pathlib import Path

from .conftest import STATUS, TRAIN, Service, finish, wait_for


def test_killed_step_fails_the_training_and_the_next_run_tries_again(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    path = service.configuration("FreeSolv", "killed step", cpsign={"seed": 6})
    training = service.start(TRAIN, config=str(path))
    for process in wait_for("a step to run", lambda: service.processes("python", "cpsign-workflow", " train ")):
        os.kill(process, signal.SIGKILL)
    outcome = finish(training)
    assert outcome.code != 0
    assert "FreeSolv-training" in outcome.output
    assert service.play(STATUS).code != 0

    outcome = service.play(TRAIN, config=str(path))
    assert outcome.code == 0, outcome.output
    assert service.play(STATUS).code == 0


def test_training_goes_on_after_the_server_was_killed(trained: tuple[Service, Path]) -> None:
    service, _unused = trained
    path = service.configuration("FreeSolv", "killed server", cpsign={"seed": 7})
    training = service.start(TRAIN, config=str(path))
    wait_for("a step to run", lambda: service.processes("cpsign-workflow", " train "))
    for process in service.processes("embedded-pachd", "serve"):
        os.kill(process, signal.SIGKILL)
    outcome = finish(training)
    assert outcome.code == 0, outcome.output
    assert (service.folder / "models/FreeSolv/latest/model.jar").is_file()
