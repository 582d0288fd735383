# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real embedded pachd, and modules run against it as Ansible runs them."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.pharmbio.cpsign.plugins.module_utils._connection import Connection
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd

sys.path.insert(0, str(Path(__file__).parent))
from proxy import Proxy

ROOT = Path(__file__).resolve().parents[3]
MODULES = "ansible_collections.pharmbio.cpsign.plugins.modules"
TOKEN = "test-token"


@dataclass(frozen=True)
class Server:
    """A running embedded pachd."""

    address: str
    root: Path
    process: subprocess.Popen[str]


@contextmanager
def serving(folder: Path, address: str = "127.0.0.1:0", *options: str) -> Iterator[Server]:
    """A server that keeps its data below `folder`."""
    (folder / "token").write_text(TOKEN)
    program = os.environ.get("EMBEDDED_PACHD", str(ROOT / ".venvs" / "pachd" / "bin" / "embedded-pachd"))
    command = [program, "serve", "--root", str(folder / "root"), "--address", address]
    command += ["--token-file", str(folder / "token"), *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            listening = re.search(r"127\.0\.0\.1:\d+", line)
            assert listening, f"{line} {(folder / 'log').read_text()}"
            yield Server(listening.group(), folder, process)
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; each begins with it empty (see `pachd`)."""
    with serving(tmp_path_factory.mktemp("embedded pachd")) as running:  # with a space, on purpose
        yield running


@pytest.fixture
def pachd(server: Server) -> Iterator[Pachd]:
    """A connection to the server, which is empty."""
    connection = Pachd(Connection(address=server.address, token=TOKEN))
    emptied(connection)
    yield connection
    connection.close()


def emptied(pachd: Pachd) -> None:
    """Take everything out of a server."""
    for service in ("pps", "pfs", "transaction"):
        pachd.call(f"{service}.DeleteAll")
    for info in pachd.call("pps.ListSecret").get("secret_info", ()):
        pachd.call("pps.DeleteSecret", {"secret": info["secret"]})


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """The same server, with every call written down."""
    between = Proxy(server.address)
    yield between
    between.stop()


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(proxy: Proxy, pachd: Pachd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module in this process: `run("repo", name="config", check=True)` gives what it answers."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("PACHD_ADDRESS", "PACH_CONFIG", "PACH_PYTHON_AUTH_TOKEN"):
        monkeypatch.delenv(variable, raising=False)

    warned: list[tuple[str, bool]] = []
    output = io.StringIO()
    # Where the warning ends up depends on whether Ansible's own side was imported into this process too.
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, text: warned.append((text, output.tell() == 0)))

    def module(module_name: str, /, check: bool = False, **arguments: Any) -> dict[str, Any]:
        main = importlib.import_module(f"{MODULES}.pachyderm_{module_name}").main
        given = {"address": proxy.address, "token": TOKEN, "connect_timeout": 5, "_ansible_diff": True, **arguments}
        given.update(_ansible_check_mode=check, _ansible_remote_tmp=str(tmp_path))
        output.seek(0)
        output.truncate()
        with patch_module_args(given), redirect_stdout(output), suppress(SystemExit):
            main()
        answer: dict[str, Any] = json.loads(output.getvalue().strip().splitlines()[-1])
        answer["warnings"] = [text for text, in_time in warned if in_time]  # after the answer it would be lost
        warned.clear()
        return answer

    return module
