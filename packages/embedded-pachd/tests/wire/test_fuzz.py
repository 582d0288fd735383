# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are formed well and mean nothing: every call is answered with a status that tells the client's mistake,
never with an internal error, and nothing is written beside the store.

Hypothesis over real gRPC and not a fuzzer of bytes: those are parsed by protobuf's own, well-fuzzed C code, and what
gets through it are messages.
"""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from client import Client, ServerProcess
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded_pachd.messages import message_class, pfs_pb2, service
from embedded_pachd.store.check import problems
from embedded_pachd.store.store import existing_store

F = FieldDescriptor
SECONDS = 1.0
DEPTH = 4
COMMIT = "0123456789ab4cdef0123456789abcde"
NAMES = ["r", "p", "master", "default", "user", "spec", "meta", "s", "/a", "/d/", "/", "", COMMIT, "master^", "all"]
NASTY = [
    *("..", "../../../../tmp/outside", "/../../x", "/etc/passwd", "a/b", ".", "-", "~", "$HOME", "`id`", "%s%n", "{}"),
    *("\0", "a\0b", "\n", "é", "\U0001f600", "'; DROP TABLE repo; --", "x" * 300),
    *("x" * 70_000, "/" * 5_000, "a/" * 3_000),
    *("*", "**", "[", "(", "{a,b", "@(a", "!(", "+(a|b)", "\\", "^^^^", "master^-1", "master.99999999999", "0" * 32),
]
TEXTS = st.sampled_from(NAMES) | st.sampled_from(NASTY) | st.text(max_size=8)
INTEGERS = st.sampled_from([0, 1, -1, 2, 1000, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
FLOATS = st.sampled_from([0.0, 1.0, -1.0, float("inf"), float("nan"), 1e300])
WRONG = [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS]
"""What no request may bring about."""
LEFT_OUT = {"DeleteAll", "DeleteRepos", "DeletePipelines", "DeleteProject", "Profile", "Binary"}
"""Calls after which the others would have nothing to work on, and two that are slow by their nature."""

SERVICES = ["pfs_v2.API", "pps_v2.API", "transaction_v2.API"]
METHODS = [method for name in SERVICES for method in service(name).methods if method.name not in LEFT_OUT]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """It cannot write beside `place`: what a fault here removed would be gone."""
    place = tmp_path_factory.mktemp("fuzz")
    jail = ("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", str(place), str(place), "--die-with-parent")
    started = ServerProcess(place / "inner/store", prefix=jail)
    yield started
    outside = [path.name for path in place.rglob("*") if started.root not in path.parents]
    assert sorted(outside) == ["inner", "store", "token"]
    with existing_store(started.root) as store:
        assert list(problems(store)) == []
    started.kill()


@pytest.fixture(scope="module")
def client(running: ServerProcess) -> Iterator[Client]:
    opened = Client(running.address)
    yield opened
    opened.close()


def failed(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str] | None:
    """How a call fails, if it does; a stream is read to its end."""
    try:
        answer = call()
        if isinstance(answer, grpc.Call):
            list(answer)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return None


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, depth: int = DEPTH) -> Any:
    """Any message of a type, its names often those of things that exist."""
    message = message_class(descriptor)()
    fields = [field for field in descriptor.fields if depth or field.type != F.TYPE_MESSAGE]
    for field in draw(st.lists(st.sampled_from(fields), max_size=6, unique_by=lambda f: f.name)) if fields else ():
        values = _values(field, depth)
        if field.type == F.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            continue
        if field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(values, max_size=3)))
        elif field.type == F.TYPE_MESSAGE:
            getattr(message, field.name).CopyFrom(draw(values))
        else:
            setattr(message, field.name, draw(values))
    return message


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    match field.type:
        case F.TYPE_MESSAGE:
            return messages(field.message_type, depth - 1)
        case F.TYPE_STRING:
            return TEXTS
        case F.TYPE_BYTES:
            return st.binary(max_size=50) | TEXTS.map(str.encode)
        case F.TYPE_BOOL:
            return st.booleans()
        case F.TYPE_ENUM:
            return st.sampled_from([0, 1, 2, 3, 4, 99])
        case F.TYPE_DOUBLE | F.TYPE_FLOAT:
            return FLOATS
        case F.TYPE_INT32 | F.TYPE_SINT32 | F.TYPE_SFIXED32:
            return INTEGERS.filter(lambda n: abs(n) < 2**31)
        case F.TYPE_UINT32 | F.TYPE_FIXED32:
            return INTEGERS.filter(lambda n: 0 <= n < 2**31)
        case F.TYPE_UINT64 | F.TYPE_FIXED64:
            return INTEGERS.filter(lambda n: n >= 0)
    return INTEGERS


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_is_an_internal_error(client: Client, running: ServerProcess, data: st.DataObject) -> None:
    client.call("CreateRepo", pfs_pb2.CreateRepoRequest(repo=pfs_pb2.Repo(name="r"), update=True))
    method = data.draw(st.sampled_from(METHODS), "method")
    messages_sent = data.draw(st.lists(messages(method.input_type), min_size=1, max_size=4), "requests")
    request = iter(messages_sent) if method.client_streaming else messages_sent[0]
    failure = failed(lambda: client.call(method.name, request, method.containing_service.full_name, SECONDS))
    assert failure is None or failure[0] not in WRONG, failure
    assert client.call("GetVersion", Empty(), "versionpb_v2.API").major == 2


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=TEXTS, data=st.binary(max_size=20))
def test_a_path_is_kept_or_refused(client: Client, path: str, data: bytes) -> None:
    """What is put can be got back under the same path, below '/' and with no '..' in it; or it is refused."""
    client.call("CreateRepo", pfs_pb2.CreateRepoRequest(repo=pfs_pb2.Repo(name="paths"), update=True))
    failure = failed(lambda: client.put("paths", iter([(path, data)])))
    if failure is not None:
        assert failure[0] == grpc.StatusCode.UNKNOWN
        assert "invalid" in failure[1]
        return
    kept = "/" + "/".join(part for part in path.split("/") if part)
    assert kept in client.paths("paths") or kept == "/"
    assert not {".", ".."} & set(kept.split("/"))
    assert "\0" not in kept
