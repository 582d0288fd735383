# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines and jobs over gRPC, in the real sandbox."""

import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from pachd import Pachd
from processes import command_lines

from embedded_pachd.messages import pfs_pb2, pps_pb2

COPY = "cp /pfs/in/* /pfs/out/"


def counts(job: Any) -> tuple[int, int, int, int]:
    return job.data_processed, job.data_skipped, job.data_failed, job.data_total


def refused(call: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return str(caught.value.details())


def update(pachd: Pachd, name: str, script: str, **more: Any) -> None:
    pachd.create(name, script, "in", update=True, **more)


@pytest.fixture
def copied(pachd: Pachd) -> Pachd:
    """Repo in with three files, and pipeline copy whose first job has finished."""
    pachd.create_repo("in")
    pachd.files("in", a="1", b="2", c="3")
    pachd.create("copy", COPY, "in")
    assert pachd.wait("copy").state == pps_pb2.JOB_SUCCESS
    return pachd


def test_a_job_runs_and_its_output_is_there(copied: Pachd) -> None:
    assert copied.paths("copy") == ["/a", "/b", "/c"]
    assert copied.get("copy", "/b") == b"2"
    assert [counts(job) for job in copied.jobs("copy")] == [(3, 0, 0, 3)]


def test_nothing_of_a_job_stays_on_the_disk(copied: Pachd, root: Path) -> None:
    while any((root / "scratch").iterdir()):  # removed just after the job's end is told
        time.sleep(0.02)


def test_only_what_changed_is_run_again(copied: Pachd) -> None:
    copied.files("in", b="two")
    assert counts(copied.wait("copy")) == (1, 2, 0, 3)
    assert copied.get("copy", "/b") == b"two"
    states = [each.state for each in copied.datums("copy")]
    assert sorted(states) == [pps_pb2.SUCCESS, pps_pb2.SKIPPED, pps_pb2.SKIPPED]


def test_the_output_of_a_vanished_datum_goes(copied: Pachd) -> None:
    delete = pfs_pb2.ModifyFileRequest(delete_file=pfs_pb2.DeleteFile(path="/b"))
    commit = pfs_pb2.Commit(branch=pfs_pb2.Branch(repo=pfs_pb2.Repo(name="in", type="user"), name="master"))
    copied.call("ModifyFile", iter([pfs_pb2.ModifyFileRequest(set_commit=commit), delete]))
    assert counts(copied.wait("copy")) == (0, 2, 0, 2)
    assert copied.paths("copy") == ["/a", "/c"]


def test_an_update_skips_and_reprocess_does_not(copied: Pachd) -> None:
    update(copied, "copy", "sed s/^/x/ /pfs/in/a > /pfs/out/a; true")
    assert counts(copied.wait("copy")) == (0, 3, 0, 3)
    assert copied.get("copy", "/a") == b"1"
    update(copied, "copy", "sed s/^/x/ $in > /pfs/out/$(basename $in)", reprocess=True)
    assert counts(copied.wait("copy")) == (3, 0, 0, 3)
    assert copied.get("copy", "/a") == b"x1"


def test_reprocess_spec_runs_every_job_whole(copied: Pachd) -> None:
    update(copied, "copy", COPY, reprocess_spec="every_job")
    assert counts(copied.wait("copy")) == (3, 0, 0, 3)


def test_what_a_failed_job_did_is_not_skipped(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1", b="2")
    pachd.create("p", "test -e /pfs/in/b && exit 1\n" + COPY, "in", datum_tries=1)
    assert counts(pachd.wait("p")) == (1, 0, 1, 2)
    update(pachd, "p", COPY, datum_tries=1)
    assert counts(pachd.wait("p")) == (2, 0, 0, 2)


def test_tries_are_counted(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "echo tried; exit 3", "in", datum_tries=4)
    job = pachd.wait("p")
    assert (job.state, job.reason.startswith("datum ")) == (pps_pb2.JOB_FAILURE, True)
    assert pachd.said("p") == ["tried"] * 4


def test_a_job_timeout_kills_the_job(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "sleep 86393", "in", job_timeout="0.5s")
    job = pachd.wait("p")
    assert (job.state, job.reason) == (pps_pb2.JOB_KILLED, " jobtimed out")


def test_stopping_a_job_makes_those_downstream_unrunnable(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("slow", "sleep 86392", "in")
    pachd.create("after", "true", "slow")
    waiting = pachd.jobs("after")[0].job.id
    for job in pachd.jobs("slow"):
        pachd.pps("StopJob", pps_pb2.StopJobRequest(job=job.job))
    assert {job.state for job in pachd.jobs("slow")} == {pps_pb2.JOB_KILLED}
    assert {job.reason for job in pachd.jobs("slow")} == {"job stopped"}
    job = pachd.wait("after", waiting)
    assert job.state == pps_pb2.JOB_UNRUNNABLE
    assert job.reason == "unrunnable because the following upstream pipelines failed: slow"


def test_an_update_kills_what_runs(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "sleep 86391", "in")
    first = pachd.head_id("p")
    update(pachd, "p", COPY)
    assert pachd.wait("p", first).state == pps_pb2.JOB_KILLED
    assert pachd.wait("p").state == pps_pb2.JOB_SUCCESS


def test_a_stopped_pipeline_waits_until_it_is_started(copied: Pachd) -> None:
    pipeline = pps_pb2.Pipeline(name="copy")
    copied.pps("StopPipeline", pps_pb2.StopPipelineRequest(pipeline=pipeline))
    copied.files("in", d="4")
    assert len(copied.jobs("copy")) == 1
    info = copied.pps("InspectPipeline", pps_pb2.InspectPipelineRequest(pipeline=pipeline))
    assert (info.state, info.stopped) == (pps_pb2.PIPELINE_PAUSED, True)
    copied.pps("StartPipeline", pps_pb2.StartPipelineRequest(pipeline=pipeline))
    assert copied.wait("copy").state == pps_pb2.JOB_SUCCESS
    assert copied.paths("copy") == ["/a", "/b", "/c", "/d"]


def test_workers_run_side_by_side_and_see_only_their_datum(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1", b="2", c="3")
    pachd.create("p", "find /pfs /tmp -type f -not -name .env; sleep 86386", "in", parallelism_spec={"constant": 2})
    while len(pachd.said("p")) < 2:
        time.sleep(0.02)
    running = [each.data[0].file.path for each in pachd.datums("p") if each.state == pps_pb2.STARTING]
    pachd.pps("StopJob", pps_pb2.StopJobRequest(job=pachd.job("p")))
    assert len(running) == 2
    assert sorted(pachd.said("p")) == sorted(f"/pfs/in{path}" for path in running)


def test_a_downstream_pipeline_runs_in_the_same_commit_set(copied: Pachd) -> None:
    copied.create("all", "cat /pfs/copy/* > /pfs/out/all", {"pfs": {"repo": "copy", "glob": "/"}})
    copied.wait("all")
    copied.files("in", b="two")
    assert copied.head_id("in") == copied.head_id("copy") == copied.head_id("all")
    copied.wait("all")
    assert copied.get("all", "/all") == b"1two3"
    request = pps_pb2.InspectJobSetRequest(job_set=pps_pb2.JobSet(id=copied.head_id("in")), wait=True)
    assert [info.job.pipeline.name for info in copied.pps("InspectJobSet", request)] == ["copy", "all"]


def test_a_reader_of_a_release_branch_follows_only_the_user(copied: Pachd) -> None:
    first = copied.head_id("copy")
    release(copied, first)
    tree = {"pfs": {"repo": "copy", "branch": "release", "glob": "/"}}
    copied.create("reader", "cat /pfs/copy/b > /pfs/out/b", tree)
    copied.wait("reader")
    copied.files("in", b="two")
    second = copied.wait("copy").job.id
    assert len(copied.jobs("reader")) == 1
    for commit, content in ((second, b"two"), (first, b"2")):
        release(copied, commit)
        assert counts(copied.wait("reader")) == (1, 0, 0, 1)
        assert copied.get("reader", "/b") == content


def release(pachd: Pachd, commit: str) -> None:
    repo = pfs_pb2.Repo(name="copy", type="user", project=pfs_pb2.Project(name="default"))
    head = pfs_pb2.Commit(branch=pfs_pb2.Branch(repo=repo, name="master"), repo=repo, id=commit)
    branch = pfs_pb2.Branch(repo=repo, name="release")
    pachd.call("CreateBranch", pfs_pb2.CreateBranchRequest(branch=branch, head=head))


def test_an_unknown_image_fails_the_job_and_says_what_to_do(pachd: Pachd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_pachd.pps.images.ENGINES", ())
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "true", "in", transform={"image": "not/here:1"})
    job = pachd.wait("p")
    assert job.state == pps_pb2.JOB_FAILURE
    assert "image not/here:1 is not known here" in job.reason
    assert "install podman or docker" in job.reason


def test_a_link_out_of_the_output_fails_the_datum(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "ln -s /etc/passwd /pfs/out/x", "in", datum_tries=1)
    assert counts(pachd.wait("p")) == (0, 0, 1, 1)
    assert pachd.paths("p") == []


def test_logs_can_be_followed_until_the_job_ends(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.create("p", "for i in 1 2 3; do echo line $i; sleep 0.2; done", "in")
    pachd.files("in", a="1")
    request = pps_pb2.GetLogsRequest(job=pachd.job("p"), follow=True)
    lines = [line for line in pachd.pps("GetLogs", request) if line.user]
    assert [line.message for line in lines] == ["line 1", "line 2", "line 3"]
    assert {each.path for line in lines for each in line.data} == {"/a"}


def test_logs_are_chosen_by_datum_file_and_number(copied: Pachd) -> None:
    update(copied, "copy", "echo $in", reprocess=True)
    copied.wait("copy")
    datum = next(each for each in copied.datums("copy") if each.data[0].file.path == "/b")
    assert copied.said("copy", data_filters=["/a"]) == ["/pfs/in/a"]
    assert copied.said("copy", job=copied.job("copy"), datum=datum.datum) == ["/pfs/in/b"]
    assert len(list(copied.pps("GetLogs", pps_pb2.GetLogsRequest(job=copied.job("copy"), tail=2)))) == 2


def test_a_datum_can_be_restarted(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "echo started; sleep 86390", "in", datum_tries=1)
    while pachd.said("p") != ["started"]:
        time.sleep(0.02)
    request = pps_pb2.RestartDatumRequest(job=pachd.job("p"), data_filters=["/a"])
    pachd.pps("RestartDatum", request)
    while pachd.said("p") != ["started", "started"]:
        time.sleep(0.02)
    request.data_filters[:] = ["/none"]
    text = f"datum matching filter [/none] could not be found for job ID {request.job.id}"
    assert refused(lambda: pachd.pps("RestartDatum", request)) == text
    pachd.pps("StopJob", pps_pb2.StopJobRequest(job=request.job))


def test_a_running_job_shows_how_far_it_is(pachd: Pachd) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1", b="2")
    pachd.create("p", "test -e /pfs/in/b && sleep 86389; true", "in", parallelism_spec={"constant": 2})
    while counts(job := pachd.jobs("p")[0]) != (1, 0, 0, 2):
        time.sleep(0.02)
    assert job.state == pps_pb2.JOB_RUNNING
    states = {each.data[0].file.path: each.state for each in pachd.datums("p")}
    assert states == {"/a": pps_pb2.SUCCESS, "/b": pps_pb2.STARTING}
    pachd.pps("StopJob", pps_pb2.StopJobRequest(job=job.job))


def test_cron_ticks_when_told_to(pachd: Pachd) -> None:
    pachd.create("p", "basename $tick > /pfs/out/last", {"cron": {"name": "tick", "spec": "@never"}})
    pachd.wait("p")
    pachd.pps("RunCron", pps_pb2.RunCronRequest(pipeline=pps_pb2.Pipeline(name="p")))
    assert counts(pachd.wait("p")) == (1, 0, 0, 1)
    (path,) = pachd.paths("p_tick")
    assert pachd.get("p", "/last").decode() == path.lstrip("/") + "\n"


def test_cron_ticks_by_itself(pachd: Pachd) -> None:
    pachd.create("p", "true", {"cron": {"name": "tick", "spec": "@every 1s", "overwrite": True}})
    while len(pachd.jobs("p")) < 3:
        time.sleep(0.05)
    assert len(pachd.paths("p_tick")) == 1


def test_datums_of_an_input_can_be_listed_before_there_is_a_pipeline(copied: Pachd) -> None:
    tree = ParseDict({"pfs": {"repo": "in", "glob": "/[ab]"}}, pps_pb2.Input())
    found = list(copied.pps("ListDatum", pps_pb2.ListDatumRequest(input=tree)))
    assert sorted(each.data[0].file.path for each in found) == ["/a", "/b"]


def test_jobs_can_be_filtered(copied: Pachd) -> None:
    copied.files("in", d="4")
    copied.wait("copy")
    request = pps_pb2.ListJobRequest(pipeline=pps_pb2.Pipeline(name="copy"), jqFilter='.data_skipped == "3"')
    assert [counts(job) for job in copied.pps("ListJob", request)] == [(1, 3, 0, 4)]
    request.jqFilter = "]"
    assert "error parsing jq filter" in refused(lambda: list(copied.pps("ListJob", request)))


def test_a_subscriber_hears_of_every_job(copied: Pachd) -> None:
    stream = copied.pps("SubscribeJob", pps_pb2.SubscribeJobRequest(pipeline=pps_pb2.Pipeline(name="copy")))
    first = next(stream).job.id
    copied.files("in", d="4")
    assert [first, next(stream).job.id] == [job.job.id for job in copied.jobs("copy")][::-1]
    stream.cancel()


def test_a_deleted_pipeline_leaves_nothing(copied: Pachd, root: Path) -> None:
    copied.pps("DeletePipeline", pps_pb2.DeletePipelineRequest(pipeline=pps_pb2.Pipeline(name="copy")))
    repos = copied.call("ListRepo", pfs_pb2.ListRepoRequest())
    assert [info.repo.name for info in repos] == ["in"]
    assert not (root / "logs/default/copy").exists()
    copied.create("copy", COPY, "in")
    assert counts(copied.wait("copy")) == (3, 0, 0, 3)


def test_keep_repo_keeps_the_output(copied: Pachd) -> None:
    pipeline = pps_pb2.Pipeline(name="copy")
    copied.pps("DeletePipeline", pps_pb2.DeletePipelineRequest(pipeline=pipeline, keep_repo=True))
    assert copied.paths("copy") == ["/a", "/b", "/c"]
    copied.files("copy", mine="now")
    assert "because a repo with the same name already exists" in refused(lambda: copied.create("copy", COPY, "in"))


def test_a_deleted_job_is_forgotten_and_its_output_replaced(copied: Pachd) -> None:
    job = copied.job("copy")
    copied.pps("DeleteJob", pps_pb2.DeleteJobRequest(job=job))
    assert copied.jobs("copy") == []
    copied.files("in", b="two")
    assert counts(copied.wait("copy")) == (3, 0, 0, 3)
    assert copied.get("copy", "/b") == b"two"


def test_no_value_of_a_secret_is_stored_elsewhere_or_told(pachd: Pachd, root: Path, tmp_path: Path) -> None:
    canary = "canary-90210"
    pachd.secret("s", password=canary)
    pachd.create_repo("in")
    pachd.files("in", a="1")
    mount = [{"name": "s", "mount_path": "/mnt/s"}, {"name": "s", "key": "password", "env_var": "PASSWORD"}]
    script = 'test "$(cat /mnt/s/password)" = "$PASSWORD" && echo ${#PASSWORD}; sleep 0.5; cat /proc/[0-9]*/cmdline'
    pachd.create("p", script, "in", transform={"secrets": mount})
    seen = b""
    while pachd.jobs("p")[0].state != pps_pb2.JOB_SUCCESS:
        seen += b"".join(line for _number, line in command_lines())
        time.sleep(0.02)
    assert pachd.said("p")[0] == str(len(canary))
    assert canary.encode() not in seen
    assert not any(canary in line for line in pachd.said("p"))
    assert not [file for file in root.rglob("*") if file.is_file() and canary.encode() in file.read_bytes()]
    info = pachd.pps("InspectSecret", pps_pb2.InspectSecretRequest(secret=pps_pb2.Secret(name="s")))
    assert canary not in str(info)


def test_many_pushes_at_once_end_in_the_newest(copied: Pachd) -> None:
    threads = [threading.Thread(target=copied.files, args=("in",), kwargs={f"n{i}": str(i)}) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(copied.wait("copy"))[3] == 13
    assert {job.state for job in copied.jobs("copy")} == {pps_pb2.JOB_SUCCESS}
    assert len(copied.paths("copy")) == 13


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("egress", {"egress": {"URL": "s3://somewhere"}}),
        ("datum_batching", {"transform": {"datum_batching": True}}),
        ("service", {"service": {"internal_port": 80}}),
    ],
)
def test_what_is_not_served_fails_and_says_so(pachd: Pachd, name: str, more: dict[str, Any]) -> None:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", COPY, "in", **more)
    job = pachd.wait("p")
    assert job.state == pps_pb2.JOB_FAILURE
    assert job.reason.startswith(f"embedded-pachd does not serve {name}")
    info = pachd.pps("InspectPipeline", pps_pb2.InspectPipelineRequest(pipeline=pps_pb2.Pipeline(name="p")))
    assert (info.state, info.reason) == (pps_pb2.PIPELINE_FAILURE, job.reason)


def test_what_does_not_exist_is_named(copied: Pachd) -> None:
    missing = pps_pb2.Pipeline(name="none")
    not_found = 'couldn\'t find up to date spec for pipeline "default/none"'
    for rpc, request in (
        ("InspectPipeline", pps_pb2.InspectPipelineRequest(pipeline=missing)),
        ("StartPipeline", pps_pb2.StartPipelineRequest(pipeline=missing)),
        ("RunCron", pps_pb2.RunCronRequest(pipeline=missing)),
    ):
        assert not_found in refused(lambda rpc=rpc, request=request: copied.pps(rpc, request))
    job = pps_pb2.Job(pipeline=missing, id="0" * 32)
    text = f"jobs default/none@{job.id} not found"
    assert refused(lambda: copied.pps("InspectJob", pps_pb2.InspectJobRequest(job=job))) == text
    assert refused(lambda: copied.pps("StopJob", pps_pb2.StopJobRequest(job=job))) == text
    assert text in refused(lambda: list(copied.pps("GetLogs", pps_pb2.GetLogsRequest(job=job))))
    listed = refused(lambda: list(copied.pps("ListJob", pps_pb2.ListJobRequest(pipeline=missing))))
    assert listed == 'pipeline "default/none" not found'


def test_earlier_versions_can_be_inspected(copied: Pachd) -> None:
    update(copied, "copy", "true")
    found = {
        name: copied.pps(
            "InspectPipeline", pps_pb2.InspectPipelineRequest(pipeline=pps_pb2.Pipeline(name=name))
        ).version
        for name in ("copy", "copy^", "copy~1")
    }
    assert found == {"copy": 2, "copy^": 1, "copy~1": 1}
    request = pps_pb2.InspectPipelineRequest(pipeline=pps_pb2.Pipeline(name="copy^^"))
    expected = 'pipeline "default/copy" has only 2 versions, not enough to find ancestor 2'
    assert refused(lambda: copied.pps("InspectPipeline", request)) == expected


def test_the_limits_of_the_community_edition_hold(copied: Pachd) -> None:
    many = {"parallelism_spec": {"constant": 9}}
    assert "with parallelism more than 8" in refused(lambda: copied.create("p", COPY, "in", **many))
    for number in range(15):
        copied.create(f"p{number}", "true", {"pfs": {"repo": "in", "glob": "/none"}})
    assert "more than 16 total pipelines (you have 16)" in refused(lambda: copied.create("p16", COPY, "in"))
    update(copied, "copy", COPY, **many)


def test_a_lazy_input_can_be_read(copied: Pachd) -> None:
    tree = {"pfs": {"repo": "in", "name": "in", "glob": "/*", "lazy": True}}
    copied.create("lazy", "test -p $in && cat $in > /pfs/out/$(basename $in)", tree)
    assert copied.wait("lazy").state == pps_pb2.JOB_SUCCESS
    assert copied.get("lazy", "/b") == b"2"


def test_an_autoscaling_pipeline_rests_when_it_has_nothing_to_do(copied: Pachd) -> None:
    copied.create("p", "sleep 86385", "in", autoscaling=True)
    request = pps_pb2.InspectPipelineRequest(pipeline=pps_pb2.Pipeline(name="p"))
    assert copied.pps("InspectPipeline", request).state == pps_pb2.PIPELINE_RUNNING
    copied.pps("StopJob", pps_pb2.StopJobRequest(job=copied.job("p")))
    assert copied.pps("InspectPipeline", request).state == pps_pb2.PIPELINE_STANDBY
