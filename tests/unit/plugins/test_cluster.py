# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachd reached through the Kubernetes API, and what is said when that does not work."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils import _cluster
from ansible_collections.pharmbio.cpsign.plugins.module_utils._cluster import Cluster
from ansible_collections.pharmbio.cpsign.plugins.module_utils._errors import UserError
from conftest import Run, Server
from kubernetes_api import KubernetesApi, pod


@pytest.fixture
def cluster(server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubernetesApi]:
    """An API with one pod of pachd, which is the server."""
    for variable in ("KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    api = KubernetesApi(server.address)
    yield api
    api.stop()


@pytest.fixture
def there(cluster: KubernetesApi, tmp_path: Path) -> dict[str, Any]:
    """The options that lead through the cluster."""
    return {"address": None, "kubeconfig": str(cluster.kubeconfig(tmp_path))}


def test_modules_work_through_the_cluster_and_leave_nothing_open(
    run: Run, cluster: KubernetesApi, there: dict[str, Any], tmp_path: Path
) -> None:
    content = os.urandom(3_000_000).hex()
    assert run("repo", name="r", **there)["changed"]
    assert run("file", repo="r", path="/f", content=content, **there)["changed"]
    assert not run("file", repo="r", path="/f", content=content, **there)["changed"]
    run("file", repo="r", state="fetched", dest=str(tmp_path / "dest"), **there)
    assert (tmp_path / "dest" / "f").read_text() == content
    assert [path.name for path in (tmp_path / "t").iterdir()] == []
    for thread in [thread for thread in threading.enumerate() if "forward" in thread.name]:
        thread.join(10)
        assert not thread.is_alive(), thread
    while cluster.open:
        threading.Event().wait(0.01)


def test_the_socket_is_its_owners_alone(cluster: KubernetesApi, tmp_path: Path) -> None:
    _name, forward = Cluster(cluster.kubeconfig(tmp_path), None, None, 5).forward_to_pachd()
    assert forward.path.parent.stat().st_mode & 0o077 == 0
    forward.close()
    assert not forward.path.parent.exists()


def test_the_context_and_the_namespace_are_found(
    run: Run, cluster: KubernetesApi, there: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("info", **there, context="test", namespace="here")["version"]
    monkeypatch.setenv("KUBECONFIG", there["kubeconfig"])
    assert run("info", address=None, namespace="here")["version"]
    monkeypatch.setenv("K8S_AUTH_CONTEXT", "test")
    monkeypatch.setenv("PACHD_ADDRESS", "127.0.0.1:1")
    assert run("info", address=None)["version"], "what a task says counts more than the environment"


def test_without_a_namespace_it_is_the_default_one(run: Run, cluster: KubernetesApi, tmp_path: Path) -> None:
    path = str(cluster.kubeconfig(tmp_path, namespace=None))
    answer = run("info", address=None, kubeconfig=path)
    text = "no pod in namespace default of the Kubernetes context test has the label app=pachd; set `namespace` to that"
    assert answer["msg"].startswith(text)


def test_an_address_is_used_directly(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    assert run("info", kubeconfig=there["kubeconfig"])["version"]
    assert cluster.asked == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "No configuration found"),
        ("{", "while parsing a flow node"),
        ("[]", "cannot be used"),
        ('{"contexts": [], "current-context": "x"}', "cannot be used"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used(run: Run, tmp_path: Path, content: str | None, text: str) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    answer = run("info", address=None, kubeconfig=str(path))
    assert answer["msg"].startswith(f"kubeconfig {path} cannot be used: ")
    assert text in answer["msg"]


def test_a_context_that_is_not_there(run: Run, there: dict[str, Any]) -> None:
    answer = run("info", **there, context="other")
    assert answer["msg"] == f"kubeconfig {there['kubeconfig']} has no context 'other'; it has: test"


@pytest.mark.parametrize(
    ("resource", "status", "text"),
    [
        ("pods", 401, "does not accept the credentials of context test: "),
        ("pods", 403, "does not permit context test to list pods in namespace here: "),
        ("pods", 500, "did not list pods in namespace here: "),
        ("portforward", 403, "does not permit context test to get pods/portforward in namespace here: "),
        ("portforward", 404, "did not get pods/portforward in namespace here: "),
    ],
)
def test_what_the_cluster_refuses(
    run: Run, cluster: KubernetesApi, there: dict[str, Any], resource: str, status: int, text: str
) -> None:
    cluster.refuses[resource] = status
    answer = run("info", **there)
    start = f"the Kubernetes API at http://127.0.0.1:{cluster.server_port} {text}"
    assert answer["msg"] == f'{start}cannot get resource "{resource}"'


def test_a_cluster_that_is_not_there(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    cluster.stop()
    answer = run("info", **there)
    assert f"the Kubernetes API at http://127.0.0.1:{cluster.server_port} cannot be reached: " in answer["msg"]


def test_a_cluster_that_says_nothing_is_asked_once(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    cluster.refuses["pods"] = -1
    assert "cannot be reached: " in run("info", **there)["msg"]
    assert cluster.asked == ["pods"]


def test_a_pachd_that_does_not_run(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    cluster.pods = [pod("pachd-1", "Pending")]
    there["connect_timeout"] = 0
    where = "pachd does not run in namespace here of the Kubernetes context test: pod pachd-1: "
    assert run("info", **there)["msg"] == where + "is starting"
    cluster.events = [event("FailedMount", 'secret "s" not found'), event("Pulled", "fine", "Normal")]
    assert run("info", **there)["msg"] == where + 'FailedMount: secret "s" not found'
    cluster.refuses["events"] = 403
    assert run("info", **there)["msg"] == where + "is starting"


def test_a_pachd_that_is_starting_is_waited_for(
    run: Run, cluster: KubernetesApi, there: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cluster, "POLL_SECONDS", 0.01)
    cluster.pods = [pod("pachd-1", "Pending")]
    threading.Timer(0.5, lambda: cluster.pods.append(pod("pachd-2"))).start()
    assert run("info", **there, connect_timeout=60)["version"]
    assert set(cluster.forwarded) == {"pachd-2"}


def event(reason: str, message: str, kind: str = "Warning", of: str = "pachd-1") -> dict[str, Any]:
    about = {"involvedObject": {"name": of}, "type": kind}
    return {"metadata": {"name": "e"}, "reason": reason, "message": message, **about}


def test_a_port_that_nobody_listens_on(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    cluster.target = "127.0.0.1:1"
    answer = run("info", **there, connect_timeout=0)
    where = "pod pachd-1 in namespace here of the Kubernetes context test"
    assert f"pachd does not answer in {where}: connection refused inside the pod" in answer["msg"]


def test_a_cluster_that_goes_away_in_the_middle(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    cluster.target = "127.0.0.1:1"
    cluster.refuses["portforward"] = 0
    answers: list[dict[str, Any]] = []
    once = threading.Thread(target=lambda: answers.append(run("info", **there, connect_timeout=1)))
    once.start()
    while "portforward" not in cluster.asked:
        threading.Event().wait(0.01)
    cluster.refuses["portforward"] = 403
    once.join()
    assert "does not permit context test to get pods/portforward" in answers[0]["msg"]


def test_no_credential_of_the_kubeconfig_is_shown(run: Run, cluster: KubernetesApi, there: dict[str, Any]) -> None:
    answers = [run("info", **there)]
    for resource in ("pods", "portforward"):
        cluster.refuses = {resource: 403}
        answers.append(run("info", **there))
    assert "canary" not in json.dumps(answers)


def test_without_the_client(there: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(UserError, match="-m pip install kubernetes") as caught:
        Cluster(Path(there["kubeconfig"]), None, None, 5)
    assert sys.executable in str(caught.value)


def container(crashes: int = 0, **state: Any) -> dict[str, Any]:
    """A container's status in this state, which ended with 137 before if it crashed."""
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}} if crashes else {}
    status = {"state": state, "lastState": ended, "restartCount": crashes, "ready": "running" in state}
    return {"name": "user", "image": "i", "imageID": "", **status}


def waiting(reason: str, message: str | None = None, crashes: int = 0) -> dict[str, Any]:
    return container(crashes, waiting={"reason": reason, "message": message})


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node has 1T"}
CRASHED = {"exitCode": 1, "reason": "Error"}


@pytest.mark.parametrize(
    ("status", "text", "hopeless"),
    [
        ({"containerStatuses": [waiting("ErrImagePull", "no i")]}, "container user: ErrImagePull: no i", True),
        ({"initContainerStatuses": [waiting("ErrImagePull")]}, "container user: ErrImagePull", True),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", None, 3)]},
            "container user: CrashLoopBackOff: OOMKilled, exit code 137",
            True,
        ),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", None, 2)]},
            "container user: CrashLoopBackOff: OOMKilled, exit code 137",
            False,
        ),
        ({"containerStatuses": [container(terminated=CRASHED)]}, "container user: Error, exit code 1", False),
        ({"containerStatuses": [waiting("ContainerCreating", None, 1)]}, "is starting", False),
        ({"conditions": [UNSCHEDULABLE]}, "Unschedulable: no node has 1T", False),
    ],
)
def test_why_a_worker_does_not_run(
    cluster: KubernetesApi, tmp_path: Path, status: dict[str, Any], text: str, hopeless: bool
) -> None:
    cluster.pods = [pod("w", "Pending", {"pipelineName": "p"}, **status), pod("v", labels={"pipelineName": "q"})]
    (worker,) = Cluster(cluster.kubeconfig(tmp_path), None, None, 5).workers("p")
    assert (str(worker), worker.runs, worker.hopeless) == (f"pod w: {text}", False, hopeless)


def test_a_reason_of_the_pod_itself_goes_before_its_events(cluster: KubernetesApi, tmp_path: Path) -> None:
    cluster.pods = [pod("w", "Pending", {"pipelineName": "p"}, conditions=[UNSCHEDULABLE])]
    cluster.events = [event("FailedScheduling", "the same once more", of="w")]
    (worker,) = Cluster(cluster.kubeconfig(tmp_path), None, None, 5).workers("p")
    assert worker.trouble == "Unschedulable: no node has 1T"
    assert cluster.asked == ["pods"]


@pytest.mark.parametrize(
    ("phase", "containers", "runs"),
    [
        ("Running", [container(running={})], True),
        ("Running", [container(2, running={})], True),
        ("Running", [container(running={}), container(terminated={"exitCode": 0, "reason": "Completed"})], False),
        ("Pending", [container(running={})], False),
    ],
)
def test_which_pods_run(
    cluster: KubernetesApi, tmp_path: Path, phase: str, containers: list[dict[str, Any]], runs: bool
) -> None:
    scheduled = {"type": "PodScheduled", "status": "True"}
    cluster.pods = [pod("w", phase, {"pipelineName": "p"}, containerStatuses=containers, conditions=[scheduled])]
    (worker,) = Cluster(cluster.kubeconfig(tmp_path), None, None, 5).workers("p")
    assert (worker.runs, worker.trouble, worker.hopeless) == (runs, "", False)
