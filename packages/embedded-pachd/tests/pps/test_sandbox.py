# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step sees, how it ends, and that nothing of it stays."""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import command_lines

from embedded_pachd.pps import etc, leftovers
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.images import Environment
from embedded_pachd.pps.launch import sandboxed
from embedded_pachd.pps.process import TimedOut, run
from embedded_pachd.pps.sandbox import LINKED, Sandbox

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a space, as users have them."""
    made = tmp_path / "scratch of mine"
    for name in ("pfs", "tmp"):
        (made / name).mkdir(parents=True)
    etc.make(made / "etc")
    return made


@pytest.fixture
def sh(folder: Path) -> Run:
    def run_script(
        script: str, seconds: float | None = 60, cancellation: Cancellation | None = None, network: bool = False
    ) -> tuple[int, list[str]]:
        secret = {"/mnt/s/password": b"canary-5582"}
        sandbox = Sandbox(Environment(), folder / "etc", folder / "pfs", folder / "tmp", "/", network, secret)
        lines: list[str] = []
        with sandboxed(sandbox, {"PATH": "/usr/bin:/bin", "GREETING": "canary-5583"}, ["sh"]) as launch:
            code = run(launch, script.encode(), seconds, lines.append, cancellation or Cancellation())
        return code, lines

    return run_script


def running(word: str) -> list[str]:
    """Command lines of this machine's processes that contain a word."""
    lines = (line.replace(b"\0", b" ").decode() for _number, line in command_lines())
    return [line for line in lines if word in line]


def test_it_runs_and_tells_its_code(sh: Run) -> None:
    assert sh("echo out; echo err >&2; exit 7") == (7, ["out", "err"])


def test_the_root_has_only_what_belongs_there(sh: Run) -> None:
    _unused, names = sh("ls /")
    assert set(names) <= {"dev", "etc", "mnt", "pfs", "proc", "tmp", "usr", "var", *LINKED}
    assert {"pfs", "tmp", "usr"} <= set(names)


def test_it_cannot_read_this_machine(sh: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret token")
    for place in (
        tmp_path / "token",
        folder,
        Path.home(),
        Path("/root"),
        Path("/var/lib"),
        Path("/run"),
        Path("/etc/shadow"),
    ):
        code, _unused = sh(f"ls '{place}'")
        assert code != 0, place


def test_it_is_unprivileged_and_alone(sh: Run) -> None:
    _unused, (user, capabilities, processes, host) = sh(
        "id -u; grep CapEff /proc/self/status | cut -f2; ls /proc | grep -c '^[0-9]'; hostname"
    )
    assert (user, capabilities, host) == ("1000", "0" * 16, "step")
    assert int(processes) < 10


def test_the_systems_folders_are_read_only(sh: Run) -> None:
    for place in ("/usr/x", "/etc/x", "/usr/bin/sh"):
        code, _unused = sh(f"echo x > {place}")
        assert code != 0, place


def test_accounts_of_the_machine_are_not_shown(sh: Run) -> None:
    assert [line.split(":")[0] for line in sh("cat /etc/passwd")[1]] == ["root", "step"]


def test_only_the_annotated_step_reaches_the_machines_network(sh: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        assert sh(f"bash -c '{connect}'")[0] != 0
        assert sh(f"bash -c '{connect}'", network=True)[0] == 0


def test_secrets_and_variables_are_there_but_on_no_command_line(sh: Run, folder: Path) -> None:
    code, lines = sh("cat /mnt/s/password; echo; echo $GREETING; stat -f -c %T /mnt/s; cat /proc/*/cmdline")
    assert code == 0
    assert lines[:3] == ["canary-5582", "canary-5583", "tmpfs"]
    assert "canary" not in lines[3]
    assert not [file for file in folder.rglob("*") if file.is_file() and b"canary" in file.read_bytes()]


def test_the_end_of_the_command_is_the_end_of_everything(sh: Run) -> None:
    assert sh("setsid sleep 86399 > /dev/null 2>&1 & echo started") == (0, ["started"])
    assert running("sleep 86399") == []


def test_a_time_limit_kills_all_of_it(sh: Run) -> None:
    with pytest.raises(TimedOut):
        sh("sleep 86398 & sleep 86398", seconds=0.3)
    assert running("sleep 86398") == []


def test_a_time_limit_holds_for_a_silent_command(sh: Run) -> None:
    with pytest.raises(TimedOut):
        sh("exec > /dev/null 2>&1; sleep 86397", seconds=0.3)
    assert running("sleep 86397") == []


@pytest.mark.parametrize("delay", [0, 0.001, 0.002, 0.004, 0.008, 0.016])
def test_it_can_be_cancelled_at_any_moment(sh: Run, delay: float) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(delay, cancellation.cancel)
    timer.start()
    code, _unused = sh("sleep 86396", cancellation=cancellation)
    assert code != 0
    assert running("sleep 86396") == []


def test_long_lines_and_odd_bytes_come_through(sh: Run) -> None:
    _unused, lines = sh("head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b'")
    assert "".join(lines[:-1]) == "x" * 200000
    assert lines[-1] == "a\ufffdb"


def test_leftovers_of_a_dead_server_are_killed(folder: Path) -> None:
    """A server that dies while a step is set up can leave it hanging: here one that we started ourselves."""
    environment = {"EMBEDDED_PACHD_STEP": f"{folder}/1/pfs"}
    pid = os.posix_spawn("/usr/bin/sleep", ["sleep", "86395"], environment)
    leftovers.remove(folder)
    _unused, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert not folder.exists()


def test_other_servers_steps_are_left_alone(folder: Path) -> None:
    pid = os.posix_spawn("/usr/bin/sleep", ["sleep", "86394"], {"EMBEDDED_PACHD_STEP": f"{folder} of others/pfs"})
    leftovers.remove(folder)
    time.sleep(0.1)
    assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def test_no_option_can_be_smuggled_in(folder: Path) -> None:
    sandbox = Sandbox(Environment(), folder / "etc", folder / "pfs", folder / "tmp")
    with pytest.raises(ValueError, match="NUL"), sandboxed(sandbox, {"A": "x\0--bind\0/\0/host"}, ["true"]):
        pass


def test_secrets_stay_off_the_disk_wherever_they_are_mounted(folder: Path) -> None:
    files = {"/tmp/s/password": b"canary-5584", "/pfs/s/password": b"canary-5584"}
    sandbox = Sandbox(Environment(), folder / "etc", folder / "pfs", folder / "tmp", "/", False, files)
    lines: list[str] = []
    with sandboxed(sandbox, {"PATH": "/usr/bin"}, ["cat", *files]) as launch:
        assert run(launch, b"", 60, lines.append, Cancellation()) == 0
    assert lines == ["canary-5584" * 2]
    assert not [file for file in folder.rglob("*") if file.is_file() and b"canary" in file.read_bytes()]
