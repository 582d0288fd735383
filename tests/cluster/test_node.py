# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node runs what a cluster runs: pods, names, volumes, exec, logs, port-forward, rights, charts."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster
from onenode import machine
from onenode.programs import DEBIAN

# A server of one line, from what Debian always has.
ECHO = """
$| = 1;
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die $!;
print "listening\\n";
while (my $client = $server->accept) { print $client "hello from the pod\\n"; close $client; }
"""


def pod(name: str, *command: str, **spec: Any) -> str:
    container = {"name": "main", "image": DEBIAN, "command": command, **spec.pop("container", {})}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **spec},
        }
    )


@pytest.fixture(scope="session")
def echo(cluster: Cluster) -> str:
    """A pod with a server, and a service for it, both named ``echo``."""
    cluster.kubectl("apply", "-f", "-", stdin=pod("echo", "perl", "-MIO::Socket", "-e", ECHO))
    cluster.kubectl("expose", "pod", "echo", "--port=8000")
    cluster.kubectl("wait", "--for=condition=Ready", "pod/echo", "--timeout=120s")
    return "echo"


def test_node_is_ready(cluster: Cluster) -> None:
    nodes = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    assert [node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes] == ["v1.34.4"]


def test_logs_and_exec(cluster: Cluster, echo: str) -> None:
    assert "listening" in cluster.kubectl("logs", echo)
    assert cluster.kubectl("exec", echo, "--", "cat", "/etc/debian_version").startswith("12.")


def test_service_is_reached_by_name(cluster: Cluster, echo: str) -> None:
    ask = "exec 3<>/dev/tcp/echo.default.svc.cluster.local/8000; cat <&3"
    cluster.kubectl("apply", "-f", "-", stdin=pod("caller", "bash", "-c", ask))
    cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/caller", "--timeout=120s")
    assert cluster.kubectl("logs", "caller") == "hello from the pod\n"
    # and by itself: the way back passes the service's address too
    assert cluster.kubectl("exec", echo, "--", "bash", "-c", ask) == "hello from the pod\n"


def test_port_forward(cluster: Cluster, echo: str) -> None:
    forward = subprocess.Popen(
        [cluster.programs["kubectl"], "port-forward", "pod/echo", ":8000"],
        env=cluster.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert forward.stdout is not None
        port = int(forward.stdout.readline().split(" -> ")[0].rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.makefile().readline() == "hello from the pod\n"
    finally:
        forward.terminate()
        forward.wait()


def test_nothing_outside_is_reached(cluster: Cluster, echo: str) -> None:
    with pytest.raises(subprocess.CalledProcessError, match="returned non-zero"):
        cluster.kubectl("exec", echo, "--", "bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/80")


def test_volume_outlives_its_pod(cluster: Cluster) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    for name, command in (("writer", "echo kept > /data/file"), ("reader", "cat /data/file")):
        user = {
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "securityContext": {"runAsUser": 1000, "runAsNonRoot": True},
            "container": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
        }
        cluster.kubectl("apply", "-f", "-", stdin=pod(name, "sh", "-c", command, **user))
        cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", f"pod/{name}", "--timeout=120s")
    assert cluster.kubectl("logs", "reader") == "kept\n"


def test_limited_user(cluster: Cluster) -> None:
    def may(*what: str) -> bool:
        arguments = [str(cluster.programs["kubectl"]), "auth", "can-i", *what]
        return (
            subprocess.run(
                arguments, env=cluster.environment(limited=True), capture_output=True, check=False
            ).returncode
            == 0
        )

    assert may("create", "deployments", "--namespace", "limited")
    assert not may("create", "deployments", "--namespace", "default")
    assert not may("list", "nodes")
    assert not may("create", "namespaces")


def test_chart_installs_once(cluster: Cluster, chart: Path) -> None:
    ansible = str(Path(sys.executable).parent / "ansible")
    arguments = f'name=trivial chart_ref={chart} namespace=default values=\'{{"colour": "green"}}\''

    def install() -> dict[str, Any]:
        done = subprocess.run(
            [ansible, "localhost", "-o", "-m", "kubernetes.core.helm", "-a", arguments],
            env={**cluster.environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
            check=True,
            capture_output=True,
            text=True,
        )
        return dict(json.loads(done.stdout.split(" => ", 1)[1]))

    assert install()["changed"]
    assert cluster.kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.colour}") == "green"
    assert not install()["changed"]


def test_api_server_restarts(cluster: Cluster) -> None:
    machine.restart(cluster.node, cluster.programs, "kube-apiserver")
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
