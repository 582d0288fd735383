# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens seldom: servers that are odd, answers that are damaged, jobs that are stuck."""

from __future__ import annotations

import builtins
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils import _waiting
from ansible_collections.pharmbio.cpsign.plugins.module_utils._commit_sets import CommitTask, plan_commit_sets
from ansible_collections.pharmbio.cpsign.plugins.module_utils._connection import Connection, endpoint
from ansible_collections.pharmbio.cpsign.plugins.module_utils._content_hash import hash_of_bytes
from ansible_collections.pharmbio.cpsign.plugins.module_utils._diagnosis import why_unavailable
from ansible_collections.pharmbio.cpsign.plugins.module_utils._errors import UserError
from ansible_collections.pharmbio.cpsign.plugins.module_utils._file_commit import Difference, commit_files
from ansible_collections.pharmbio.cpsign.plugins.module_utils._files import FileTask, plan_files
from ansible_collections.pharmbio.cpsign.plugins.module_utils._jobs import JobTask, plan_jobs
from ansible_collections.pharmbio.cpsign.plugins.module_utils._library import Library
from ansible_collections.pharmbio.cpsign.plugins.module_utils._local_files import LocalFile, file_of_bytes, folder_files
from ansible_collections.pharmbio.cpsign.plugins.module_utils._names import branch_of, head_of, repo_of
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pipeline_inputs import in_dag_order
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pipelines import PipelineTask, plan_pipelines
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pods import PodState
from ansible_collections.pharmbio.cpsign.plugins.module_utils._remote_files import RemoteCommit
from ansible_collections.pharmbio.cpsign.plugins.module_utils._wire import FileInfo
from conftest import TOKEN, Run, Server
from proxy import Proxy

LIBRARY = Library()


class Scripted:
    """A pachd whose answers are given by method name; a list for a stream."""

    library = LIBRARY
    read_only = False
    cluster = None

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.warnings: list[str] = []

    def call(self, method: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self.answers[method.partition(".")[2]]
        return answer

    find = call

    def each(self, method: str, request: dict[str, Any], missing_ok: bool = False) -> Iterator[dict[str, Any]]:
        return iter(self.answers[method.partition(".")[2]])

    def raw_stream(self, method: str, request: dict[str, Any], missing_ok: bool = False) -> Iterator[bytes]:
        return iter(self.answers[method.partition(".")[2]])


def scripted(**answers: Any) -> Any:
    return Scripted(**answers)


# --- servers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "text"), [((1, 13, 4), "version 1.13.4; these modules need 2.0 or newer")])
def test_a_server_that_is_too_old(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], text: str) -> None:
    with pytest.raises(UserError, match=text):
        versioned(monkeypatch, *version).version()


def test_a_server_that_names_no_branch_of_a_commit_as_2_12(run: Run, proxy: Proxy) -> None:
    def without_branch(answer: bytes) -> bytes:
        info = LIBRARY.message("pfs_v2.CommitInfo").FromString(answer)
        for commit in (info.commit, info.parent_commit, *info.direct_provenance):
            commit.ClearField("branch")
        written: bytes = info.SerializeToString()
        return written

    proxy.answers |= dict.fromkeys(("InspectCommit", "ListCommit", "InspectCommitSet"), without_branch)
    run("repo", name="r")
    first, second = (run("file", repo="r", path="/a", content=content)["commit"] for content in ("1", "2"))
    assert not run("file", repo="r", path="/a", content="2")["changed"]
    found = run("info", gather=["commits"], repos=["r"])["commits"]
    assert [(one["id"], one["branch"]) for one in found] == [(second, ""), (first, "")]
    assert run("commit", commit_sets=[second], state="dropped")["diff"][0]["before"] == {"commits": ["r"]}


def test_a_server_that_is_newer_than_these_modules_know(monkeypatch: pytest.MonkeyPatch) -> None:
    pachd = versioned(monkeypatch, 2, 13, 0)
    assert pachd.version() == (2, 13, 0)
    assert pachd.warnings == ["pachd 2.13.0 is newer than 2.12, the newest these modules know"]


def versioned(monkeypatch: pytest.MonkeyPatch, major: int, minor: int, micro: int) -> Pachd:
    answer = LIBRARY.encode("versionpb_v2.Version", {"major": major, "minor": minor, "micro": micro})
    monkeypatch.setattr(Pachd, "_retried", lambda *_: answer)
    return Pachd(Connection(address="pachd:1"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (grpc.StatusCode.UNIMPLEMENTED, "does not know the call pfs.ListRepo: broken on purpose"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "did not answer the call pfs.ListRepo in time"),
        (grpc.StatusCode.INTERNAL, "pfs.ListRepo: broken on purpose"),
    ],
)
def test_codes_in_words(run: Run, proxy: Proxy, code: grpc.StatusCode, text: str) -> None:
    proxy.breaks("ListRepo", code)
    assert text in run("info", gather=["repos"])["msg"]


def test_other_errors_than_missing_are_not_taken_for_it(run: Run, proxy: Proxy) -> None:
    run("repo", name="r")
    proxy.breaks("InspectCommit", grpc.StatusCode.INTERNAL)
    assert "broken on purpose" in run("file", repo="r", path="/a", content="x")["msg"]
    proxy.breaks("InspectCommitSet", grpc.StatusCode.INTERNAL)
    assert "broken on purpose" in run("commit", commit_sets=["0" * 32], state="dropped")["msg"]


def test_the_certificate_is_blamed_last(server: Server) -> None:
    plain = endpoint(Connection(address=server.address))
    assert "does not answer as pachd does: odd" in why_unavailable(plain, "odd")


def test_check_mode_is_refused_writes_here_already(server: Server) -> None:
    pachd = Pachd(Connection(address=server.address, token=TOKEN), read_only=True)
    with pytest.raises(AssertionError, match="check mode"):
        pachd.call("pfs.DeleteAll")
    with pytest.raises(AssertionError, match="check mode"):
        pachd.upload("pfs.ModifyFile", [])


def test_an_error_while_an_upload_is_made_comes_out_as_it_is(pachd: Pachd) -> None:
    pachd.call("pfs.CreateRepo", {"repo": repo_of("r")})

    def requests() -> Iterator[bytes]:
        yield LIBRARY.encode("pfs_v2.ModifyFileRequest", {"set_commit": head_of("r", "master")})
        raise UserError("the disk went away")

    with pytest.raises(UserError, match="the disk went away"):
        pachd.upload("pfs.ModifyFile", requests())
    assert pachd.find("pfs.InspectCommit", {"commit": head_of("r", "master")}) is None


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("python_pachyderm"):
            raise TypeError("Descriptors cannot be created directly.")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match="'protobuf<4' ") as caught:
        Library()
    assert sys.executable in str(caught.value)


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_commit_that_pachd_refuses_in_the_end_is_passed_over_by_the_next(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    good = run("file", repo="r", path="/a", content="a file")["commit"]
    difference = Difference((file_of_bytes("/a/b", b"a file in a file"), file_of_bytes("/c", b"old")), (), {})
    with pytest.raises(UserError, match=r"r@\w{32} was refused by pachd: .*collision") as refused:
        commit_files(pachd, "r", "master", "", difference, lambda _parent: True)
    assert refused.value.result == {"changed": True}
    same = run("file", repo="r", path="/a", content="a file")
    assert (same["changed"], same["commit"]) == (False, good)
    assert run("file", repo="r", path="/c", content="new")["changed"], "not what the refused commit held"
    assert not run("file", repo="r", path="/c", content="new")["changed"]
    there = RemoteCommit("r")
    assert [(path, b"".join(there.read(pachd, path))) for path in ("/a", "/c")] == [("/a", b"a file"), ("/c", b"new")]


def test_the_output_of_a_running_job_is_not_written_to() -> None:
    running = {"commit": {"id": "1234"}, "origin": {"kind": "AUTO"}, "started": "now"}
    with pytest.raises(UserError, match="p@master: is written by a pipeline, whose job 1234 runs"):
        plan_files(Scripted(InspectCommit=running), FileTask("p", path="/a", content="x"))


def test_refused_commits_only(run: Run, pachd: Pachd) -> None:
    run("repo", name="r")
    difference = Difference((file_of_bytes("/a", b""), file_of_bytes("/a/b", b"")), (), {})
    with pytest.raises(UserError, match="collision"):
        commit_files(pachd, "r", "master", "", difference, lambda _parent: True)
    assert run("file", repo="r", path="/a", content="x")["changed"]
    assert not run("file", repo="r", path="/a", content="x")["changed"]


def file_info(path: str, size: int = 1) -> bytes:
    return LIBRARY.encode("pfs_v2.FileInfo", {"file": {"path": path}, "file_type": "FILE", "size_bytes": size})


FINISHED = {"commit": {"id": "1"}, "finishing": "t"}


def test_a_failed_commit_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no usable data: datum failed"):
        plan_files(scripted(InspectCommit={**FINISHED, "error": "datum failed"}), fetch(tmp_path))


def fetch(dest: Path) -> FileTask:
    return FileTask("r", dest=dest, state="fetched")


def test_a_path_that_leads_out_of_the_folder_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="would lead out of"):
        plan_files(scripted(InspectCommit=FINISHED, WalkFile=[file_info("/../../etc/x")]), fetch(tmp_path))


def test_a_damaged_file_does_not_take_its_name(tmp_path: Path) -> None:
    pachd = scripted(InspectCommit=FINISHED, WalkFile=[file_info("/a")], GetFile=[b"\x0a\x01x"])
    with pytest.raises(UserError, match="r@1/a arrived damaged"):
        plan_files(pachd, fetch(tmp_path)).apply()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pachd = scripted(InspectCommit=FINISHED, WalkFile=[file_info("/a")])
    with pytest.raises(UserError, match="file/a: cannot be written: "):
        plan_files(pachd, fetch(tmp_path / "file")).apply()


def test_local_files_that_cannot_be_read(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "dangling").symlink_to("nowhere")
    (tmp_path / "folder" / "a").write_text("1")
    run("repo", name="r")
    assert run("file", repo="r", src=str(tmp_path / "folder"), state="synced")["paths"] == ["/a"]
    files = folder_files(tmp_path / "folder", "/", (), ())
    file = next(files)
    (tmp_path / "folder" / "a").unlink()
    with pytest.raises(UserError, match="a: cannot be read: No such file"):
        next(file.messages())
    (tmp_path / "gone").mkdir()
    entries = folder_files(tmp_path / "gone", "/", (), ())
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="gone: cannot be read: No such file"):
        next(entries)


def test_a_file_of_a_commit_that_is_not_there(pachd: Pachd) -> None:
    pachd.call("pfs.CreateRepo", {"repo": repo_of("r")})
    assert RemoteCommit("r").inspect(pachd, "/a") is None


# --- jobs ----------------------------------------------------------------------------------------------------------


def job(state: str, pipeline: str = "p") -> dict[str, Any]:
    return {"job": {"pipeline": {"name": pipeline}, "id": "1"}, "state": f"JOB_{state}"}


def test_files_of_another_size_are_not_read(tmp_path: Path) -> None:
    wanted = LocalFile("/a", tmp_path / "none", 1)
    assert not wanted.equals(FileInfo("/a", True, 2, ""))
    with pytest.raises(UserError, match="cannot be read"):
        wanted.equals(FileInfo("/a", True, 1, ""))


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b").write_text("b")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_text("a")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "linked-file").symlink_to(tmp_path / "elsewhere" / "b")
    assert [file.path for file in folder_files(folder, "/", (), ())] == ["/a", "/linked-file"]


def test_a_folder_is_not_the_file_of_its_name() -> None:
    wanted = LocalFile("/a", b"x", 1)
    assert wanted.equals(FileInfo("/a", True, 1, hash_of_bytes(b"x")))
    assert not wanted.equals(FileInfo("/a/", False, 1, hash_of_bytes(b"x")))


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ({"state": "PIPELINE_CRASHING", "details": {"recent_error": "image not found"}}, "crashing: image not found"),
        ({"state": "PIPELINE_FAILURE", "reason": "bad pod patch"}, "failure: bad pod patch"),
        ({"state": "PIPELINE_PAUSED"}, "paused: no reason given"),
    ],
)
def test_a_job_that_cannot_go_on_ends_the_wait(info: dict[str, Any], reason: str) -> None:
    pipelines = [{"pipeline": {"name": "other"}, "state": "PIPELINE_CRASHING"}, {"pipeline": {"name": "p"}, **info}]
    pachd = scripted(InspectJobSet=[job("STARTING")], ListPipeline=pipelines)
    with pytest.raises(UserError, match=f"job p@1 cannot go on: its pipeline is {reason}"):
        plan_jobs(pachd, JobTask(commit_set="1"))


def looked_at(*looks: list[dict[str, Any]]) -> Any:
    """A pachd whose jobs are found so, one look after the other, while their pipeline p is healthy."""
    pachd = scripted(ListPipeline=[{"pipeline": {"name": "p"}, "state": "PIPELINE_RUNNING"}])
    rest, listed = iter(looks), pachd.each
    pachd.each = lambda method, *_, **__: iter(next(rest)) if method == "pps.InspectJobSet" else listed(method, {})
    return pachd


class Workers:
    """A cluster whose pods are these; or one that says why it does not tell."""

    def __init__(self, *pods: PodState, error: str = "") -> None:
        self.pods, self.error = list(pods), error

    def workers(self, pipeline: str) -> list[PodState]:
        if self.error:
            raise UserError(self.error)
        return self.pods if pipeline == "p" else []


CRASHING = PodState("p-1", False, "container user: CrashLoopBackOff", hopeless=True)


def test_a_job_whose_workers_all_crash_is_not_waited_for() -> None:
    pachd = looked_at([job("STARTING"), job("STARTING", "q")])
    pachd.cluster = Workers(CRASHING, replace(CRASHING, name="p-2"))
    with pytest.raises(UserError) as caught:
        plan_jobs(pachd, JobTask(commit_set="1"))
    first, second = str(caught.value).split("\n")
    assert first == "job p@1 cannot go on: pod p-1: container user: CrashLoopBackOff"
    assert second == "  pod p-2: container user: CrashLoopBackOff"


def test_the_reason_of_the_pods_stands_beside_that_of_pachd() -> None:
    pipelines = [{"pipeline": {"name": "p"}, "state": "PIPELINE_CRASHING", "reason": "no nodes"}]
    pachd = scripted(InspectJobSet=[job("STARTING")], ListPipeline=pipelines)
    pachd.cluster = Workers(PodState("p-1", False, "Unschedulable: no node has 1T"), PodState("p-2", True))
    with pytest.raises(UserError) as caught:
        plan_jobs(pachd, JobTask(commit_set="1"))
    assert str(caught.value) == (
        "job p@1 cannot go on: its pipeline is crashing: no nodes\n  pod p-1: Unschedulable: no node has 1T"
    )


@pytest.mark.parametrize(
    "workers", [(), (CRASHING, PodState("p-2", True)), (PodState("p-1", False, "Unschedulable: x"),)]
)
def test_workers_that_may_yet_run_are_waited_for(workers: tuple[PodState, ...]) -> None:
    pachd = looked_at([job("STARTING")], [job("SUCCESS")])
    pachd.cluster = Workers(*workers)
    assert plan_jobs(pachd, JobTask(commit_set="1")).result["done"]


def test_pods_that_may_not_be_looked_at_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting, "STUCK_CHECK_SECONDS", 0)
    pachd = looked_at([job("STARTING")], [job("STARTING")], [job("SUCCESS")])
    pachd.cluster = Workers(error="no")
    assert plan_jobs(pachd, JobTask(commit_set="1")).result["done"]
    assert pachd.warnings == ["pods could not be looked at: no"]


def test_a_job_of_a_healthy_pipeline_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting, "STUCK_CHECK_SECONDS", 0)
    pachd = looked_at([job("STARTING")], [job("RUNNING")], [job("SUCCESS")])
    assert plan_jobs(pachd, JobTask(commit_set="1")).result["done"]


def test_until_change_comes_back_when_one_more_job_ended() -> None:
    pachd = looked_at([job("RUNNING"), job("RUNNING", "q")], [job("SUCCESS"), job("RUNNING", "q")])
    result = plan_jobs(pachd, JobTask(commit_set="1", until="change")).result
    assert (result["done"], [one["state"] for one in result["jobs"]]) == (False, ["success", "running"])


def test_a_log_that_cannot_be_had_does_not_hide_the_failure(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("repo", name="r")
    run("file", repo="r", path="/f", content="x")
    spec = {
        "pipeline": {"name": "p"},
        "transform": {"image": "alpine", "cmd": ["false"]},
        "input": {"pfs": {"repo": "r", "glob": "/"}},
        "datum_tries": 1,
    }
    run("pipeline", specs=[spec])
    proxy.breaks("GetLogs", grpc.StatusCode.INTERNAL)
    answer = run("job", pipeline="p", timeout=60)
    assert "ended in state failure" in answer["msg"]
    assert "(no log to be had: " in answer["msg"]


def retry(branches: list[dict[str, Any]], **infos: Any) -> Any:
    """A failed job 1 of p, whose output has these branches in its provenance."""
    inspected = iter([{"provenance": branches}, *({"head": {"id": head}} for head in infos.values())])
    pachd = scripted(InspectPipeline={"details": {}}, ListJob=[job("FAILURE")])
    pachd.call = lambda *_: next(inspected)
    return plan_jobs(pachd, JobTask(pipeline="p", state="retried"))


def test_a_retry_prefers_the_branch_that_started_the_job() -> None:
    branches = [
        branch_of("a", "master"),
        branch_of("b", "master"),
        {"repo": {"name": "p", "type": "spec"}, "name": "m"},
    ]
    assert retry(branches, a="0", b="1").changes[0].after["by an empty commit on"] == "b@master"
    assert retry(branches, a="0", b="2").changes[0].after["by an empty commit on"] == "a@master"


def test_a_pipeline_without_a_branch_of_people_cannot_be_retried() -> None:
    with pytest.raises(UserError, match="reads no branch that could be committed to"):
        retry([])


# --- inputs --------------------------------------------------------------------------------------------------------


def test_an_input_without_a_repo_is_nobodys_reader() -> None:
    spec = {"pipeline": {"name": "p"}, "input": {"cron": {"name": "t"}, "pfs": {"glob": "/"}}}
    assert in_dag_order([spec]) == [spec]


@pytest.mark.parametrize("name", ["commit", "file", "info", "job", "pipeline", "repo", "secret"])
def test_modules_import_quickly_since_they_import_no_grpc(name: str) -> None:
    script = f"import ansible_collections.pharmbio.cpsign.plugins.modules.pachyderm_{name}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"grpc", "python_pachyderm", "numpy", "yaml", "kubernetes"} & set(done.stdout.split())


@pytest.mark.parametrize("force", [False, True])
def test_only_force_deletes_by_force(force: bool) -> None:
    existing = [{"pipeline": {"name": "p"}, "details": {}}]
    plan = plan_pipelines(scripted(ListPipeline=existing), PipelineTask(names=("p",), state="absent", force=force))
    assert [call.request["force"] for change in plan.changes for call in change.calls] == [force]


def test_a_job_that_never_ran_is_not_asked_for_its_log() -> None:
    with pytest.raises(UserError, match="job p@1 ended in state unrunnable") as caught:
        plan_jobs(scripted(InspectJobSet=[job("UNRUNNABLE")]), JobTask(commit_set="1"))
    assert [one["log"] for one in caught.value.result["jobs"]] == [[]]


def test_the_cause_of_a_failure_is_told_first_and_its_consequences_not_at_all() -> None:
    jobs = [job("UNRUNNABLE", "c"), job("KILLED", "b"), job("FAILURE", "a")]
    with pytest.raises(UserError) as caught:
        plan_jobs(scripted(InspectJobSet=jobs), JobTask(commit_set="1", log_lines=0))
    assert str(caught.value) == "job a@1 ended in state failure\njob b@1 ended in state killed"
    assert [one["pipeline"] for one in caught.value.result["jobs"]] == ["c", "b", "a"]


def test_a_pipeline_is_sent_with_its_project() -> None:
    written = {"pipeline": {"name": "p"}, "transform": {"cmd": ["true"]}, "input": {"pfs": {"repo": "r", "glob": "/"}}}
    server = scripted(ListPipeline=[], ListRepo=[{"repo": {"name": "r"}}])
    (change,) = plan_pipelines(server, PipelineTask(specs=(written,))).changes
    assert [call.request["pipeline"]["project"] for call in change.calls] == [{"name": "default"}]


def test_a_commit_set_is_told_as_the_commits_of_people() -> None:
    def commit(repo: str, identity: str, kind: str = "user") -> dict[str, Any]:
        branch = {"name": "b", "repo": {"name": repo, "type": kind}}
        return {"commit": {"id": identity, "branch": branch}, "started": "2026-01-01T12:00:00Z"}

    answers = [commit("r", "1"), commit("older", "0"), commit("p", "1", "meta"), commit("q", "1")]
    plan = plan_commit_sets(scripted(InspectCommitSet=answers), CommitTask(("1",), "dropped"))
    assert [change.before for change in plan.changes] == [{"commits": ["r@b", "q@b"]}]


def test_a_fetched_file_may_be_read_by_those_whom_the_umask_lets(run: Run, tmp_path: Path) -> None:
    run("repo", name="r")
    run("file", repo="r", path="/f", content="x")
    before = os.umask(0o027)
    try:
        run("file", repo="r", dest=str(tmp_path / "dest"), state="fetched")
    finally:
        assert os.umask(before) == 0o027, "it is only asked for"
    assert stat.S_IMODE((tmp_path / "dest" / "f").stat().st_mode) == 0o640
