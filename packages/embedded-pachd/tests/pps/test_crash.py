# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps and servers that are killed in the middle of a job."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import ServerProcess
from pachd import Pachd
from processes import steps, wait_for_step

from embedded_pachd.messages import pps_pb2


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where a server of this test has its root; the server that ran last is ended."""
    servers: list[ServerProcess] = []
    place = tmp_path / "a root"
    start.servers = servers  # type: ignore[attr-defined]
    yield place
    servers[-1].end()


def start(place: Path) -> tuple[ServerProcess, Pachd]:
    running = ServerProcess(place)
    start.servers.append(running)  # type: ignore[attr-defined]
    return running, Pachd(running.address)


def test_a_killed_step_is_tried_again(place: Path) -> None:
    _unused, pachd = start(place)
    pachd.create_repo("in")
    pachd.files("in", a="1")
    pachd.create("p", "echo try; exec sleep 86388", "in", datum_tries=2)
    os.kill(wait_for_step("86388"), signal.SIGKILL)
    while pachd.said("p") != ["try", "try"]:
        time.sleep(0.02)
    os.kill(wait_for_step("86388"), signal.SIGKILL)
    job = pachd.wait("p")
    assert job.state == pps_pb2.JOB_FAILURE
    assert job.reason.startswith("datum ")


def test_jobs_end_as_they_would_have_after_the_server_was_killed(place: Path) -> None:
    """Three pipelines in a row; the server dies while the first works, and leaves neither steps nor half results."""
    server, pachd = start(place)
    pachd.create_repo("in")
    pachd.create("first", "test -e /pfs/in/b && sleep $(cat /pfs/in/b); cp /pfs/in/* /pfs/out/", "in")
    pachd.create("second", "cp /pfs/first/* /pfs/out/", "first")
    pachd.files("in", a="1", b="86387")
    job_id = pachd.head_id("first")
    wait_for_step("86387")
    server.kill()
    while steps("86387"):
        time.sleep(0.02)
    server, pachd = start(place)
    wait_for_step("86387")
    assert pachd.jobs("second")[0].state == pps_pb2.JOB_CREATED
    pachd.files("in", b="0")  # the killed job still has to be run on the old data before this
    pachd.pps("StopJob", pps_pb2.StopJobRequest(job=pachd.job("first", job_id)))
    assert pachd.wait("first", job_id).state == pps_pb2.JOB_KILLED
    assert pachd.wait("second", job_id).state == pps_pb2.JOB_UNRUNNABLE
    assert pachd.wait("second").state == pps_pb2.JOB_SUCCESS
    assert (pachd.get("second", "/a"), pachd.get("second", "/b")) == (b"1", b"0")


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_server_killed_at_any_moment_loses_no_job(place: Path, delay: float) -> None:
    server, pachd = start(place)
    pachd.create_repo("in")
    pachd.create("p", "cp /pfs/in/* /pfs/out/", "in", parallelism_spec={"constant": 2})
    pachd.files("in", **{f"f{i}": str(i) for i in range(20)})
    acknowledged = pachd.head_id("in")
    time.sleep(delay)
    server.kill()
    _unused, pachd = start(place)
    job = pachd.wait("p", acknowledged)
    assert (job.state, job.data_processed + job.data_skipped, job.data_total) == (pps_pb2.JOB_SUCCESS, 20, 20)
    assert len(pachd.paths("p")) == 20
    while list(place.glob("scratch/*")):  # removed just after the job's end is told
        time.sleep(0.02)
