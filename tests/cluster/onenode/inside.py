# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first process inside a node's namespaces: prepares mounts and network, then becomes the supervisor.

    python -m onenode.inside NAME

It prints a line when the namespaces are there, and goes on at a line from the starter, who has attached the network by
then. When the starter is killed in between, it ends, and the namespaces with it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .command import run
from .layout import OWN_FOLDERS, Node

# Kernel settings that kubelet would change for the whole machine. It is shown the values that it wants instead.
WANTED_BY_KUBELET = {
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
}


def mounts(node: Node) -> None:
    """Give the node folders of its own; shared with pods, so that these receive the volumes that kubelet mounts."""
    run("mount", "--make-rshared", "/")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    # A place to make missing folders in: those of the machine stay as they are.
    layers = [Path("/run/var-lib/upper"), Path("/run/var-lib/work")]
    for layer in layers:
        layer.mkdir(parents=True)
    options = "lowerdir=/var/lib,upperdir={},workdir={}".format(*layers)
    run("mount", "-t", "overlay", "-o", options, "overlay", "/var/lib")
    for folder in OWN_FOLDERS:
        node.own(folder).mkdir(parents=True)
        Path(folder).mkdir(exist_ok=True)
        run("mount", "--bind", node.own(folder), folder)
    for name, value in WANTED_BY_KUBELET.items():
        shown = node.folder / "kernel" / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n")
        run("mount", "--bind", shown, f"/proc/sys/{name}")


def network(node: Node) -> None:
    """Only the machine and the pods can be reached: no way out, so nothing is pulled and nothing called by accident."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{node.address}/30", "dev", "node")
    run("ip", "link", "set", "node", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def main(name: str) -> None:
    node = Node(name)
    print("ready", flush=True)
    if not sys.stdin.readline():
        sys.exit("the starter of the node has ended")
    mounts(node)
    network(node)
    os.chdir("/")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the starter reads no more
    settings = str(node.folder / "settings/supervisord.conf")
    os.execv(sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-c", settings])  # noqa: S606 - takes this process's place as the first


if __name__ == "__main__":
    main(sys.argv[1])
