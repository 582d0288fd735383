# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as ansible-playbook runs them: live lines, module_defaults, and no secret anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import TOKEN, Server
from test_every_module import CASES

CANARY = "canary-2b91"


def play(server: Server, tmp_path: Path, tasks: list[dict[str, object]], *options: str) -> tuple[int, str]:
    """Run tasks in a play of their own; the exit code, and all that was printed."""
    group = {"group/pharmbio.cpsign.pachyderm": {"address": server.address, "token": TOKEN}}
    book = [{"hosts": "localhost", "gather_facts": False, "module_defaults": group, "tasks": tasks}]
    path = tmp_path / "play.yml"
    path.write_text(yaml.safe_dump(book))
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
    }
    environment["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
    environment["ANSIBLE_ASYNC_DIR"] = str(tmp_path / "async")
    program = Path(sys.executable).parent / "ansible-playbook"
    command = [program, "-i", "localhost,", "-c", "local", *options, path]
    done = subprocess.run(command, env=environment, cwd=tmp_path, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def task(module: str, **arguments: object) -> dict[str, object]:
    return {"name": module.capitalize(), f"pharmbio.cpsign.pachyderm_{module}": arguments}


SPEC = {
    "pipeline": {"name": "p"},
    "transform": {"image": "alpine", "cmd": ["sh"], "stdin": ["sleep 1; cp /pfs/r/f /pfs/out/; grep -q good /pfs/r/f"]},
    "input": {"pfs": {"repo": "r", "glob": "/"}},
    "datum_tries": 1,
}


@pytest.mark.parametrize(("content", "code"), [("good", 0), ("bad", 2)])
def test_a_wait_shows_a_line_for_each_job(
    pachd: Pachd, server: Server, tmp_path: Path, content: str, code: int
) -> None:
    tasks = [
        task("repo", name="r"),
        task("pipeline", specs=[SPEC]),
        {**task("file", repo="r", path="/f", content=content), "register": "pushed"},
        task("job", commit_set="{{ pushed.commit }}", timeout=60),
    ]
    returned, output = play(server, tmp_path, tasks)
    assert returned == code, output
    end = "success" if content == "good" else "failure"
    assert re.search(rf"^ +\d+ s  p +{end} +\d/1 datums$", output, re.MULTILINE), output
    assert "Traceback" not in output


def test_a_timeout_counts_all_slices(pachd: Pachd, server: Server, tmp_path: Path) -> None:
    slow = {**SPEC, "transform": {"image": "alpine", "cmd": ["sleep", "60"]}}
    tasks = [
        task("repo", name="r"),
        task("file", repo="r", path="/f", content="x"),
        task("pipeline", specs=[slow]),
        task("job", pipeline="p", timeout=4),
    ]
    returned, output = play(server, tmp_path, tasks)
    assert returned == 2, output
    assert "(waited 4 s in all)" in output
    assert re.search(r"s  p +(created|starting|running) +0/[01] datums$", output, re.MULTILINE), output


def test_waiting_in_the_background_and_in_check_mode(pachd: Pachd, server: Server, tmp_path: Path) -> None:
    tasks = [
        task("repo", name="r"),
        task("file", repo="r", path="/f", content="good"),
        task("pipeline", specs=[SPEC]),
    ]
    wait = task("job", pipeline="p", timeout=60)
    returned, output = play(server, tmp_path, [*tasks, {**wait, "async": 60, "poll": 1}])
    assert returned == 0, output
    returned, output = play(server, tmp_path, [*tasks, wait], "--check", "--diff")
    assert returned == 0, output
    assert "changed=0" in output


class CommandLines(threading.Thread):
    """Everything that stood in a process list while this ran."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue


def test_no_secret_is_shown_anywhere(
    pachd: Pachd, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)  # not in the play itself: Ansible shows the lines of a task that fails
    value = "{{ lookup('ansible.builtin.env', 'CANARY') }}"
    tasks = [
        task("secret", name="s", data={"password": value}),
        task("secret", name="s", data={"password": value}),
        task("secret", name="s", data={"password": value + "-2"}),
        {**task("secret", secrets=[{"name": "t", "data": {"a": value}}, {"name": "u"}]), "ignore_errors": True},
        task("info", gather=["secrets"]),
        task("repo", name="r"),
        {**task("file", repo="r", path="/f", content="good"), "register": "pushed"},
        task("commit", commit_sets=["{{ pushed.commit }}"], state="dropped"),
        task("pipeline", specs=[SPEC], state="stopped"),
        task("job", pipeline="p", state="stopped"),
    ]
    assert {name for one in tasks for name in one if "." in name} == {f"pharmbio.cpsign.pachyderm_{m}" for m in CASES}
    watcher = CommandLines()
    watcher.start()
    returned, output = play(server, tmp_path, tasks, "-vvv", "--diff")
    watcher.over.set()
    watcher.join()
    assert returned == 0, output
    assert "secret s" in output, "the diff was shown"
    for forbidden in (CANARY, TOKEN):
        assert forbidden not in output
        assert not [line for line in watcher.seen if forbidden.encode() in line]
        left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "play.yml"]
        assert not [path for path in left if forbidden.encode() in path.read_bytes()]
    assert CANARY.encode() not in (server.root / "log").read_bytes()
