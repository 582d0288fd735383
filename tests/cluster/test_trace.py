# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that has been stopped leaves the machine as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onenode import machine
from onenode.cgroups import CGROUPS
from onenode.command import run, wait_for
from onenode.inside import WANTED_BY_KUBELET
from onenode.layout import OWN_FOLDERS, Node
from onenode.programs import DEBIAN, Programs

NODE = Path(__file__).resolve().parent / "node.py"


def trace(node: Node) -> dict[str, Any]:
    """What a node could leave on the machine."""
    return {
        "processes": [
            entry.name
            for entry in Path("/proc").glob("[0-9]*")
            if str(node.folder) in _read(entry / "cmdline") or node.cgroup in _read(entry / "cgroup")
        ],
        "mounts": [line for line in _read(Path("/proc/self/mountinfo")).splitlines() if str(node.folder) in line],
        "links": [link["ifname"] for link in json.loads(run("ip", "-json", "link")) if node.name in link["ifname"]],
        "routes": [route for route in json.loads(run("ip", "-json", "route")) if f".{node.number}." in route["dst"]],
        "packet filter": run("nft", "list", "ruleset"),
        "cgroups": [folder for folder, _below, _files in os.walk(CGROUPS) if node.cgroup in folder],
        "folders": [folder for folder in (*OWN_FOLDERS, str(node.folder)) if Path(folder).exists()],
        "kernel": [_read(Path("/proc/sys") / name) for name in (*WANTED_BY_KUBELET, "net/ipv4/ip_forward")],
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node("trace")
    machine.stop(node)
    yield node
    machine.stop(node)


def test_stop_leaves_nothing(node: Node, programs: Programs) -> None:
    before = trace(node)
    machine.start(node, programs)
    machine.kubectl(node, programs, "run", "sleeper", f"--image={DEBIAN}", "--", "sleep", "infinity")
    machine.kubectl(node, programs, "wait", "--for=condition=Ready", "pod/sleeper", "--timeout=120s")
    running = trace(node)
    assert running["processes"]
    assert running["links"]
    assert running["cgroups"]
    machine.stop(node)
    assert trace(node) == before


@pytest.mark.usefixtures("programs")
def test_start_that_was_killed(node: Node) -> None:
    before = trace(node)
    start = subprocess.Popen([sys.executable, NODE, "--name", node.name, "start"], stdout=subprocess.DEVNULL)
    wait_for("node has processes", lambda: machine.process(node) is not None)
    os.kill(start.pid, signal.SIGKILL)
    start.wait()
    run(sys.executable, NODE, "--name", node.name, "stop")
    assert trace(node) == before
