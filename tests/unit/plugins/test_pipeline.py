# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_pipeline against a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from conftest import Run
from proxy import Proxy


def spec(name: str, reads: str = "r", command: str = "cp -r /pfs/*/* /pfs/out", **more: Any) -> dict[str, Any]:
    return {
        "pipeline": {"name": name},
        "transform": {"image": "alpine", "cmd": ["sh"], "stdin": [command]},
        "input": {"pfs": {"repo": reads, "glob": "/"}},
        **more,
    }


def infos(pachd: Pachd) -> dict[str, dict[str, Any]]:
    return {info["pipeline"]["name"]: info for info in pachd.each("pps.ListPipeline", {"details": True})}


def versions(pachd: Pachd) -> dict[str, str]:
    return {name: info["version"] for name, info in infos(pachd).items()}


def job_ids(pachd: Pachd, pipeline: str) -> list[str]:
    request = {"pipeline": {"name": pipeline, "project": {"name": "default"}}, "history": -1}
    return [info["job"]["id"] for info in pachd.each("pps.ListJob", request)]


@pytest.fixture(autouse=True)
def repo(run: Run, pachd: Pachd) -> None:
    """A repo r with a file."""
    run("repo", name="r")
    run("file", repo="r", path="/f", content="x")


def settled(run: Run, *pipelines: str) -> None:
    for pipeline in pipelines:
        run("job", pipeline=pipeline, timeout=120)


def test_create_again_change_absent(run: Run, pachd: Pachd) -> None:
    first = run("pipeline", specs=[spec("p")])
    assert (first["changed"], first["pipelines"], versions(pachd)) == (True, ["p"], {"p": "1"})
    assert first["diff"][0]["after"] == spec("p")
    settled(run, "p")
    jobs = job_ids(pachd, "p")
    again = run("pipeline", specs=[spec("p")])
    assert (again["changed"], again["diff"], versions(pachd), job_ids(pachd, "p")) == (False, [], {"p": "1"}, jobs)
    changed = run("pipeline", specs=[spec("p", datum_tries=1)])
    assert changed["diff"][0]["before"] == spec("p")
    assert changed["diff"][0]["after"] == spec("p", datum_tries="1")
    assert versions(pachd) == {"p": "2"}
    gone = run("pipeline", names=["p"], state="absent")
    assert (gone["changed"], versions(pachd)) == (True, {})
    assert not run("pipeline", names=["p"], state="absent")["changed"]


def test_a_list_is_applied_in_the_order_of_the_data_and_at_once(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    specs = [spec("c", "b"), spec("b", "a"), spec("a")]
    proxy.calls.clear()
    assert run("pipeline", specs=specs)["pipelines"] == ["a", "b", "c"]
    assert proxy.writes == ["StartTransaction", *["CreatePipeline"] * 3, "FinishTransaction"]
    assert "ListJob" not in proxy.calls, "what is new has no jobs to wait for"
    assert job_ids(pachd, "a") == job_ids(pachd, "b") == job_ids(pachd, "c"), "one job set, not a storm"
    assert len(job_ids(pachd, "c")) == 1
    proxy.calls.clear()
    assert not run("pipeline", specs=specs)["changed"]
    assert proxy.calls == ["GetVersion", "ListPipeline"]
    answer = run("pipeline", names=["a", "c", "b"], state="absent")
    assert [change["before_header"] for change in answer["diff"]] == ["c", "b", "a"]
    assert versions(pachd) == {}


def test_check_mode_writes_nothing(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("pipeline", specs=[spec("p")])
    proxy.read_only = True
    proxy.calls.clear()
    for arguments in (
        {"specs": [spec("p", command="true"), spec("new")]},
        {"names": ["p"], "state": "absent"},
        {"names": ["p"], "state": "stopped"},
        {"specs": [spec("new")], "state": "stopped"},
    ):
        answer = run("pipeline", check=True, **arguments)
        assert answer["changed"], answer
    assert proxy.writes == []
    assert versions(pachd) == {"p": "1"}


def test_specs_come_from_files_with_a_line_for_what_was_translated(run: Run, pachd: Pachd, tmp_path: Path) -> None:
    old = spec("p", standby=True)
    old["input"] = {"atom": old["input"].pop("pfs")}
    (tmp_path / "p.json").write_text(json.dumps(old))
    answer = run("pipeline", src=[str(tmp_path / "p.json")])
    assert answer["changed"]
    assert answer["warnings"] == [
        f"{tmp_path}/p.json: standby: is called autoscaling now",
        f"{tmp_path}/p.json: input.atom: is called pfs now",
    ]
    assert infos(pachd)["p"]["details"]["autoscaling"]


def of_1_7(name: str, source: dict[str, Any], secret: str, path: str, **more: Any) -> dict[str, Any]:
    """One of the specs that this collection replaces, with the keys that it had."""
    transform = {"image": "cpsign", "cmd": ["sh"], "secrets": [{"name": secret, "mount_path": path}]}
    resources = {"resource_requests": {"memory": "2G", "cpu": 1}, "resource_limits": {"memory": "8G", "cpu": 2}}
    return {"pipeline": {"name": f"LogD-{name}"}, "transform": transform, "input": source, **resources, **more}


def atom(repo: str, glob: str) -> dict[str, Any]:
    return {"atom": {"repo": repo, "glob": glob}}


FIVE_OF_1_7 = [
    of_1_7("ingestion", atom("r", "/"), "chembl-mysql", "/etc/creds", standby=True),
    of_1_7("precompute", atom("LogD-ingestion", "/"), "cpsign-license", "/mnt/lic", standby=True),
    of_1_7(
        "training",
        {"cross": [atom("LogD-ingestion", "/training/*"), atom("LogD-precompute", "/")]},
        "cpsign-license",
        "/mnt/lic",
        standby=True,
        parallelism_spec={"constant": "5"},
    ),
    of_1_7("aggregate", atom("LogD-training", "/models"), "cpsign-license", "/mnt/lic", standby=True),
    of_1_7("upload", atom("LogD-training", "/"), "modelweb-api-info", "/mnt/api-info"),
]


def test_the_five_specs_of_1_7_are_taken_with_a_line_for_each_key_that_was_translated(run: Run, pachd: Pachd) -> None:
    secrets = [{"name": name, "data": {"k": "v"}} for name in ("chembl-mysql", "cpsign-license", "modelweb-api-info")]
    run("secret", secrets=secrets)
    answer = run("pipeline", specs=FIVE_OF_1_7, state="stopped", running_jobs="kill")
    assert answer["pipelines"] == [f"LogD-{n}" for n in ("ingestion", "precompute", "training", "aggregate", "upload")]
    old = [
        line.removesuffix("is called pfs now").removesuffix("is called autoscaling now") for line in answer["warnings"]
    ]
    single = [f"specs[{index}]: {key}: " for index in (0, 1) for key in ("standby", "input.atom")]
    crossed = [f"specs[2]: {key}: " for key in ("standby", "input.cross[0].atom", "input.cross[1].atom")]
    assert old == [*single, *crossed, "specs[3]: standby: ", "specs[3]: input.atom: ", "specs[4]: input.atom: "]
    assert not run("pipeline", specs=FIVE_OF_1_7, state="stopped")["changed"]


def test_hand_made_changes_show_as_drift(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("p")])
    by_hand = spec("p", command="true")
    by_hand["description"] = "by hand"
    pachd.call("pps.CreatePipeline", {**by_hand, "update": True})
    answer = run("pipeline", check=True, specs=[spec("p")])
    assert answer["diff"][0]["before"] == by_hand
    assert answer["diff"][0]["after"] == spec("p")


@pytest.mark.parametrize(
    ("reprocess", "change", "processed"),
    [
        ("auto", {"command": "echo new > /pfs/out/new"}, "1"),
        ("auto", {"datum_tries": 2}, "0"),
        ("never", {"command": "echo new > /pfs/out/new"}, "0"),
        ("always", {"datum_tries": 2}, "1"),
    ],
)
def test_changed_code_runs_again(
    run: Run, pachd: Pachd, reprocess: str, change: dict[str, Any], processed: str
) -> None:
    run("pipeline", specs=[spec("p")])
    settled(run, "p")
    run("pipeline", specs=[spec("p", **change)], reprocess=reprocess)
    job = run("job", pipeline="p", timeout=120)["jobs"][0]
    assert (job["state"], str(job["data_processed"])) == ("success", processed)


def test_running_jobs_stand_in_the_way(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    slow = spec("p", command="sleep 60")
    run("pipeline", specs=[slow])
    proxy.calls.clear()
    for arguments in ({"running_jobs": "fail"}, {"running_jobs": "wait", "timeout": 1}):
        answer = run("pipeline", specs=[spec("p")], **arguments)
        assert answer["failed"]
        assert answer["running_jobs"] == [f"p@{job_ids(pachd, 'p')[0]}"]
        assert "nothing was changed" in answer["msg"]
    assert proxy.writes == []
    assert run("pipeline", specs=[spec("p")], running_jobs="kill")["changed"]
    settled(run, "p")


def test_a_short_job_is_waited_for(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("p", command="sleep 1")])
    assert run("pipeline", specs=[spec("p")], timeout=30)["changed"]
    states = [info["state"] for info in pachd.each("pps.ListJob", {"pipeline": {"name": "p"}, "history": -1})]
    assert states[-1] == "JOB_SUCCESS"


def test_stopped_and_started(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("p")])
    stopped = run("pipeline", names=["p"], state="stopped", timeout=30)
    assert (stopped["changed"], infos(pachd)["p"].get("stopped")) == (True, True)
    assert not run("pipeline", names=["p"], state="stopped")["changed"]
    assert run("pipeline", specs=[spec("p", description="d")])["changed"]
    assert infos(pachd)["p"]["stopped"], "an update leaves a stopped pipeline stopped"
    started = run("pipeline", names=["p"], state="started")
    assert (started["changed"], infos(pachd)["p"].get("stopped", False)) == (True, False)
    assert not run("pipeline", names=["p"], state="started")["changed"]
    both = run("pipeline", specs=[spec("q")], state="stopped", running_jobs="kill")
    assert (both["changed"], infos(pachd)["q"]["stopped"]) == (True, True)


def test_what_is_read_is_not_deleted(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("pipeline", specs=[spec("a"), spec("b", "a")])
    proxy.calls.clear()
    answer = run("pipeline", names=["a"], state="absent")
    assert answer["problems"] == ["pipeline a is read by b; delete that first, or set force"]
    assert proxy.writes == []
    assert run("pipeline", names=["a", "b"], state="absent")["changed"]


def test_every_mistake_is_told_before_anything_is_sent(run: Run, proxy: Proxy, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("pipeline: {name: x}\ntransform: {cmd: sh}\ninput: {pfs: {repo: r}}\n")
    (tmp_path / "same.json").write_text(json.dumps(spec("p")))
    proxy.calls.clear()
    files = [str(tmp_path / "bad.yaml"), str(tmp_path / "same.json")]
    answer = run("pipeline", specs=[spec("p"), {"pipeline": {}, "zzz": 1}], src=files)
    assert answer["problems"] == [
        "specs[1]: zzz: unknown key",
        f"{tmp_path}/bad.yaml: transform.cmd: expected a list, found text",
        f"{tmp_path}/same.json: pipeline.name: p is already described in specs[0]",
    ]
    assert proxy.calls == []
    assert run("pipeline", specs=[spec("p", "none")])["problems"] == [
        "pipeline p reads repo none, which does not exist"
    ]
    assert "does not exist, and no spec" in run("pipeline", names=["none"], state="started")["msg"]
    assert "circle" in run("pipeline", specs=[spec("a", "b"), spec("b", "a")])["msg"]
    assert "specs, src, names" in run("pipeline")["msg"]
    assert proxy.writes == []


def test_a_server_that_dies_in_the_middle_leaves_nothing_half_done(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    proxy.breaks("FinishTransaction")
    answer = run("pipeline", specs=[spec("a"), spec("b", "a")])
    assert answer["failed"]
    assert "nothing was changed" in answer["msg"]
    assert versions(pachd) == {}
    assert pachd.call("transaction.ListTransaction") == {}
    proxy.breaks("DeleteTransaction")
    assert "(call: transaction.FinishTransaction)" in run("pipeline", specs=[spec("a"), spec("b", "a")])["msg"]
    pachd.call("transaction.DeleteAll")


def test_a_pipeline_named_twice_is_stopped_once(run: Run, proxy: Proxy) -> None:
    run("pipeline", specs=[spec("p", command="true")])
    proxy.calls.clear()
    assert run("pipeline", specs=[spec("p", command="true")], names=["p"], state="stopped")["pipelines"] == ["p"]
    assert proxy.writes == ["StopPipeline"]


def test_what_an_owner_no_longer_describes_is_purged(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("mine"), spec("next", "mine"), spec("stays")], owner="me")
    run("pipeline", specs=[spec("yours")], owner="you")
    run("pipeline", specs=[spec("nobodys")])
    assert infos(pachd)["mine"]["details"]["metadata"]["labels"] == {"pharmbio.cpsign/owner": "me"}
    assert "owner" in run("pipeline", specs=[spec("stays")], purge=True)["msg"]
    refused = run("pipeline", specs=[spec("stays", "mine")], owner="me", purge=True)
    assert refused["problems"] == ["pipeline mine is read by stays; delete that first, or set force"]
    answer = run("pipeline", specs=[spec("stays")], owner="me", purge=True)
    assert [change["before_header"] for change in answer["diff"]] == ["next", "mine"]
    assert set(versions(pachd)) == {"stays", "yours", "nobodys"}
    assert not run("pipeline", specs=[spec("stays")], owner="me", purge=True)["changed"]


def test_a_reader_that_is_moved_away_lets_the_old_pipeline_go(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("old"), spec("reader", "old")], owner="me")
    settled(run, "old", "reader")
    assert run("pipeline", specs=[spec("reader")], owner="me", purge=True)["changed"]
    assert set(versions(pachd)) == {"reader"}


def test_another_project_is_not_taken_for_the_default_one(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("p")])
    elsewhere = {**spec("p"), "pipeline": {"name": "p", "project": {"name": "other"}}}
    text = "specs[0]: pipeline.project.name: 'other': these modules know the project default only"
    assert run("pipeline", specs=[elsewhere], state="absent")["msg"] == text
    assert run("pipeline", specs=[elsewhere])["msg"] == text
    reads = {**spec("q"), "input": {"pfs": {"repo": "r", "glob": "/", "project": "other"}}}
    assert run("pipeline", specs=[reads])["msg"].startswith("specs[0]: input.pfs.project: 'other': ")
    assert set(infos(pachd)) == {"p"}


def test_purge_of_nothing_described_and_an_owner_that_is_no_label(run: Run, pachd: Pachd) -> None:
    run("pipeline", specs=[spec("p")], owner="me")
    assert run("pipeline", src=[], owner="me", purge=True)["msg"].startswith("purge: no pipeline is described")
    assert run("pipeline", specs=[spec("p")], owner="my team")["msg"].startswith("owner: 'my team': ")
    assert set(infos(pachd)) == {"p"}


def test_values_without_a_canonical_form(run: Run, tmp_path: Path) -> None:
    negative = {**spec("p"), "parallelism_spec": {"constant": -1}}
    (tmp_path / "cron.yml").write_text(
        "pipeline: {name: q}\ntransform: {cmd: [sh]}\n"
        "input: {cron: {name: tick, spec: '@daily', start: 2026-01-01T00:00:00Z}}\n"
    )
    answer = run("pipeline", specs=[negative], src=[str(tmp_path / "cron.yml")])
    first, second = answer["problems"]
    assert first.startswith("specs[0]: ")
    assert "-1" in first
    assert second.startswith(f"{tmp_path}/cron.yml: ")
    assert run("pipeline", specs=[{"foo": 1}], state="absent")["msg"] == "specs[0]: pipeline.name: missing"


def test_wrapped_numbers_are_numbers(run: Run) -> None:
    tolerations = [{"key": "gpu", "operator": "EXISTS", "toleration_seconds": 60}]
    assert run("pipeline", specs=[spec("p", tolerations=tolerations)])["changed"]
    assert not run("pipeline", specs=[spec("p", tolerations=tolerations)])["changed"]
    wrong = run("pipeline", specs=[spec("p", tolerations=[{"toleration_seconds": "soon"}])])
    assert "tolerations[0].toleration_seconds: expected a number, found text" in wrong["msg"]
    refused = run("pipeline", specs=[spec("p", tolerations=[*tolerations, {"key": "gpu"}])])
    assert "tolerations[1].operator: missing" in refused["msg"]


def test_what_only_a_request_has_is_refused_in_both_spellings(run: Run) -> None:
    answer = run("pipeline", specs=[{**spec("p"), "dryRun": True, "specCommit": {"id": "1"}, "details_json": "{}"}])
    assert {line.split(": ")[1] for line in answer["problems"]} == {"dry_run", "spec_commit", "details_json"}


def test_two_crons_of_which_one_says_its_start(run: Run) -> None:
    crons = [
        {"cron": {"name": "one", "spec": "@daily", "start": "2026-01-01T00:00:00Z"}},
        {"cron": {"name": "two", "spec": "@daily"}},
    ]
    wanted = {**spec("p"), "input": {"cross": crons}}
    assert run("pipeline", specs=[wanted])["changed"]
    assert not run("pipeline", specs=[wanted])["changed"]


def test_check_mode_takes_an_earlier_task_at_its_word(run: Run) -> None:
    answer = run("pipeline", specs=[spec("p", reads="later")], check=True)
    assert answer["changed"]
    assert answer["warnings"] == ["pipeline p reads repo later, which does not exist"]
    assert "later, which does not exist" in run("pipeline", specs=[spec("p", reads="later")])["msg"]


def test_warnings_come_with_a_failure_too(run: Run) -> None:
    answer = run("pipeline", specs=[spec("p", reads="later", cache_size="1G")])
    assert answer["failed"]
    assert answer["warnings"] == ["specs[0]: cache_size: dropped; the cache is pachd's own matter now"]
