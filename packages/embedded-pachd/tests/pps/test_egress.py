# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Egress to a folder: where the server was told to, whole files only, once more after a crash."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import ServerProcess, server
from pachd import Pachd
from processes import wait_for_step

from embedded_pachd.messages import pps_pb2

COPY = "cp -r /pfs/in/* /pfs/out/"


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    folder = tmp_path / "may be written"
    folder.mkdir()
    return folder


@pytest.fixture
def pachd(tmp_path: Path, opened: Path) -> Iterator[Pachd]:
    with server(tmp_path / "store", "--egress", str(opened)) as running:
        client = Pachd(running.address)
        client.create_repo("in")
        yield client
        client.close()


def sent(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_output_of_every_successful_job_is_copied(pachd: Pachd, opened: Path) -> None:
    (opened / "models").mkdir()
    (opened / "models" / "other").write_text("not of the pipeline")
    pachd.put("in", iter([("/a/b", b"1"), ("/c", b"")]))
    pachd.create("p", COPY, "in", egress={"URL": (opened / "models").as_uri()})
    assert pachd.wait("p").state == pps_pb2.JOB_SUCCESS
    assert sent(opened / "models") == {"a/b": "1", "c": "", "other": "not of the pipeline"}
    pachd.put("in", iter([("/a/b", b"2")]))
    assert pachd.wait("p").state == pps_pb2.JOB_SUCCESS
    assert sent(opened / "models") == {"a/b": "2", "c": "", "other": "not of the pipeline"}
    assert pachd.get("p", "/a/b") == b"2"


def test_of_a_failed_job_nothing_is_copied(pachd: Pachd, opened: Path) -> None:
    pachd.files("in", a="1", b="2")
    target = {"object_storage": {"url": (opened / "models").as_uri()}}
    pachd.create("p", f"{COPY}; test -e /pfs/in/a", "in", egress=target)
    assert pachd.wait("p").state == pps_pb2.JOB_FAILURE
    assert sent(opened) == {}


def test_nothing_is_copied_where_two_datums_wrote_one_file(pachd: Pachd, opened: Path) -> None:
    pachd.files("in", a="1", b="2")
    pachd.create("p", "cat /pfs/in/* > /pfs/out/same", "in", egress={"URL": opened.as_uri()})
    pachd.wait("p")
    assert sent(opened) == {}


@pytest.mark.parametrize("place", ["../elsewhere", "%2e%2e/elsewhere", "link/elsewhere"])
def test_another_folder_is_refused_before_any_work(pachd: Pachd, opened: Path, place: str) -> None:
    (opened / "link").symlink_to(opened.parent)
    pachd.files("in", a="1")
    pachd.create("p", "echo ran", "in", egress={"URL": f"{opened.as_uri()}/{place}"})
    job = pachd.wait("p")
    assert (job.state, pachd.said("p")) == (pps_pb2.JOB_FAILURE, [])
    assert job.reason.endswith(f"this server writes to folders in {opened} only (its --egress)")
    assert not (opened.parent / "elsewhere").exists()


def test_a_folder_in_the_way_is_told(pachd: Pachd, opened: Path) -> None:
    (opened / "a").mkdir()
    pachd.files("in", a="1")
    pachd.create("p", COPY, "in", egress={"URL": opened.as_uri()})
    job = pachd.wait("p")
    assert job.state == pps_pb2.JOB_FAILURE
    assert job.reason.startswith("this machine could not do it: ")
    assert str(opened / "a") in job.reason
    assert list(opened.iterdir()) == [opened / "a"]


def test_a_file_in_the_way_is_told(pachd: Pachd, opened: Path) -> None:
    (opened / "models").write_text("a file")
    pachd.files("in", a="1")
    pachd.create("p", COPY, "in", egress={"URL": (opened / "models").as_uri()})
    job = pachd.wait("p")
    assert (job.state, job.reason) == (pps_pb2.JOB_FAILURE, f"{opened / 'models'} is a file: give a folder")


def test_a_server_that_was_not_told_where_writes_nowhere(tmp_path: Path, opened: Path) -> None:
    with server(tmp_path / "store") as running:
        pachd = Pachd(running.address)
        pachd.create_repo("in")
        pachd.files("in", a="1")
        pachd.create("p", COPY, "in", egress={"URL": opened.as_uri()})
        job = pachd.wait("p")
        assert (job.state, sent(opened)) == (pps_pb2.JOB_FAILURE, {})
        assert job.reason.endswith("this server writes to no folder (it was started without --egress)")


def test_after_a_crash_the_job_copies_again(tmp_path: Path, opened: Path) -> None:
    """The server dies between output and copy, held up by a pipe that nobody reads; only the second run counts."""
    (opened / "a").write_text("half of a file that an older")
    first = ServerProcess(tmp_path / "store", "--egress", str(opened))
    pachd = Pachd(first.address)
    pachd.create_repo("in")
    script = f"sleep 86385\n{COPY}\ntouch /pfs/out/run-$(date +%s%N)"
    pachd.create("p", script, {"pfs": {"repo": "in", "glob": "/"}}, egress={"URL": opened.as_uri()})
    pachd.files("in", a="1", b="2")
    pipe = opened / f".{pachd.head_id('p')}.part"
    os.mkfifo(pipe)
    os.kill(wait_for_step("86385"), signal.SIGKILL)
    while len(of_first := pachd.paths("p")) < 3:
        time.sleep(0.02)
    assert pachd.jobs("p")[0].state == pps_pb2.JOB_EGRESSING
    first.kill()
    pipe.unlink()
    with server(tmp_path / "store", "--egress", str(opened)) as second:
        pachd = Pachd(second.address)
        os.kill(wait_for_step("86385"), signal.SIGKILL)
        assert pachd.wait("p").state == pps_pb2.JOB_SUCCESS
        assert (pachd.get("p", "/a"), pachd.get("p", "/b")) == (b"1", b"2")
        of_second = pachd.paths("p")
    assert set(of_first) & set(of_second) == {"/a", "/b"}
    assert sent(opened) == {"a": "1", "b": "2", of_second[2].removeprefix("/"): ""}
