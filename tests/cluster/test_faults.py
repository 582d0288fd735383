# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""setup.yml on a cluster that lacks something says what, where and what to do: before, or at once when it happens."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Cluster
from onenode.certificates import Authority
from onenode.programs import DEBIAN

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
HUGE = {"requests": {"memory": "999Gi"}}
SMALL = {"requests": {"memory": "16Mi"}}


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str

    def says(self, text: str) -> bool:
        """Whether the text is in the output, however its lines are broken."""
        return text in re.sub(r"\s+", " ", self.output)


Setup = Callable[..., Outcome]


@pytest.fixture
def setup(cluster: Cluster, tmp_path: Path) -> Setup:
    """setup.yml, or another playbook, with the inventory of a cluster and variables that replace its."""

    def run(playbook: str | Path = "setup.yml", *, limited: bool = False, **variables: Any) -> Outcome:
        given = {
            "cpsign_home": str(tmp_path / "home"),
            "cpsign_pachyderm_mode": "embedded",
            "cpsign_mysql_mode": "none",
            "cpsign_manager_resources": SMALL,
            "cpsign_pachd_resources": SMALL,
            "cpsign_mysql_resources": SMALL,
            "pipelines_resources": {},
            **variables,
        }
        done = subprocess.run(
            [PLAYBOOK, "--inventory=inventory/cluster", playbook, "--extra-vars", json.dumps(given)],
            cwd=ROOT,
            env=cluster.environment(limited=limited),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )  # fmt: skip
        assert "Traceback" not in done.stdout
        return Outcome(done.returncode, done.stdout)

    return run


def test_all_that_is_in_the_way_is_said_before_anything_is_made(cluster: Cluster, setup: Setup) -> None:
    outcome = setup(
        cpsign_namespace="missing",
        cpsign_storage_class="fast",
        cpsign_mysql_mode="chart",
        cpsign_mysql_resources=HUGE,
        cpsign_manager_resources=SMALL,
    )
    assert outcome.code != 0
    assert outcome.says("no storage class fast for volume pachd (it has local-path)")
    assert outcome.says("No node has room for chembl-mysql, which asks for 0 CPU and 1022976 MiB of memory")
    assert outcome.says("lower cpsign_mysql_resources")
    assert outcome.says("nothing was installed or changed")
    assert "missing" not in cluster.kubectl("get", "namespaces")


def test_missing_permissions_are_one_table(setup: Setup) -> None:
    outcome = setup(limited=True, cpsign_namespace="default")
    assert outcome.code != 0
    assert outcome.says("lacks permissions in namespace default")
    assert re.search(r"deployments\.apps +get, list, create, patch, delete", outcome.output)
    assert outcome.says("roles/kubeconfig/files/installer.yml")


def test_a_certificate_that_has_ended_is_told(cluster: Cluster, setup: Setup) -> None:
    outcome = setup(cpsign_kubeconfig=str(cluster.node.expired_kubeconfig))
    assert outcome.code != 0
    assert outcome.says("does not accept the user of context node")
    ended = re.search(r"its certificate ends (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", outcome.output)
    assert ended
    assert datetime.strptime(ended[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) < datetime.now(UTC)


def test_credentials_of_another_cluster_are_told_with_their_end(cluster: Cluster, setup: Setup, tmp_path: Path) -> None:
    kubeconfig = yaml.safe_load(cluster.node.kubeconfig.read_text())
    Authority(tmp_path / "other").kubeconfig(tmp_path / "foreign", "https://unused", "admin", "system:masters")
    kubeconfig["users"] = yaml.safe_load((tmp_path / "foreign").read_text())["users"]
    (tmp_path / "foreign").write_text(yaml.safe_dump(kubeconfig))
    outcome = setup(cpsign_kubeconfig=str(tmp_path / "foreign"))
    assert outcome.code != 0
    assert outcome.says("does not accept the user of context node")
    assert outcome.says("(its certificate ends ")


def test_another_clusters_certificate_is_told(cluster: Cluster, setup: Setup, tmp_path: Path) -> None:
    server = f"https://{cluster.node.address}:6443"
    Authority(tmp_path / "other").kubeconfig(tmp_path / "foreign", server, "admin", "system:masters")
    outcome = setup(cpsign_kubeconfig=str(tmp_path / "foreign"))
    assert outcome.code != 0
    assert outcome.says("shows a certificate that the kubeconfig's authority did not sign")


def test_a_namespace_that_is_being_deleted_is_told(cluster: Cluster, setup: Setup) -> None:
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["tests/held"]}}
    cluster.kubectl("create", "namespace", "ending")
    cluster.kubectl("--namespace=ending", "create", "-f", "-", stdin=json.dumps(held))
    try:
        cluster.kubectl("delete", "namespace", "ending", "--wait=false")
        outcome = setup(cpsign_namespace="ending")
        assert outcome.code != 0
        assert outcome.says("Namespace ending is being deleted")
    finally:
        free = '{"metadata": {"finalizers": null}}'
        cluster.kubectl("--namespace=ending", "patch", "configmap", "held", "--patch", free)


@pytest.mark.parametrize(
    ("number", "image", "reason"),
    [
        (1, "registry.invalid/pachd:1", "cannot pull its image (container pachd, image registry.invalid/pachd:1)"),
        (2, DEBIAN, "(container pachd, image"),
    ],
)
def test_a_pod_that_does_not_start_is_told_at_once(
    cluster: Cluster, setup: Setup, tmp_path: Path, number: int, image: str, reason: str
) -> None:
    defaults = {"group/kubernetes.core.k8s": "{{ cpsign_kube_connection }}"}
    roles = ["pharmbio.cpsign.namespace", "pharmbio.cpsign.pachyderm"]
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "roles": roles}
    (tmp_path / "pachd.yml").write_text(json.dumps([play]))
    try:
        outcome = setup(tmp_path / "pachd.yml", cpsign_namespace=f"broken-{number}", cpsign_embedded_pachd_image=image)
        assert outcome.code != 0
        assert outcome.says(f"Deployment pachd in namespace broken-{number}")
        assert outcome.says(reason)
        assert outcome.says("Events of pachd-")
    finally:
        cluster.kubectl("delete", "namespace", f"broken-{number}", "--wait=false")


@pytest.fixture
def wait(cluster: Cluster, setup: Setup, tmp_path: Path) -> Iterator[Callable[..., Outcome]]:
    """Make a Deployment whose container runs a command, and wait for it with role rollout."""

    def run(*command: str, **variables: Any) -> Outcome:
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "sad"},
            "spec": {
                "minReadySeconds": 5,  # without, the moment before it crashes counts as ready
                "selector": {"matchLabels": {"app": "sad"}},
                "template": {
                    "metadata": {"labels": {"app": "sad"}},
                    "spec": {"containers": [{"name": "sad", "image": DEBIAN, "command": command}]},
                },
            },
        }
        cluster.kubectl("--namespace=waiting", "create", "-f", "-", stdin=json.dumps(deployment))
        roles = ["pharmbio.cpsign.cpsign", {"role": "pharmbio.cpsign.rollout", "rollout_name": "sad"}]
        play = {"hosts": "localhost", "gather_facts": False, "roles": roles}
        (tmp_path / "wait.yml").write_text(json.dumps([play]))
        return setup(tmp_path / "wait.yml", cpsign_namespace="waiting", **variables)

    cluster.kubectl("create", "namespace", "waiting")
    yield run
    cluster.kubectl("delete", "namespace", "waiting")


def test_a_pod_that_crashes_again_and_again_is_told_with_its_last_words(wait: Callable[..., Outcome]) -> None:
    outcome = wait("sh", "-c", "echo cannot find my hat; exit 3")
    assert outcome.code != 0
    assert outcome.says("Deployment sad in namespace waiting crashes again and again (container sad, image")
    assert outcome.says("Its log ends with: cannot find my hat")


def test_a_pod_that_no_node_takes_is_told(cluster: Cluster, wait: Callable[..., Outcome]) -> None:
    cluster.kubectl("taint", "node", "node", "tests/closed=:NoSchedule")
    try:
        outcome = wait("sleep", "1000", rollout_unschedulable=5)
    finally:
        cluster.kubectl("taint", "node", "node", "tests/closed-")
    assert outcome.code != 0
    assert outcome.says(
        "Deployment sad in namespace waiting finds no node: 0/1 nodes are available: 1 node(s) had untolerated taint"
    )
    assert outcome.says("waits for a node for pod sad-")
