# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: what it says, and the codes it ends with. A user's mistake is told in one line, without a traceback."""

import os
import signal
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from client import TOKEN, Client, ServerProcess

from embedded_pachd.cli import main

COMMANDS = ["serve", "status", "fsck", "gc", "backup", "restore"]


@dataclass
class Run:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Run]


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command in this process, which saves its start, in `place`."""
    monkeypatch.chdir(place)
    umask = os.umask(0o022)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def call(*arguments: str) -> Run:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Run(code, *capsys.readouterr())

    yield call
    os.umask(umask)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all sorts of files that are not what they are taken for."""
    folder = tmp_path_factory.mktemp("with space")
    (folder / "file").write_text("x")
    (folder / "token").write_text(TOKEN)
    (folder / "empty").touch()
    (folder / "binary").write_bytes(b"\xff\xfe\x00")
    (folder / "list.yml").write_text("- a")
    (folder / "broken.yml").write_text("{")
    (folder / "relative.yml").write_text("images: {a: {path: b}}")
    (folder / "types.yml").write_text("images: {a: {bind: /usr}}")
    (folder / "damaged").mkdir()
    (folder / "damaged/pachd.sqlite").write_text("no database" * 100)
    return folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(place / "running")
    yield running
    assert running.end() == 0


def test_help_and_version(run: Command) -> None:
    text = run("--help")
    assert text.returncode == 0
    assert all(command in text.stdout for command in COMMANDS)
    assert run("--version").returncode == 0
    for command in COMMANDS:
        assert run(command, "--help").stdout.startswith(f"usage: embedded-pachd {command}")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["serve"], ["backup", "--root", "x"], ["gc", "--fast"]])
def test_wrong_usage_is_2(run: Command, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("status --root none", "none holds no store"),
        ("fsck --root none", "none holds no store"),
        ("gc --root none", "none holds no store"),
        ("backup --root none --to b", "none holds no store"),
        ("restore --from none --root r", "none holds no complete backup"),
        ("restore --from damaged --root r", "damaged holds no complete backup"),
        ("status --root damaged", "damaged/pachd.sqlite is damaged (file is not a database): restore a backup"),
        ("fsck --root damaged", "restore a backup"),
        ("serve --root damaged", "restore a backup"),
        ("serve --root file", "file is a file: give a folder"),
        ("serve --root /proc/none", "/proc/none: No such file or directory"),
        ("serve --root r --token-file none", "none: No such file or directory"),
        ("serve --root r --token-file .", ".: Is a directory"),
        ("serve --root r --token-file empty", "empty is empty: it has to hold the token"),
        ("serve --root r --token-file binary", "binary holds no token"),
        ("serve --root r --address localhost", "localhost is no address: HOST:PORT is wanted"),
        ("serve --root r --address 127.0.0.1:99999", "with a port from 0 to 65535"),
        ("serve --root r --address 127.0.0.1:http", "HOST:PORT is wanted"),
        ("serve --root r --address 0.0.0.0:0", "can be reached from other machines"),
        ("serve --root r --tls-cert token", "--tls-cert and --tls-key belong together"),
        ("serve --root r --tls-cert token --tls-key token", "are not a certificate and its key"),
        ("serve --root r --tls-cert none --tls-key none", "No such file or directory"),
        ("serve --root r --images none.yml", "the images file none.yml is missing"),
        ("serve --root r --images list.yml", "must have a mapping 'images'"),
        ("serve --root r --images broken.yml", "broken.yml is not YAML"),
        ("serve --root r --images binary", "binary is not YAML"),
        ("serve --root r --images relative.yml", "folders must be absolute"),
        ("serve --root r --images types.yml", "bind a list of folders"),
    ],
)
def test_mistakes_are_told_in_a_line(run: Command, arguments: str, text: str) -> None:
    words = arguments.split()
    more = ["--address", "127.0.0.1:0"] if words[0] == "serve" and "--address" not in words else []
    done = run(*words, *more)
    assert done.returncode == 1
    assert text in done.stderr
    assert done.stderr.startswith("embedded-pachd: ")
    assert done.stderr.count("\n") == 1 or "YAML" in text  # which shows the place


def test_a_second_server_on_a_folder_or_a_port_is_refused(run: Command, server: ServerProcess) -> None:
    again = run("serve", "--root", "running", "--address", "127.0.0.1:0")
    assert (again.returncode, again.stderr) == (
        1,
        "embedded-pachd: another server has running open: stop it first, or give this one a folder of its own\n",
    )
    beside = run("serve", "--root", "beside", "--address", server.address)
    assert beside.returncode == 1
    assert f"cannot listen on {server.address}: is the port in use?" in beside.stderr


def test_the_tools_work_beside_the_server(run: Command, server: ServerProcess) -> None:
    client = Client(server.address)
    client.create_repo("r")
    client.put("r", iter([("/f", bytes(range(256)) * 1000)]))
    status = run("status", "--root", "running")
    assert status.returncode == 0
    assert "a server has it open" in status.stdout
    assert "repo       default/r  256.0 kB" in status.stdout
    checked = run("fsck", "--root", "running")
    assert (checked.returncode, checked.stdout) == (0, "no problem found\n")
    assert "reading 0 of 0 MB" in checked.stderr
    assert run("gc", "--root", "running").stdout.endswith("removed 0 nodes, 0 chunks, 0 packs\n")
    saved = run("backup", "--root", "running", "--to", "b")
    assert saved.stdout.splitlines() == ["copying the database", "copying pack 1 of 1", "the backup in b is complete"]
    assert run("restore", "--from", "b", "--root", "again").returncode == 0
    assert run("fsck", "--root", "again").stdout == "no problem found\n"
    refused = run("backup", "--root", "running", "--to", "running")
    assert (refused.returncode, refused.stderr) == (
        1,
        "embedded-pachd: running is neither empty nor a backup: give another folder\n",
    )
    client.close()


def test_damage_is_found(run: Command, place: Path, server: ServerProcess) -> None:
    pack = next((place / "running/packs").iterdir())
    data = pack.read_bytes()
    pack.write_bytes(data[:-1] + b"!")
    checked = run("fsck", "--root", "running")
    assert checked.returncode == 1
    assert "has other bytes than its name says" in checked.stdout
    assert checked.stdout.endswith("1 problems found\n")
    assert run("fsck", "--root", "running", "--quick").returncode == 0
    pack.write_bytes(data)


def test_all_that_is_written_is_its_owners_alone(place: Path, server: ServerProcess) -> None:
    for name in ("running", "b"):
        for path in [place / name, *(place / name).rglob("*")]:
            if not path.is_relative_to(place / name / "etc"):  # read-only copies of this machine's own
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert os.access(place, os.R_OK)
