# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service for all tests of this folder: set up once, below a folder with a space, torn down at the end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import python_pachyderm

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
SETUP, TRAIN, STATUS, TEARDOWN = (ROOT / f"{name}.yml" for name in ("setup", "train", "status", "teardown"))
LONG = 3600  # seconds after which something hangs, on the slowest machine


@dataclass(frozen=True)
class Outcome:
    """How a playbook ended."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """Sum of ``changed=`` over the recap; -1 without a recap."""
        recap = re.findall(r"changed=(\d+)", self.output)
        return sum(map(int, recap)) if recap else -1


@dataclass
class Service:
    """The service under test, and how to call its playbooks."""

    folder: Path
    ports: tuple[int, int]
    further: dict[str, Any] = field(default_factory=dict)
    started: ExitStack = field(default_factory=ExitStack)

    @property
    def home(self) -> Path:
        return self.folder / "home of cpsign"

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "cpsign_home": str(self.home),
            "cpsign_pachd_port": self.ports[0],
            "cpsign_mariadb_port": self.ports[1],
            **self.further,
        }

    def start(
        self, playbook: str | Path, *flags: str, cwd: Path | None = None, settings: bool = True, **extra: Any
    ) -> subprocess.Popen[str]:
        """A playbook in a process group of its own, so that it can get its Ctrl-C; with our ansible.cfg or without."""
        environment = os.environ | ({"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")} if settings else {})
        process = subprocess.Popen(
            [PLAYBOOK, playbook, *flags, "-e", json.dumps(self.variables | extra)],
            cwd=cwd or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.callback(end, process)
        return process

    def play(self, playbook: str | Path, *flags: str, **extra: Any) -> Outcome:
        """Run a playbook to its end."""
        return finish(self.start(playbook, *flags, **extra))

    def client(self) -> python_pachyderm.Client:
        token = (self.home / "pachd/token").read_text().strip()
        return python_pachyderm.Client(host="127.0.0.1", port=self.ports[0], auth_token=token)

    def commits(self) -> list[str]:
        """Ids of the commits in repo config, newest first."""
        return [info.commit.id for info in self.client().list_commit("config")]

    def job_sets(self) -> set[str]:
        """Ids of all job sets."""
        return {info.job_set.id for info in self.client().list_job()}

    def configuration(self, workflow: str, folder: str, **changes: Any) -> Path:
        """A copy of the demo's configuration with its data, changed; ``cpsign`` and ``query`` are merged."""
        target = self.folder / folder
        shutil.copytree(self.home / "demo" / workflow, target, dirs_exist_ok=True)
        path = target / "configuration.json"
        content = json.loads(path.read_text())
        for key, value in changes.items():
            content[key] = content[key] | value if isinstance(value, dict) else value
        path.write_text(json.dumps(content, indent=2))
        return path

    def newest(self, workflow: str, folder: str) -> Path:
        """The configuration of the newest model, whatever trained it: train.yml has nothing to train for it."""
        path = self.configuration(workflow, folder)
        shutil.copyfile(self.folder / "models" / workflow / "latest/configuration.json", path)
        return path

    def borrow_environments(self, other: Service) -> None:
        """Take another service's environments and jars, which take minutes to make; scripts name their folder."""
        for name in ("envs", "jars"):
            shutil.copytree(other.home / name, self.home / name, symlinks=True, copy_function=os.link)
        theirs, ours = (str(home).encode() for home in (other.home, self.home))
        for script in self.home.glob("envs/*/bin/*"):
            if not script.is_symlink() and theirs in (content := script.read_bytes()):
                script.unlink()
                script.write_bytes(content.replace(theirs, ours))
                script.chmod(0o755)

    def processes(self, *words: str) -> list[int]:
        """Processes whose command line holds this service's folder and all ``words``."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:
                continue
            if str(self.folder) in line and all(word in line for word in words) and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found


def finish(process: subprocess.Popen[str]) -> Outcome:
    output, _unused = process.communicate(timeout=LONG)
    return Outcome(process.returncode, output)


def end(process: subprocess.Popen[str]) -> None:
    """Stop a playbook that a failed test left behind, as Ctrl-C does: its workers have sessions of their own."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate()


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """What ``look`` returns, as soon as it is something."""
    limit = time.monotonic() + LONG
    while time.monotonic() < limit:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: waited {LONG} s in vain")


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _unused in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def living() -> Iterator[Service]:
    """A service in a new folder, before its setup; torn down at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cpsign end to end "))
    pachd, mariadb = free_ports(2)
    service = Service(folder, (pachd, mariadb))
    try:
        yield service
    finally:
        service.started.close()
        service.play(TEARDOWN, remove_data=True)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def fresh() -> Iterator[Service]:
    """The service before its setup."""
    with living() as service:
        yield service


@pytest.fixture(scope="session")
def service(fresh: Service) -> Service:
    """The service after setup.yml, with the demo's data."""
    outcome = fresh.play(SETUP)
    assert outcome.code == 0, outcome.output
    outcome = fresh.play(ROOT / "demo/data.yml")
    assert outcome.code == 0, outcome.output
    return fresh


@pytest.fixture(scope="session")
def trained(service: Service) -> tuple[Service, Path]:
    """The service after one training, and the configuration it was trained from."""
    path = service.configuration("FreeSolv", "my model")
    outcome = service.play(TRAIN, config="my model/configuration.json")
    assert outcome.code == 0, outcome.output
    return service, path


EARLIER = Path(__file__).parent / "earlier/service.tar.xz"
THEN = {
    "cpsign_database": "none",
    "cpsign_workflows": [{"name": "Alkyls"}],
    "pipelines_training_workers": 2,
    "pipelines_resources": {"training": {"heap": "512M"}},
}
"""The variables of the service in EARLIER."""


@pytest.fixture(scope="session")
def upgraded(service: Service) -> Iterator[tuple[Service, str]]:
    """An earlier version's service after today's setup.yml and train.yml, and what the latter said."""
    with living() as earlier:
        with tarfile.open(EARLIER) as archive:
            archive.extractall(earlier.folder, filter="data")
        (earlier.folder / "home").rename(earlier.home)
        earlier.borrow_environments(service)
        earlier.further.update(THEN)
        for playbook in (SETUP, TRAIN):
            outcome = earlier.play(playbook, config="configuration.json")
            assert outcome.code == 0, outcome.output
        yield earlier, outcome.output
