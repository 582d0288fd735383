# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role supervisor, by supervisord: a program runs, is kept running, and is started again only when it changed."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
- hosts: localhost
  gather_facts: false
  roles:
    - pharmbio.cpsign.supervisor
  tasks:
    - ansible.builtin.include_role: {name: pharmbio.cpsign.supervisor, tasks_from: program}
"""
TEARDOWN = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: pharmbio.cpsign.supervisor, tasks_from: absent}
      vars: {supervisor_program_name: teller}
    - ansible.builtin.include_role: {name: pharmbio.cpsign.supervisor, tasks_from: teardown}
"""
# Answers every connection with its process id.
TELLER = """
import os, socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        with server.accept()[0] as connection:
            connection.sendall(str(os.getpid()).encode())
"""
# The user's table of cron, as the program crontab shows and replaces it, in a file.
CRONTAB = """#!/bin/sh
touch "$0.table"
if [ "$1" = -l ]; then cat "$0.table"; else cat "$1" > "$0.table"; fi
"""


@dataclass
class Machine:
    """A cpsign_home and what is run in it."""

    folder: Path
    port: int

    @property
    def crontab(self) -> Path:
        return self.folder / "bin/crontab"

    def cron_jobs(self) -> list[str]:
        """The commands that cron runs after a reboot."""
        lines = Path(f"{self.crontab}.table").read_text().splitlines()
        return [line.removeprefix("@reboot ") for line in lines if line.startswith("@reboot ")]

    def play(self, playbook: str, **variables: Any) -> tuple[int, str]:
        file = self.folder / "play.yml"
        file.write_text(playbook)
        variables = {"cpsign_home": f"{self.folder}/a home", "supervisor_manager": "supervisord", **variables}
        answer = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-e", json.dumps(variables), file],
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.returncode, answer.stdout + answer.stderr

    def run(self, version: str, *command: str, **variables: Any) -> tuple[int, str]:
        program = {
            "name": "teller",
            "command": [sys.executable, *command],
            "version": version,
            "log": f"{self.folder}/the teller.log",
            "port": self.port,
        }
        return self.play(PROGRAM, supervisor_program=program, **variables)

    def teller(self, version: str) -> int:
        """Have the teller run; the number of tasks that changed something."""
        script = self.folder / "the teller.py"
        script.write_text(TELLER)
        code, output = self.run(version, str(script), str(self.port))
        assert code == 0, output
        changed = re.search(r"changed=(\d+)", output)
        assert changed is not None
        return int(changed[1])

    def process(self, other_than: int = 0) -> int:
        """Process id of the teller that answers, when it is another than this one."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    process = int(connection.recv(20) or other_than)  # nothing from one that was just killed
            except OSError:
                process = other_than
            if process != other_than:
                return process
            time.sleep(0.1)
        raise AssertionError("no teller answers")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    machine = Machine(tmp_path_factory.mktemp("supervisor"), port)
    machine.crontab.parent.mkdir()
    machine.crontab.write_text(CRONTAB)
    machine.crontab.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(machine.crontab.parent), prepend=os.pathsep)
        yield machine
        code, output = machine.play(TEARDOWN, remove_data=True)
    assert code == 0, output
    assert machine.cron_jobs() == []
    assert not (machine.folder / "a home").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_runs_and_is_started_again_only_when_it_changed(machine: Machine) -> None:
    assert machine.teller("1") > 0
    first = machine.process()
    assert machine.teller("1") == 0
    assert machine.process() == first
    assert machine.teller("2") > 0
    assert machine.process() != first


def test_is_kept_running(machine: Machine) -> None:
    machine.teller("2")
    first = machine.process()
    os.kill(first, signal.SIGKILL)
    assert machine.process(other_than=first) != first


def test_starts_again_after_a_reboot(machine: Machine) -> None:
    machine.teller("2")
    first = machine.process()
    home = machine.folder / "a home"
    control = [home / "envs/supervisor/bin/supervisorctl", "-c", home / "supervisor/supervisord.conf", "pid"]
    supervisor = int(subprocess.run(control, capture_output=True, text=True, check=True).stdout)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(first, signal.SIGKILL)
    (job,) = machine.cron_jobs()
    subprocess.run(job, shell=True, check=True)  # noqa: S602  (as cron does)
    assert machine.process(other_than=first) != first


def test_end_of_the_log_is_shown_when_it_does_not_answer(machine: Machine) -> None:
    code, output = machine.run("3", "-c", "print('table compounds is full')", supervisor_timeout=3)
    assert code != 0
    assert f"teller does not answer on port {machine.port} of 127.0.0.1" in output
    assert f"{machine.folder}/the teller.log" in output
    assert "table compounds is full" in output
