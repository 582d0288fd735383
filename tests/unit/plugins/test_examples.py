# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation, run as they stand, in one play."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import ROOT, Server
from test_playbook import play


def examples(module: str) -> list[dict[str, Any]]:
    source = (ROOT / "plugins" / "modules" / f"pachyderm_{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            loaded: list[dict[str, Any]] = yaml.safe_load(ast.literal_eval(node.value))
            return loaded
    raise AssertionError(f"{module} has no EXAMPLES")


def test_every_example_runs(pachd: Pachd, server: Server, tmp_path: Path) -> None:
    (tmp_path / "reader.password").write_text("secret-of-the-example")
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
    pipeline = examples("pipeline")
    delete_copy = {"pharmbio.cpsign.pachyderm_pipeline": {"names": ["copy"], "state": "absent"}}
    files = examples("file")
    tasks = [*examples("repo"), *examples("secret"), *pipeline[:2], files[0], *examples("job"), *examples("info")]
    tasks += [*examples("commit"), *files[1:], pipeline[2], delete_copy, *pipeline[3:]]
    returned, output = play(server, tmp_path, tasks)
    assert returned == 0, output
    assert "failed=0" in output
    assert "[WARNING]" not in output
    assert (tmp_path / "tables-of-master" / "compounds.csv").read_text() == "a,b\n"
    assert not (tmp_path / "tables-of-master" / "compounds.bak").exists()
