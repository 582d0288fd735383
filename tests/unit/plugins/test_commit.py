# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_commit against a server."""

from __future__ import annotations

from ansible_collections.pharmbio.cpsign.plugins.module_utils._names import branch_of, repo_of
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import Run
from proxy import Proxy


def commits(pachd: Pachd) -> list[str]:
    return [info["commit"]["id"] for info in pachd.each("pfs.ListCommit", {"repo": repo_of("r"), "all": True})]


def test_dropped_and_squashed(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    one, two, three = (run("file", repo="r", path=f"/{name}", content=name)["commit"] for name in "abc")
    dropped = run("commit", commit_sets=[three], state="dropped")
    assert (dropped["changed"], dropped["commit_sets"], commits(pachd)) == (True, [three], [two, one])
    assert dropped["diff"][0]["before"] == {"commits": ["r@master"]}
    assert not run("commit", commit_sets=[three], state="dropped")["changed"]
    assert run("commit", commit_sets=[one, three], state="squashed")["commit_sets"] == [one]
    assert commits(pachd) == [two]
    assert not run("file", repo="r", path="/a", content="a")["changed"], "what was squashed is kept"


def test_several_are_dropped_in_whatever_order_they_are_named(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    one, two, three = (run("file", repo="r", path=f"/{name}", content=name)["commit"] for name in "abc")
    assert run("commit", commit_sets=[two, three], state="dropped")["commit_sets"] == [three, two]
    assert commits(pachd) == [one]


def test_a_commit_left_open_is_dropped(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    first = run("file", repo="r", path="/a", content="1")["commit"]
    left_open = pachd.call("pfs.StartCommit", {"branch": branch_of("r", "master")})["id"]
    assert run("commit", commit_sets=[left_open], state="dropped")["changed"]
    assert commits(pachd) == [first]
    assert run("file", repo="r", path="/a", content="2")["changed"]


def test_check_mode_writes_nothing(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("repo", name="r")
    commit = run("file", repo="r", path="/a", content="1")["commit"]
    proxy.read_only = True
    proxy.calls.clear()
    assert run("commit", check=True, commit_sets=[commit], state="dropped")["changed"]
    assert (proxy.writes, commits(pachd)) == ([], [commit])


def test_bad_input(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    run("file", repo="r", path="/a", content="1")
    newest = run("file", repo="r", path="/b", content="1")["commit"]
    assert "commit_sets" in run("commit", state="dropped")["msg"]
    answer = run("commit", commit_sets=[newest], state="squashed")
    assert answer["failed"]
    assert "nothing was changed" in answer["msg"]
    assert newest in commits(pachd)
