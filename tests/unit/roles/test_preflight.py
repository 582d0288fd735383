# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roles/preflight/files/look.py finds what is in the way, and names the fix."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles/preflight/files/look.py"
specification = importlib.util.spec_from_file_location("look", SCRIPT)
assert specification is not None
assert specification.loader is not None
look = importlib.util.module_from_spec(specification)
specification.loader.exec_module(look)

HELD = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"


@pytest.fixture
def own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("release", "problem"),
    [
        ('ID=debian\nVERSION_ID="12"', None),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"', None),
        ("ID=debian\nVERSION_CODENAME=forky", None),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"', None),
        ('ID=debian\nPRETTY_NAME="Debian GNU/Linux 11"\nVERSION_ID="11"', "Debian GNU/Linux 11 is too old"),
        ('ID=ubuntu\nPRETTY_NAME="Ubuntu 22.04"\nVERSION_ID="22.04"', "Ubuntu 22.04 is too old"),
        ('ID=fedora\nPRETTY_NAME="Fedora Linux 43"\nVERSION_ID=43', "is Fedora Linux 43: use Debian"),
    ],
)
def test_operating_system(tmp_path: Path, release: str, problem: str | None) -> None:
    file = tmp_path / "os-release"
    file.write_text(release)
    found = "".join(look.operating_system(file))
    assert problem in found if problem else found == ""


def test_no_operating_system_file(tmp_path: Path) -> None:
    assert "use Debian" in "".join(look.operating_system(tmp_path / "none"))


def test_missing_python_packages() -> None:
    assert list(look.python({"json": "json"})) == []
    (problem,) = look.python({"json": "json", "no_such_module": "no-such-package"})
    assert problem.endswith(f"{sys.executable} -m pip install no-such-package")


def test_sandbox_that_does_not_start(own_programs: Path) -> None:
    program(own_programs / "bwrap", "echo 'setting up uid map: Permission denied' >&2; exit 1")
    (problem,) = look.user_namespaces()
    assert "setting up uid map: Permission denied" in problem


@pytest.mark.parametrize(
    ("setting", "value", "user", "fix"),
    [
        ("user/max_user_namespaces", "0", 0, "sudo sysctl -w user.max_user_namespaces=10000"),
        ("user/max_user_namespaces", "96365", 0, None),
        ("kernel/unprivileged_userns_clone", "0", 1001, "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            1001,
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", 0, None),
    ],
)
def test_kernel_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, user: int, fix: str | None
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    found = "".join(look.closed_by_kernel(tmp_path))
    assert fix in found if fix else found == ""


@pytest.mark.parametrize(("version", "old"), [("1.8.0_392", True), ("10.0.2", True), ("11.0.22", False), ("25", False)])
def test_java(own_programs: Path, tmp_path: Path, version: str, old: bool) -> None:
    program(tmp_path / "jdk/bin/java", "exit 1")
    (tmp_path / "jdk/release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    (own_programs / "java").symlink_to(tmp_path / "jdk/bin/java")
    assert (f"is Java {version}" in "".join(look.java())) == old


def test_memory() -> None:
    assert list(look.memory(1)) == []
    assert "1000000000 MB are needed" in "".join(look.memory(10**9))


def test_home(tmp_path: Path) -> None:
    assert list(look.home(f"{tmp_path}/my models/é", "/tmp/run", 1)) == []


@pytest.mark.parametrize("character", [":", '"', "\\", ";", "#", "%", "$", "\n"])
def test_home_with_a_character_that_has_a_meaning(tmp_path: Path, character: str) -> None:
    (problem,) = look.home(f"{tmp_path}/a{character}b", "/tmp/run", 1)
    assert repr(character) in problem


def test_home_is_relative() -> None:
    (problem,) = look.home("models", "/tmp/run", 1)
    assert "not an absolute path" in problem


def test_home_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (problem,) = look.home(f"{tmp_path}/file", "/tmp/run", 1)
    assert f"{tmp_path}/file is a file" in problem


def test_home_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    (problem,) = look.home(f"{tmp_path}/new", "/tmp/run", 1)
    assert f"may not write to {tmp_path}," in problem


def test_sockets_below_a_long_path(tmp_path: Path) -> None:
    assert list(look.home(str(tmp_path), "/" + "x" * 82, 1)) == []
    (problem,) = look.home(str(tmp_path), "/" + "é" * 42, 1)
    assert "too long for a unix socket" in problem


def test_disk_space_for_a_first_run_only(tmp_path: Path) -> None:
    (problem,) = look.home(str(tmp_path), "/tmp/run", 10**9)
    assert "1000000000 MB are needed" in problem
    (tmp_path / "envs/workflow").mkdir(parents=True)
    (tmp_path / "envs/workflow/made-from").touch()
    assert list(look.home(str(tmp_path), "/tmp/run", 10**9)) == []


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of a program whose command line names a file below ``tmp_path``."""
    with subprocess.Popen(
        [sys.executable, "-c", HELD, f"{tmp_path}/pachd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
        process.kill()


def test_port_of_another_program(holder: tuple[int, int]) -> None:
    port, process = holder
    (problem,) = look.ports({"cpsign_pachd_port": port}, "/somewhere/else")
    assert f"Port {port} of 127.0.0.1 is held by process {process} " in problem
    assert "-e cpsign_pachd_port=PORT" in problem


def test_port_of_our_own_program(holder: tuple[int, int], tmp_path: Path) -> None:
    assert list(look.ports({"cpsign_pachd_port": holder[0]}, str(tmp_path))) == []


@pytest.mark.parametrize(
    ("family", "address", "in_the_way"),
    [
        (socket.AF_INET, "0.0.0.0", True),  # noqa: S104
        (socket.AF_INET6, "::", True),
        (socket.AF_INET, "127.0.0.2", False),
    ],
)
def test_port_of_other_addresses(family: socket.AddressFamily, address: str, in_the_way: bool) -> None:
    with socket.create_server((address, 0), family=family) as server:
        assert bool(list(look.ports({"port": server.getsockname()[1]}, "/home"))) == in_the_way


def test_port_that_is_free_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert list(look.ports({"port": port}, "/home")) == []


def test_root_is_needed_for_packages(own_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # a uid that has no name
    program(own_programs / "sudo", "exit 1")
    assert "sudo apt-get install maven bubblewrap" in "".join(look.root(["maven", "bubblewrap"]))
    program(own_programs / "sudo", "exit 0")
    assert list(look.root(["maven"])) == []


def test_all_in_one_list(tmp_path: Path) -> None:
    asked = {
        "home": f"{tmp_path}/a:b",
        "socket_dir": "/tmp/run",
        "ports": {},
        "python_packages": {"no_such_module": "no-such-package"},
        "missing_packages": [],
        "memory_mb": 10**9,
        "disk_mb": 10**9,
    }
    answer = subprocess.run(
        [sys.executable, SCRIPT], input=json.dumps(asked), capture_output=True, text=True, check=True
    ).stdout
    words = ["no-such-package", "of memory", "':'", "are free"]
    assert [word for word in words if not any(word in problem for problem in json.loads(answer))] == []
    assert list(tmp_path.iterdir()) == []
