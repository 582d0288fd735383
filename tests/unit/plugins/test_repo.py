# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_repo against a server."""

from __future__ import annotations

from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import Run
from proxy import Proxy


def repos(pachd: Pachd) -> dict[str, str]:
    return {info["repo"]["name"]: info.get("description", "") for info in pachd.each("pfs.ListRepo", {"type": "user"})}


def heads(pachd: Pachd, repo: str) -> dict[str, str]:
    answers = pachd.each("pfs.ListBranch", {"repo": {"name": repo, "type": "user", "project": {"name": "default"}}})
    return {answer["branch"]["name"]: answer["head"]["id"] for answer in answers}


def test_create_again_change_absent(run: Run, pachd: Pachd) -> None:
    first = run("repo", name="config", description="one")
    assert (first["changed"], first["repos"], repos(pachd)) == (True, ["config"], {"config": "one"})
    assert first["diff"] == [
        {
            "before_header": "repo config",
            "after_header": "repo config",
            "before": {},
            "after": {"name": "config", "description": "one"},
        }
    ]
    again = run("repo", name="config", description="one")
    assert (again["changed"], again["diff"]) == (False, [])
    assert not run("repo", name="config")["changed"], "a description that is not given stays"
    changed = run("repo", name="config", description="two")
    assert changed["diff"][0]["before"]["description"] == "one"
    assert repos(pachd) == {"config": "two"}
    gone = run("repo", name="config", state="absent")
    assert (gone["changed"], repos(pachd)) == (True, {})
    assert not run("repo", name="config", state="absent")["changed"]


def test_check_mode_writes_nothing(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("repo", name="there")
    proxy.read_only = True
    proxy.calls.clear()
    for arguments in ({"name": "new"}, {"name": "there", "description": "other"}, {"name": "there", "state": "absent"}):
        answer = run("repo", check=True, **arguments)
        assert answer["changed"], answer
        assert len(answer["diff"]) == 1
    assert proxy.writes == []
    assert repos(pachd) == {"there": ""}


def test_many_repos_are_one_transaction(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    wanted = [{"name": "a"}, {"name": "b", "branches": [{"name": "x"}, {"name": "y"}]}]
    assert run("repo", repos=wanted)["changed"]
    assert (set(repos(pachd)), set(heads(pachd, "b"))) == ({"a", "b"}, {"x", "y"})
    assert proxy.writes.count("StartTransaction") == proxy.writes.count("FinishTransaction") == 1
    proxy.calls.clear()
    assert not run("repo", repos=wanted)["changed"]
    assert proxy.calls == ["GetVersion", "ListRepo", "ListBranch"]


def test_a_transaction_that_fails_leaves_nothing(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    answer = run("repo", repos=[{"name": "good"}, {"name": "not/good"}])
    assert answer["failed"]
    assert "alphanumeric" in answer["msg"]
    assert not answer["changed"]
    assert "nothing was changed" in answer["msg"]
    assert repos(pachd) == {}


def test_branches_are_moved_and_deleted(run: Run, pachd: Pachd) -> None:
    run("repo", name="r", branches=[{"name": "old"}])
    first = heads(pachd, "r")["old"]
    put = run("file", repo="r", branch="old", path="/f", content="x")
    moved = run("repo", name="r", branches=[{"name": "release", "head": put["commit"]}])
    assert (moved["changed"], heads(pachd, "r")["release"]) == (True, put["commit"])
    assert not run("repo", name="r", branches=[{"name": "release", "head": put["commit"]}])["changed"]
    back = run("repo", name="r", branches=[{"name": "release", "head": first}])
    assert back["diff"][0]["before"]["head"] == put["commit"]
    assert heads(pachd, "r")["release"] == first
    gone = run("repo", name="r", branches=[{"name": "release", "state": "absent"}])
    assert (gone["changed"], set(heads(pachd, "r"))) == (True, {"old"})
    assert not run("repo", name="r", branches=[{"name": "release", "state": "absent"}])["changed"]


def test_what_is_used_is_not_deleted(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("repo", name="r")
    spec = {
        "pipeline": {"name": "p"},
        "transform": {"cmd": ["true"], "image": "alpine"},
        "input": {"pfs": {"repo": "r", "glob": "/"}},
    }
    run("pipeline", specs=[spec])
    proxy.calls.clear()
    answer = run("repo", repos=[{"name": "r"}, {"name": "p"}], state="absent")
    assert answer["problems"] == [
        "repo p is the output of the pipeline of that name; delete the pipeline instead",
        "repo r is read by p; delete these first, or set force",
    ]
    alone = run("repo", name="r", state="absent")
    assert alone["problems"] == ["repo r is read by p; delete these first, or set force"]
    assert proxy.writes == []
    assert run("repo", name="r", state="absent", force=True)["changed"]
    assert "r" not in repos(pachd)


def test_bad_input(run: Run) -> None:
    assert "name, repos" in run("repo")["msg"]
    assert "mutually exclusive" in run("repo", name="a", repos=[])["msg"]
    assert "must be one of: present, absent, got: gone" in run("repo", name="a", state="gone")["msg"]
    assert not run("repo", repos=[])["changed"]
