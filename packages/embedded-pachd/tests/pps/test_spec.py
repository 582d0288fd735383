# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused in a specification, and what is filled in."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps.inputs import branches
from embedded_pachd.pps.spec_checks import check_details, check_input, check_request
from embedded_pachd.pps.spec_defaults import clean_glob, fill

ONE = {"pfs": {"repo": "in", "name": "in", "branch": "master", "glob": "/"}}
OTHER = {"pfs": {"repo": "in", "name": "other", "branch": "master", "glob": "/"}}


def request(**more: Any) -> Any:
    body = {"pipeline": {"name": "p"}, "transform": {"cmd": ["true"]}, **more}
    return ParseDict(body, pps_pb2.CreatePipelineRequest())


def details(**more: Any) -> Any:
    return ParseDict({"transform": {"cmd": ["true"]}, **more}, pps_pb2.PipelineInfo.Details())


def tree(body: dict[str, Any]) -> Any:
    return ParseDict(body, pps_pb2.Input())


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"pipeline": {"name": ""}}, "invalid pipeline spec: request.Pipeline.Name cannot be empty"),
        ({"pipeline": {"name": "a.b"}}, "invalid pipeline name: name (a.b) invalid: only alphanumeric"),
        ({"pipeline": {"name": "x" * 52}}, "is 1 characters longer than the 51 max"),
        ({"tf_job": {"tf_job": "x"}}, "embedding TFJobs in pipelines is not supported yet"),
        ({"reprocess_spec": "never"}, "must be one of 'until_success' or 'every_job'"),
        ({"spout": {}, "autoscaling": True}, "autoscaling can't be used with spouts"),
        ({"s3_out": True, "service": {}}, "s3 output is not supported in spouts or services"),
    ],
)
def test_a_bad_request_is_refused(more: dict[str, Any], text: str) -> None:
    with pytest.raises(PachdError) as caught:
        check_request(request(**more))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "no input set"),
        ({"pfs": {"repo": "in", "name": ".env", "glob": "/"}}, "input cannot be named .env"),
        ({"pfs": {"name": "in", "glob": "/"}}, "input must specify a repo"),
        ({"pfs": {"repo": "in", "name": "in"}}, "input must specify a glob"),
        ({"pfs": {"repo": "in", "name": "in", "glob": "/", "commit": "x"}}, "input cannot come from a commit"),
        ({"pfs": {"repo": "in", "name": "in", "glob": "/*", "s3": True}}, "inputs that set 's3' to 'true'"),
        ({"cross": [ONE, ONE]}, 'name "in" was used more than once'),
        ({"cross": [{"union": [ONE, OTHER]}, OTHER]}, 'name "other" was used more than once'),
        ({**ONE, "union": [OTHER]}, "multiple input types set"),
        ({"cron": {"name": "c", "spec": "often"}}, "error parsing cron-spec"),
        *(
            ({"pfs": {"repo": "in", "name": name, "glob": "/"}}, "it cannot be a folder of /pfs")
            for name in ("..", ".", "../../x", "/etc", "a/b", "a\0b", "a=b", "x" * 256)
        ),
    ],
)
def test_a_bad_input_is_refused(body: dict[str, Any], text: str) -> None:
    with pytest.raises(PachdError) as caught:
        check_input(tree(body))
    assert text in str(caught.value)


def test_a_union_may_use_a_name_twice() -> None:
    check_input(tree({"union": [ONE, ONE]}))


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"transform": {"cmd": ["a\0b"]}}, "a NUL character"),
        ({"transform": {"env": {"A": "x\0--bind\0/\0/host"}}}, "a NUL character"),
        ({"transform": {"env": {"A=B": "x"}}}, "the name of a variable"),
        ({"transform": {"working_dir": "/a\0b"}}, "a NUL character"),
        ({"transform": {"secrets": [{"name": "s", "mount_path": "/../oldroot/x"}]}}, "without '..'"),
        ({"transform": {"secrets": [{"name": "s", "mount_path": "relative"}]}}, "must be absolute"),
        ({"pod_patch": "{"}, "malformed PodPatch"),
        ({"pod_spec": "["}, "malformed PodSpec"),
        ({"service": {"type": "Mail"}}, "the following service type Mail is not allowed"),
        ({"service": {"type": "NodePort"}, "parallelism_spec": {"constant": 2}}, "constant parallelism of 1"),
        ({"spout": {}, "input": ONE}, "must not have an input"),
    ],
)
def test_contradicting_details_are_refused(more: dict[str, Any], text: str) -> None:
    with pytest.raises(PachdError) as caught:
        check_details("p", details(**more))
    assert text in str(caught.value)


def test_a_name_starts_alphanumeric() -> None:
    with pytest.raises(PachdError, match="must start with an alphanumeric character"):
        check_details("-p", details())


def test_what_is_filled_in() -> None:
    found = details(input={"cross": [{"pfs": {"repo": "b", "name": "b", "glob": "x//"}}, {"pfs": {"repo": "a"}}]})
    fill("p", "default", found)
    body = MessageToDict(found, preserving_proto_field_name=True)
    assert body["transform"]["image"] == "ubuntu:20.04"
    assert (body["datum_tries"], body["reprocess_spec"], body["output_branch"]) == ("3", "until_success", "master")
    filled = {"branch": "master", "repo_type": "user", "project": "default"}
    first = {"repo": "a", "name": "a", **filled}
    assert body["input"]["cross"] == [{"pfs": first}, {"pfs": {"repo": "b", "name": "b", "glob": "/x", **filled}}]


def test_cron_and_trigger_are_filled_in() -> None:
    found = details(input={"cross": [{"cron": {"name": "t", "spec": "@never"}}, {"pfs": {"repo": "a", "trigger": {}}}]})
    fill("p", "default", found)
    assert [str(each) for each in branches(found.input)] == ["default/p_t@master", "default/a@p-trigger-1"]
    assert found.input.cross[0].cron.HasField("start")
    assert found.input.cross[1].pfs.trigger.branch == "master"


@pytest.mark.parametrize(("glob", "clean"), [("*", "/*"), ("/a//b/", "/a/b"), ("/", "/"), ("//x", "/x")])
def test_globs_are_cleaned(glob: str, clean: str) -> None:
    assert clean_glob(glob) == clean
