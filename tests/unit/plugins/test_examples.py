# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation, run as they stand, in one play; and each option is in one of them."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pharmbio.cpsign.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import ROOT, TOKEN, Server, serving
from kubernetes_api import KubernetesApi
from test_every_module import CASES
from test_playbook import play


def documented(module: str, part: str) -> Any:
    """DOCUMENTATION, EXAMPLES or RETURN of a module."""
    source = (ROOT / "plugins" / "modules" / f"pachyderm_{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == part:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no {part}")


def examples(module: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = documented(module, "EXAMPLES")
    return loaded


def options_of(documentation: dict[str, Any]) -> set[str]:
    """The names of all options; `a.b` for the option b of each entry of the list a."""
    names = set(documentation)
    for name, option in documentation.items():
        names |= {f"{name}.{inner}" for inner in options_of(option.get("suboptions", {}))}
    return names


def given(values: dict[str, Any]) -> set[str]:
    """The names of the options that a task gives, in the same form."""
    names = set(values)
    for name, value in values.items():
        for entry in value if isinstance(value, list) else ():
            names |= {f"{name}.{inner}" for inner in given(entry)} if isinstance(entry, dict) else set()
    return names


def shown(module: str) -> set[str]:
    return set().union(*(given(task[f"pharmbio.cpsign.pachyderm_{module}"]) for task in examples(module)))


@pytest.mark.parametrize("module", sorted(CASES))
def test_every_option_is_in_an_example(module: str) -> None:
    options = options_of(documented(module, "DOCUMENTATION")["options"])
    alike = {name.removeprefix("repos.") for name in options}, {name.removeprefix("repos.") for name in shown(module)}
    assert alike[0] <= alike[1]


def test_every_option_of_the_connection_is_in_an_example() -> None:
    assert set(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]) <= set().union(*map(shown, CASES))


@pytest.fixture
def with_tls(tmp_path: Path) -> Iterator[Server]:
    """A second server, whose certificate is `ca.pem`."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    (tmp_path / "tls").mkdir()
    with serving(tmp_path / "tls", "127.0.0.1:0", "--tls-cert", str(certificate), "--tls-key", str(key)) as running:
        yield running


@pytest.fixture
def cluster(server: Server, tmp_path: Path) -> Iterator[KubernetesApi]:
    """A cluster in whose namespace pachyderm the server runs; `kubeconfig` leads to it."""
    api = KubernetesApi(server.address, namespace="pachyderm")
    api.kubeconfig(tmp_path, context="laboratory")
    yield api
    api.stop()


def test_every_example_runs(
    pachd: Pachd, server: Server, with_tls: Server, cluster: KubernetesApi, tmp_path: Path
) -> None:
    (tmp_path / "reader.password").write_text("secret-of-the-example")
    (tmp_path / "pachd.token").write_text(TOKEN)
    contexts = {"laboratory": {"pachd_address": server.address, "session_token": TOKEN}}
    (tmp_path / "pachctl.json").write_text(json.dumps({"v2": {"active_context": "none", "contexts": contexts}}))
    (tmp_path / "configuration.json").write_text("{}\n")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "compounds.csv").write_text("a,b\n")
    (tmp_path / "tables" / "compounds.bak").write_text("a\n")
    (tmp_path / "pipelines").mkdir()
    spec = {
        "pipeline": {"name": "copy"},
        "transform": {"image": "alpine", "cmd": ["sh"], "stdin": ["cp /pfs/count/* /pfs/out"]},
        "input": {"pfs": {"repo": "count", "glob": "/"}},
    }
    (tmp_path / "pipelines" / "copy.json").write_text(json.dumps(spec))
    host, port = with_tls.address.split(":")
    by_name = {task["name"]: task for module in CASES for task in examples(module)}
    order = ORDER.strip().splitlines()
    assert sorted(order) == sorted(by_name), "each example has its place in the play"
    variables = {"pachd_host": host, "pachd_port": port}
    returned, output = play(server, tmp_path, [by_name[name] for name in order], "-e", json.dumps(variables))
    assert returned == 0, output
    assert "failed=0" in output
    assert "[WARNING]" not in output
    assert (tmp_path / "tables-of-master" / "compounds.csv").read_text() == "a,b\n"
    assert not (tmp_path / "tables-of-master" / "compounds.bak").exists()
    assert (tmp_path / "config-of-commit" / "configuration.json").read_text() == "{}\n"


ORDER = """
A repo for configurations
Two repos, one with a branch
What ingestion reads the database with
Two secrets, whose pipelines go on with the old values until they are restarted
A secret nobody uses any more
A pipeline that counts lines
All specs of a folder, without waiting for running jobs
Push a configuration
Wait for all that the push started
Wait for two of its pipelines, with a longer log of what fails
Look again in ten seconds, or as soon as a job has ended
Once more, if it failed
Stop the newest job
What is there
The newest commits of one repo
The last job of one pipeline
A server with TLS, from an authority of one's own
The server that pachctl would use
A server in a cluster, without pachctl port-forward
The configuration as it was in one commit
The same of many commits, each into a folder of its own
One file on a branch of its own
A branch that points to a commit, and one that is gone
Take back the last push and what it computed
A folder, without its backups
Bring it back
Remove one file
Exactly these pipelines, what this team no longer describes is deleted
Compute everything again with each change, after waiting ten minutes for running jobs
Stop it for the night
Remove it and its output, though others read that
No longer needed, though a pipeline may still read it
"""
