# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module of Pachyderm has to stand: a table with one row a module, and the same tests for each row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import ROOT, TOKEN, Run, emptied
from proxy import Proxy

CANARY = "canary-51d7"
SPEC = {
    "pipeline": {"name": "p"},
    "transform": {"image": "alpine", "cmd": ["sleep", "60"]},
    "input": {"pfs": {"repo": "r", "glob": "/"}},
}


def nothing(run: Run) -> dict[str, Any]:
    return {}


def a_repo(run: Run) -> dict[str, Any]:
    run("repo", name="r")
    return {}


def a_commit(run: Run) -> dict[str, Any]:
    run("repo", name="r")
    return {"commit_sets": [run("file", repo="r", path="/f", content="x")["commit"]]}


def a_file(run: Run) -> dict[str, Any]:
    a_commit(run)
    return {}


def a_running_job(run: Run) -> dict[str, Any]:
    a_commit(run)
    run("pipeline", specs=[SPEC])
    return {}


@dataclass(frozen=True)
class Case:
    """`options` of a call that changes something (unless it only reads), after `before`, which may give more options.

    `other` is the same wish changed, `gone` that it be taken back.
    """

    options: dict[str, Any]
    before: Callable[[Run], dict[str, Any]] = nothing
    other: dict[str, Any] | None = None
    gone: dict[str, Any] | None = None
    reads: bool = False


CASES = {
    "commit": Case({"commit_sets": ["0" * 32], "state": "dropped"}, a_commit),
    "file": Case(
        {"repo": "r", "path": "/f", "content": "x"}, a_repo, {"content": "y"}, {"content": None, "state": "absent"}
    ),
    "info": Case({"gather": ["repos", "secrets"]}, a_repo, reads=True),
    "job": Case({"pipeline": "p", "state": "stopped"}, a_running_job),
    "pipeline": Case(
        {"specs": [SPEC], "running_jobs": "kill"},
        a_file,
        {"specs": [{**SPEC, "description": "d"}]},
        {"state": "absent"},
    ),
    "repo": Case({"name": "r", "description": "d"}, nothing, {"description": "e"}, {"state": "absent"}),
    "secret": Case(
        {"name": "s", "data": {"k": CANARY}}, nothing, {"data": {"k": f"{CANARY}-2"}}, {"data": None, "state": "absent"}
    ),
}
WRITING = sorted(name for name, case in CASES.items() if not case.reads)


def test_every_module_has_its_row() -> None:
    modules = {path.stem.removeprefix("pachyderm_") for path in (ROOT / "plugins/modules").glob("pachyderm_*.py")}
    assert modules == CASES.keys()


@pytest.mark.parametrize("module", sorted(CASES))
def test_check_create_again_change_absent(run: Run, proxy: Proxy, module: str) -> None:
    case = CASES[module]
    options = {**case.options, **case.before(run)}
    for wish in (options, case.other, case.gone):
        if wish is None:
            continue
        options = {**options, **wish}
        proxy.read_only = True
        proxy.calls.clear()
        checked = run(module, check=True, **options)
        assert proxy.writes == []
        proxy.read_only = False
        done = run(module, **options)
        assert checked["changed"] == done["changed"] == (not case.reads)
        assert changes(checked) == changes(done)
        assert bool(changes(done)) == (not case.reads)
        proxy.calls.clear()
        again = run(module, **options)
        assert (again["changed"], again["diff"], proxy.writes) == (False, [], [])


def changes(answer: dict[str, Any]) -> list[str]:
    return [change["after_header"] for change in answer["diff"]]


@pytest.mark.parametrize("module", sorted(CASES))
def test_no_secret_in_an_answer(run: Run, module: str) -> None:
    case = CASES[module]
    options = {**case.options, **case.before(run)}
    answers = [
        run(module, **options),
        run(module, **options, nonsense=1),
        run(module, **{**options, "address": "x:1:2"}),
    ]
    assert [answer.get("failed", False) for answer in answers] == [False, True, True]
    for forbidden in (TOKEN, CANARY):
        assert forbidden not in json.dumps(answers)


@pytest.mark.parametrize("module", sorted(CASES))
def test_bad_input(run: Run, proxy: Proxy, module: str) -> None:
    options = CASES[module].options
    proxy.calls.clear()
    assert "Unsupported parameters" in run(module, **options, nonsense=1)["msg"]
    assert "'connect_timeout' is of type str" in run(module, **options, connect_timeout="soon")["msg"]
    assert proxy.calls == []


@pytest.mark.parametrize("module", WRITING)
def test_a_server_that_dies_leaves_nothing_half_done_or_says_so(
    run: Run, pachd: Pachd, proxy: Proxy, module: str
) -> None:
    case = CASES[module]
    calls = 0
    while True:
        emptied(pachd)
        options = {**case.options, **case.before(run)}
        proxy.dies_after = calls
        answer = run(module, **options, connect_timeout=0)
        proxy.dies_after = None
        if not answer.get("failed"):
            break
        assert "as pachd does: the server died" in answer["msg"], answer["msg"]
        if "is left open" in answer["msg"]:
            run("commit", commit_sets=[answer["msg"].partition("; commit ")[2][:32]], state="dropped")
        done = not run(module, check=True, **options)["changed"]
        assert not done or answer["changed"], f"it was done when the server died after {calls} calls"
        assert not run(module, **options).get("failed")
        calls += 1
    assert calls > 1
