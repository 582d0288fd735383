# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role kubeconfig: what is said of a kubeconfig that leads nowhere, and of pods that find no room."""

import importlib.util
import json
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

SCRIPT = Path(__file__).resolve().parents[3] / "roles/kubeconfig/files/look.py"
specification = importlib.util.spec_from_file_location("kubeconfig_look", SCRIPT)
assert specification is not None
assert specification.loader is not None
look = importlib.util.module_from_spec(specification)
sys.modules["kubeconfig_look"] = look
specification.loader.exec_module(look)

WHOLE = {
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
}


def problems(path: Path, context: str = "") -> list[str]:
    asked: dict[str, Any] = {"kubeconfig": str(path), "context": context, "namespace": "labinf"}
    asked |= {"permissions": [], "volumes": {}, "pods": []}
    done = subprocess.run([sys.executable, SCRIPT], input=json.dumps(asked), capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("content", "context", "text"),
    [
        (None, "", "cannot be read (No such file or directory)"),
        ("a: [b", "", "line 1: this is not YAML"),
        ("just text", "", "is not a kubeconfig, it has no contexts"),
        (yaml.safe_dump(WHOLE), "other", "has no context 'other'; it has here"),
        (yaml.safe_dump({**WHOLE, "current-context": None}), "", "has no current context; it has here"),
        (yaml.safe_dump({**WHOLE, "users": []}), "", "context here names user 'u', which is not in it"),
    ],
)
def test_a_file_that_cannot_be_used_is_the_only_problem(
    tmp_path: Path, content: str | None, context: str, text: str
) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    [problem] = problems(path, context)
    assert text in problem


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{closed.getsockname()[1]}"
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump({**WHOLE, "clusters": [{"name": "c", "cluster": {"server": server}}]}))
        [problem] = problems(path)
    assert problem.startswith(f"{server}, of context here in {path}, does not answer ([Errno 111] Connection refused)")


def node(**changes: Any) -> Any:
    return look.Node(
        **{
            "name": "n1",
            "labels": {},
            "taints": [],
            "cpu": Decimal(2),
            "memory": Decimal(4 * 2**30),
            "pods": 10,
            **changes,
        }
    )


def pod(name: str, memory: str = "3Gi", **changes: Any) -> dict[str, Any]:
    return {"name": name, "variable": f"{name}_resources", "requests": {"memory": memory}, "lasting": True, **changes}


def test_lasting_pods_share_a_node_and_the_others_come_one_after_the_other() -> None:
    steps = [pod("a step", "1Gi", lasting=False), pod("another", "1Gi", lasting=False)]
    assert list(look.room([node()], [*steps, pod("first")])) == []
    [problem] = look.room([node()], [pod("first"), pod("second")])
    assert problem.startswith("No node has room for second, which asks for 0 CPU and 3072 MiB of memory; the best, n1,")
    assert "1024 MiB left: lower second_resources" in problem


def test_labels_and_taints_are_heeded() -> None:
    tainted = node(taints=[SimpleNamespace(key="gpu", value="yes", effect="NoSchedule")])
    tolerant = pod("x", tolerations=[{"key": "gpu", "operator": "Exists"}])
    assert "No node takes x" in next(look.room([tainted], [pod("x")]), "")
    assert list(look.room([tainted], [tolerant])) == []
    assert "No node takes x" in next(look.room([node()], [pod("x", node_selector={"acceleration": "none"})]), "")
