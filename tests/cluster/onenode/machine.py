# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and end a node on this machine.

All its processes live in namespaces of their own (processes, mounts, network): when the first one ends, the kernel ends
the others and takes mounts, links and packet filter rules away. What remains are cgroups and files.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from . import cgroups
from .certificates import Authority
from .command import LONG, NodeError, need_root, run, wait_for
from .configuration import write
from .layout import Node
from .programs import Programs

MANIFESTS = Path(__file__).resolve().parent / "manifests"


def process(node: Node) -> int | None:
    """The process whose end ends the node, or None when it is not running."""
    with suppress(FileNotFoundError, ValueError):
        number, started = node.pid_file.read_text().split()
        if _start_time(int(number)) == started:
            return int(number)
    return None


def _start_time(number: int) -> str | None:
    """When a process began, in the kernel's clock ticks: tells it from a later one with the same number."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except FileNotFoundError:
        return None


def in_node(node: Node, *command: str | Path) -> str:
    """Run a command where the node's files and network are."""
    if (number := process(node)) is None:
        raise NodeError(f"node {node.name} is not running. Start it: python tests/cluster/node.py start")
    return run("nsenter", "--target", str(number), "--mount", "--net", *command)


def supervisorctl(node: Node, *words: str) -> str:
    """Ask the node's supervisor."""
    settings = node.folder / "settings/supervisord.conf"
    return in_node(node, sys.executable, "-m", "supervisor.supervisorctl", "-c", settings, *words)


def kubectl(node: Node, programs: Programs, *words: str | Path) -> str:
    """Run kubectl as the node's administrator."""
    return run(programs["kubectl"], "--kubeconfig", node.kubeconfig, *words)


def load(node: Node, image: Path) -> str:
    """Load an archive of images, as docker or buildah write them, into the node."""
    if not image.is_file():
        raise NodeError(f"{image}: no such file")
    return in_node(node, "ctr", "--namespace", "k8s.io", "images", "import", image.resolve())


def start(node: Node, programs: Programs) -> None:
    """Start a new node and wait until pods can run. A node that does not come up is taken away again."""
    if process(node) is not None:
        raise NodeError(f"node {node.name} is running. Stop it first: python tests/cluster/node.py stop")
    stop(node)
    try:
        _start(node, programs)
    except BaseException:
        if logs := _ends_of_logs(node):
            print(logs, file=sys.stderr)
        stop(node)
        raise


def _start(node: Node, programs: Programs) -> None:
    node.folder.mkdir(parents=True)
    _certificates(node)
    write(node, programs)
    cgroups.make(node)
    _enter(node)

    _wait_for_api_server(node, programs)
    supervisorctl(node, "start", "later:*")
    kubectl(node, programs, "apply", "--filename", MANIFESTS)
    wait_for("containerd answers", lambda: in_node(node, "ctr", "version"))
    for image in programs.images:
        load(node, image)
    wait_for("node is registered", lambda: kubectl(node, programs, "get", "node", "node"))
    kubectl(node, programs, "wait", "--for=condition=Ready", "node/node", f"--timeout={LONG}s")
    # without its service account no pod can be made in a namespace
    account = ("--namespace=limited", "get", "serviceaccount", "default")
    wait_for("pods can be made", lambda: kubectl(node, programs, *account))


def _certificates(node: Node) -> None:
    pki = node.folder / "pki"
    server = f"https://{node.address}:6443"
    authority = Authority(pki)
    kubernetes = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    authority.issue("kube-apiserver", "kube-apiserver", served=(node.address, node.first_service, *kubernetes))
    authority.issue("kubelet-server", "node", served=(node.address, "node"))
    authority.issue("kubelet-client", "kube-apiserver", "system:masters")
    authority.issue("service-account", "service-account")
    authority.kubeconfig(pki / "kubelet", server, "system:node:node", "system:nodes")
    for user in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
        authority.kubeconfig(pki / user, server, f"system:{user}")
    authority.kubeconfig(node.kubeconfig, server, "admin", "system:masters")
    authority.kubeconfig(node.limited_kubeconfig, server, "limited")
    authority.kubeconfig(node.expired_kubeconfig, server, "admin", "system:masters", valid=timedelta(minutes=-1))


def _enter(node: Node) -> None:
    """Make the namespaces and the link into them, and start the supervisor there."""
    own = ["--mount", "--net", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child"]
    with (node.folder / "start.log").open("w") as log:
        first = subprocess.Popen(
            ["unshare", *own, sys.executable, "-m", "onenode.inside", node.name],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert first.stdin is not None
    assert first.stdout is not None
    first.stdout.readline()
    node.pid_file.write_text(f"{first.pid} {_start_time(first.pid)}")
    run("ip", "link", "add", node.link, "type", "veth", "peer", "name", "node", "netns", str(first.pid))
    run("ip", "address", "add", f"{node.machine_address}/30", "dev", node.link)
    run("ip", "link", "set", node.link, "up")
    run("ip", "route", "add", node.pods, "via", node.address)
    first.stdin.write("go\n")
    first.stdin.close()


def restart(node: Node, programs: Programs, program: str) -> None:
    """Restart one of the node's programs; when this returns, the API server answers."""
    supervisorctl(node, "restart", program)
    _wait_for_api_server(node, programs)


def _wait_for_api_server(node: Node, programs: Programs) -> None:
    wait_for("API server answers", lambda: kubectl(node, programs, "get", "--raw", "/readyz"))


def stop(node: Node) -> None:
    """End a node, however it was left, and take away all that was its own."""
    need_root()
    if (number := process(node)) is not None:
        namespace = _link(number, "pid_for_children")
        os.kill(number, signal.SIGKILL)
        wait_for("node's processes end", lambda: not _anyone_in(namespace))
    with suppress(NodeError):  # the kernel takes it away too, in its own time
        run("ip", "link", "delete", node.link)
    wait_for("node's cgroups are empty", lambda: cgroups.remove(node))
    if node.folder.exists():
        shutil.rmtree(node.folder)


def _link(number: int | str, kind: str) -> str:
    """The identity of a process's namespace; empty for a process that has ended."""
    try:
        return str(Path(f"/proc/{number}/ns/{kind}").readlink())
    except OSError:
        return ""


def _anyone_in(namespace: str) -> bool:
    return bool(namespace) and any(_link(entry.name, "pid") == namespace for entry in Path("/proc").glob("[0-9]*"))


def _ends_of_logs(node: Node) -> str:
    """What the node's programs said last."""
    logs = [node.folder / "start.log", *sorted(node.own("/var/log").glob("*.log"))]
    return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-5:]) for log in logs if log.exists())
