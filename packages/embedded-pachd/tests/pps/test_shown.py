# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients are shown of pipelines, workers and datums: as by a real pachd 2.7.6."""

import time

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from pachd import Pachd

from embedded_pachd.messages import pps_pb2

INPUT = {"pfs": {"repo": "in", "glob": "/*"}}


@pytest.fixture
def filled(pachd: Pachd) -> Pachd:
    pachd.create_repo("in")
    pachd.files("in", a="1")
    return pachd


def test_workers_are_counted_for_one_pipeline_and_not_in_a_list(filled: Pachd) -> None:
    filled.create("p", "true", INPUT)
    filled.wait("p")
    one = filled.pps(
        "InspectPipeline", pps_pb2.InspectPipelineRequest(pipeline=pps_pb2.Pipeline(name="p"), details=True)
    )
    (listed,) = filled.pps("ListPipeline", pps_pb2.ListPipelineRequest(details=True))
    counts = [(info.details.workers_requested, info.details.workers_available) for info in (one, listed)]
    assert counts == [(1, 1), (0, 0)]


def test_a_running_job_shows_what_its_workers_have(filled: Pachd) -> None:
    before = time.time()
    filled.create("p", "echo runs; sleep 86386", INPUT)
    while not filled.said("p"):
        time.sleep(0.02)
    request = pps_pb2.InspectJobRequest(job=filled.job("p"), details=True)
    (status,) = filled.pps("InspectJob", request).details.worker_status
    assert (status.worker_id, status.job_id) == ("p-v1", filled.head_id("p"))
    assert [each.path for each in status.datum_status.data] == ["/a"]
    assert before <= status.datum_status.started.ToNanoseconds() / 1e9 <= time.time()
    filled.pps("StopJob", pps_pb2.StopJobRequest(job=filled.job("p")))
    assert not filled.pps("InspectJob", request).details.worker_status


def test_times_are_those_of_the_steps_that_a_datum_came_to(filled: Pachd) -> None:
    filled.create("fails", "false", INPUT, datum_tries=1)
    filled.wait("fails")
    (failed,) = filled.datums("fails")
    assert [field.name for field, _unused in failed.stats.ListFields()] == [
        "download_time",
        "process_time",
        "download_bytes",
    ]
    preview = pps_pb2.ListDatumRequest(input=ParseDict(INPUT, pps_pb2.Input()))
    (planned,) = filled.pps("ListDatum", preview)
    assert planned.HasField("stats")
    assert not planned.stats.ListFields()


def test_logs_of_a_datum_are_asked_for_by_its_pipeline_or_job(filled: Pachd) -> None:
    filled.files("in", b="2")
    filled.create("p", "ls /pfs/in", INPUT)
    filled.wait("p")
    of = {each.data[0].file.path: each.datum for each in filled.datums("p")}
    assert filled.said("p", datum=pps_pb2.Datum(id=of["/b"].id)) == ["b"]
    assert filled.said("p", datum=pps_pb2.Datum(id="none")) == []
    with pytest.raises(grpc.RpcError, match="must specify the Job or Pipeline"):
        list(filled.pps("GetLogs", pps_pb2.GetLogsRequest(datum=of["/b"])))
