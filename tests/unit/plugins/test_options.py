# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each resource class gives the options, and the documentation says the same."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from ansible_collections.pharmbio.cpsign.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.pharmbio.cpsign.plugins.module_utils import (
    _commit_sets,
    _files,
    _info,
    _jobs,
    _pipelines,
    _repos,
    _secrets,
)
from ansible_collections.pharmbio.cpsign.plugins.module_utils._connection import Connection
from ansible_collections.pharmbio.cpsign.plugins.module_utils._options import argument_spec, build, optional

MODULES = Path(__file__).resolve().parents[3] / "plugins" / "modules"


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Outer:
    where: Path
    inner: tuple[Inner, ...] = ()
    kind: Literal["a", "b"] = "a"
    count: int | None = None
    folder: Path = Path("~/x")


def test_fields_become_options() -> None:
    assert argument_spec(Outer) == {
        "where": {"type": "path", "required": True},
        "inner": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}}},
        "kind": {"type": "str", "choices": ["a", "b"], "default": "a"},
        "count": {"type": "int"},
        "folder": {"type": "path", "default": "~/x"},
    }


def test_values_become_a_resource() -> None:
    values = {"where": "/tmp", "inner": [{"name": "n"}], "kind": "b", "count": None, "folder": None, "another": 1}
    assert build(Outer, values) == Outer(Path("/tmp"), (Inner("n"),), "b")


def test_what_is_not_given_is_told_from_what_is_false() -> None:
    assert build(Outer, {"where": "/tmp", "count": 0}).count == 0


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Documented options in the words of an argument spec."""
    told = {}
    for name, option in options.items():
        told[name] = {
            key: value for key, value in option.items() if key in ("type", "elements", "choices", "default", "required")
        }
        if "suboptions" in option:
            told[name]["options"] = plain(option["suboptions"])
    return told


def comparable(spec: dict[str, Any]) -> dict[str, Any]:
    """An argument spec without what documentation has no word for."""
    kept = {}
    for name, option in spec.items():
        kept[name] = {key: value for key, value in option.items() if key not in ("no_log", "fallback")}
        if "options" in option:
            kept[name]["options"] = comparable(option["options"])
    return kept


def documentation(module: str) -> dict[str, Any]:
    for node in ast.parse((MODULES / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            loaded: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return loaded
    raise AssertionError(f"{module} has no DOCUMENTATION")


def with_list(task: type, resource: type, plural: str) -> dict[str, Any]:
    single = argument_spec(resource)
    many = {plural: {"type": "list", "elements": "dict", "options": single}}
    return {**optional(single), **argument_spec(task), **many}


SPECS = {
    "pachyderm_repo": with_list(_repos.RepoTask, _repos.Repo, "repos"),
    "pachyderm_secret": with_list(_secrets.SecretTask, _secrets.Secret, "secrets"),
    "pachyderm_commit": argument_spec(_commit_sets.CommitTask),
    "pachyderm_pipeline": argument_spec(_pipelines.PipelineTask),
    "pachyderm_file": argument_spec(_files.FileTask),
    "pachyderm_job": argument_spec(_jobs.JobTask),
    "pachyderm_info": argument_spec(_info.InfoTask),
}


def test_every_module_is_looked_at() -> None:
    assert {path.stem for path in MODULES.glob("pachyderm_*.py")} == set(SPECS)


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((MODULES.parents[1] / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert set(runtime["action_groups"]["pachyderm"]) == set(SPECS)


@pytest.mark.parametrize("module", sorted(SPECS))
def test_documentation_names_the_same_options(module: str) -> None:
    assert plain(documentation(module)["options"]) == comparable(SPECS[module])


def test_documentation_of_the_connection() -> None:
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)
    assert plain(fragment["options"]) == comparable(argument_spec(Connection))
