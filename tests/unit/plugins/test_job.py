# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_job and pachyderm_info against a server."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import Run, serving
from proxy import Proxy


def spec(name: str, command: str, reads: str = "r") -> dict[str, Any]:
    return {
        "pipeline": {"name": name},
        "transform": {"image": "alpine", "cmd": ["sh"], "stdin": [command]},
        "input": {"pfs": {"repo": reads, "glob": "/"}},
        "datum_tries": 1,
    }


COPY = "cp -r /pfs/*/* /pfs/out"
FAIL_ON_BAD = "if grep -q bad /pfs/r/f; then echo first >&2; echo it is bad >&2; exit 3; fi; " + COPY


@pytest.fixture(autouse=True)
def pipelines(run: Run) -> None:
    """r is copied by a, a by b; a fails when the file holds "bad"."""
    run("repo", name="r")
    run("pipeline", specs=[spec("a", FAIL_ON_BAD), spec("b", COPY, "a")])


def put(run: Run, content: str) -> str:
    commit: str = run("file", repo="r", path="/f", content=content)["commit"]
    return commit


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {job["pipeline"]: job["state"] for job in answer["jobs"]}


def test_all_jobs_of_a_commit_set(run: Run) -> None:
    commit = put(run, "good")
    answer = run("job", commit_set=commit, timeout=60)
    assert (answer["changed"], answer["done"], states(answer)) == (False, True, {"a": "success", "b": "success"})
    job = next(job for job in answer["jobs"] if job["pipeline"] == "a")
    assert (job["id"], job["data_processed"], job["data_total"], job["log"]) == (commit, 1, 1, [])
    assert not run("job", commit_set=commit, state="stopped")["changed"], "what has ended is not stopped"
    assert job["started"] <= job["finished"]
    only = run("job", commit_set=commit, pipelines=["b"], timeout=60)
    assert states(only) == {"b": "success"}
    newest = run("job", pipeline="a", timeout=60)
    assert newest["jobs"] == [job]


def test_a_failure_ends_the_wait_and_is_told_with_its_log(run: Run) -> None:
    commit = put(run, "bad")
    start = time.monotonic()
    answer = run("job", commit_set=commit, timeout=300, log_lines=1)
    assert answer["failed"]
    assert time.monotonic() - start < 100, "it did not wait for the time to be over"
    assert f"job a@{commit} ended in state failure: datum " in answer["msg"]
    assert answer["msg"].count("it is bad") == 1
    failed = next(job for job in answer["jobs"] if job["pipeline"] == "a")
    assert failed["log"] == ["it is bad"]


def test_a_wait_that_is_too_short_says_what_still_runs(run: Run) -> None:
    put(run, "good")
    run("pipeline", specs=[spec("slow", "sleep 60")])
    answer = run("job", pipeline="slow", timeout=1)
    assert answer["failed"]
    assert "not finished after 1 s: slow@" in answer["msg"]
    change = run("job", pipeline="slow", timeout=1, until="change")
    assert (change.get("failed", False), change["done"]) == (False, False)
    assert states(change)["slow"] in ("created", "starting", "running")
    stopped = run("job", pipeline="slow", state="stopped")
    assert stopped["changed"]
    assert run("job", pipeline="slow", timeout=30)["jobs"][0]["state"] == "killed"


def test_a_job_that_the_set_does_not_have_is_not_waited_for(run: Run) -> None:
    commit = put(run, "good")
    run("job", commit_set=commit)
    assert "has no job of none (it has jobs of: a, b)" in run("job", commit_set=commit, pipelines=["a", "none"])["msg"]


def test_retried(run: Run, pachd: Pachd) -> None:
    good = put(run, "good")
    run("job", commit_set=good, timeout=60)
    nothing = run("job", pipeline="b", state="retried")
    assert (nothing["changed"], nothing["commit_set"]) == (False, good)
    bad = put(run, "bad")
    run("job", commit_set=bad, pipelines=["b"], timeout=60)
    answer = run("job", pipeline="b", state="retried")
    assert answer["changed"]
    assert answer["commit_set"] not in (good, bad)
    assert answer["diff"][0]["after"]["by an empty commit on"] == "r@master"
    again = run("job", commit_set=answer["commit_set"], timeout=60)
    assert "ended in state failure" in again["msg"]


def test_a_wait_outlives_a_restart_of_the_server(run: Run, tmp_path: Path) -> None:
    with ExitStack() as second, serving(tmp_path) as first:
        where = {"address": first.address}
        run("repo", name="r", **where)
        run("pipeline", specs=[spec("a", "sleep 2; " + COPY)], **where)
        commit = run("file", repo="r", path="/f", content="x", **where)["commit"]

        def restart() -> None:
            first.process.terminate()
            first.process.wait()
            second.enter_context(serving(tmp_path, first.address))

        timer = threading.Timer(1, restart)
        timer.start()
        answer = run("job", commit_set=commit, timeout=60, connect_timeout=30, **where)
        timer.join()
    assert states(answer) == {"a": "success"}, answer
    assert first.process.returncode is not None


def test_check_mode_writes_nothing(run: Run, proxy: Proxy) -> None:
    bad = put(run, "bad")
    run("job", commit_set=bad, pipelines=["b"], timeout=60)
    run("pipeline", specs=[spec("slow", "sleep 30")])
    proxy.read_only = True
    proxy.calls.clear()
    retried = run("job", check=True, pipeline="b", state="retried")
    assert (retried["changed"], retried["commit_set"]) == (True, bad)
    assert run("job", check=True, pipeline="slow", state="stopped")["changed"]
    assert run("job", check=True, commit_set=bad, state="absent")["changed"]
    start = time.monotonic()
    looked = run("job", check=True, pipeline="slow")
    assert (looked["changed"], looked["done"], time.monotonic() - start < 20) == (False, False, True)
    assert proxy.writes == []


def test_absent(run: Run, pachd: Pachd) -> None:
    commit = put(run, "good")
    run("job", commit_set=commit, timeout=60)
    gone = run("job", commit_set=commit, pipelines=["b"], state="absent")
    assert gone["changed"]
    assert states(run("job", commit_set=commit)) == {"a": "success"}


def test_bad_input(run: Run, proxy: Proxy) -> None:
    assert "commit_set, pipeline" in run("job")["msg"]
    assert "mutually exclusive" in run("job", commit_set="1", pipeline="a")["msg"]
    assert "pipeline" in run("job", commit_set="1", state="retried")["msg"]
    assert "pipeline none does not exist" in run("job", pipeline="none", state="retried")["msg"]
    for identity in ("", "1", "0" * 32):
        assert run("job", commit_set=identity)["msg"] == f"commit set '{identity}' does not exist"
    run("repo", name="unread")
    alone = run("file", repo="unread", path="/f", content="x")["commit"]
    assert run("job", commit_set=alone)["jobs"] == [], "a commit that nobody reads starts no job"
    text = f"commit set {alone} has no job of a (it has jobs of: none)"
    assert text in run("job", commit_set=alone, pipelines=["a"])["msg"]
    assert run("job", pipeline="none")["msg"] == "pipeline none does not exist"
    assert not run("job", commit_set=alone, pipelines=["b"], state="absent")["changed"]
    assert run("job", pipeline="a", state="absent")["msg"].startswith("pipeline: its newest job would be another ")
    assert not run("job", commit_set="0" * 32, state="absent")["changed"]
    proxy.breaks("ListJob", grpc.StatusCode.INTERNAL)
    assert "broken on purpose" in run("job", pipeline="a")["msg"]


def test_info(run: Run, pachd: Pachd) -> None:
    commit = put(run, "good")
    run("job", commit_set=commit, timeout=60)
    run("secret", name="s", data={"k": "canary-value"})
    answer = run("info", gather=["version", "repos", "pipelines", "jobs", "secrets", "commits"], limit=1)
    assert not answer["changed"]
    assert answer["version"].startswith("2.7.")
    assert {repo["name"] for repo in answer["repos"]} == {"r", "a", "b"}
    repo = next(repo for repo in answer["repos"] if repo["name"] == "r")
    assert repo == {
        "name": "r",
        "description": "",
        "created": repo["created"],
        "size_bytes": len("good"),
        "branches": [{"name": "master", "head": commit}],
    }
    pipeline = next(pipeline for pipeline in answer["pipelines"] if pipeline["name"] == "b")
    assert pipeline == {
        "name": "b",
        "version": 1,
        "state": "running",
        "reason": "",
        "stopped": False,
        "last_job_state": "success",
        "spec": {**spec("b", COPY, "a"), "datum_tries": "1"},
    }
    assert {(job["pipeline"], job["id"]) for job in answer["jobs"]} == {("a", commit), ("b", commit)}
    assert [secret["name"] for secret in answer["secrets"]] == ["s"]
    assert {entry["id"] for entry in answer["commits"]} == {commit}
    assert {entry["size_bytes"] for entry in answer["commits"]} == {len("good")}
    pushed = next(entry for entry in answer["commits"] if entry["repo"] == "r")
    assert repo["created"] < pushed["started"] <= pushed["finished"]
    assert pushed == {
        "repo": "r",
        "branch": "master",
        "id": commit,
        "message": "",
        "origin": "user",
        "started": pushed["started"],
        "finished": pushed["finished"],
        "error": "",
        "size_bytes": len("good"),
        "provenance": [],
    }
    assert {len(entry["provenance"]) for entry in answer["commits"]} == {0, 1}  # the pipeline's specification is older
    assert "canary" not in str(answer)
    some = run("info", gather=["repos", "pipelines", "commits", "jobs"], repos=["r"], pipelines=["a"], limit=5)
    assert [len(some[kind]) for kind in ("repos", "pipelines", "jobs")] == [1, 1, 2]
    assert run("info", gather=["pipelines", "jobs"], pipelines=["gone"], repos=["gone"])["jobs"] == []
    assert {entry["repo"] for entry in some["commits"]} == {"r"}


def test_info_alone_gives_the_version(run: Run, proxy: Proxy) -> None:
    proxy.calls.clear()
    assert set(run("info")) >= {"version"}
    assert proxy.calls == ["GetVersion"]


def test_a_limit_below_one(run: Run) -> None:
    for limit in (0, -1):
        assert run("info", gather=["jobs"], limit=limit)["msg"] == f"limit: {limit}: expected 1 or more"


def test_an_empty_name_is_no_missing_one(run: Run) -> None:
    assert run("repo", name="")["failed"]
