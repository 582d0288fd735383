# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call, what is refused, and that nonsense does no harm."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from client import TOKEN, Client, ServerProcess, head, server
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import BytesValue

from embedded_pachd.application import Application
from embedded_pachd.errors import PachdError
from embedded_pachd.messages import auth_pb2, pfs_pb2, services, transaction_pb2, version_pb2
from embedded_pachd.wire.server import Listening


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Application(tmp_path_factory.mktemp("wire") / "store", Listening("127.0.0.1:0", TOKEN)) as application:
        yield application.address


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    opened = Client(address)
    yield opened
    opened.close()


def failure(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        list(call()) if callable(call) else None  # type: ignore[call-overload]
    return caught.value.code(), caught.value.details()


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_a_call_needs_the_token(address: str, token: str) -> None:
    code, text = failure(lambda: Client(address, token).call("ListRepo", pfs_pb2.ListRepoRequest()))
    assert code == grpc.StatusCode.UNAUTHENTICATED
    assert "logging in" in text


def test_the_version_needs_none(address: str) -> None:
    answer = Client(address, "").call("GetVersion", Empty(), "versionpb_v2.API")
    assert answer == version_pb2.Version(major=2, minor=7, micro=6)


def test_what_is_not_served_says_its_name(client: Client) -> None:
    code, text = failure(lambda: [client.call("RunLoadTestDefault", Empty())])
    assert code == grpc.StatusCode.UNIMPLEMENTED
    assert "/pfs_v2.API/RunLoadTestDefault" in text


def test_auth_is_not_activated(client: Client) -> None:
    code, text = failure(lambda: [client.call("WhoAmI", auth_pb2.WhoAmIRequest(), "auth_v2.API")])
    assert (code, text) == (grpc.StatusCode.UNIMPLEMENTED, "the auth service is not activated")


def test_transactions_happen_together_or_not_at_all(client: Client) -> None:
    def requests(*names: str) -> transaction_pb2.BatchTransactionRequest:
        return transaction_pb2.BatchTransactionRequest(
            requests=[
                transaction_pb2.TransactionRequest(create_repo=pfs_pb2.CreateRepoRequest(repo=pfs_pb2.Repo(name=name)))
                for name in names
            ]
        )

    client.call("BatchTransaction", requests("together-1", "together-2"), "transaction_v2.API")
    code, text = failure(lambda: [client.call("BatchTransaction", requests("n", "together-1"), "transaction_v2.API")])
    assert code == grpc.StatusCode.ALREADY_EXISTS
    assert text == "error running request 2 of 2: repo default/together-1 already exists"
    names = {info.repo.name for info in client.call("ListRepo", pfs_pb2.ListRepoRequest())}
    assert "together-2" in names
    assert "n" not in names


@pytest.mark.parametrize("path", ["/../x", "/a/./b", "..", "/\x00", "/" + "x" * 5000, "/*", ""])
def test_names_of_files_are_checked(client: Client, path: str) -> None:
    client.call("CreateRepo", pfs_pb2.CreateRepoRequest(repo=pfs_pb2.Repo(name="names"), update=True))
    code, text = failure(lambda: [client.put("names", iter([(path, b"x")]))])
    assert code == grpc.StatusCode.UNKNOWN
    assert "invalid" in text


def test_a_broken_upload_changes_nothing(client: Client) -> None:
    def broken() -> Iterator[object]:
        yield pfs_pb2.ModifyFileRequest(set_commit=head("broken"))
        yield pfs_pb2.ModifyFileRequest(delete_file=pfs_pb2.DeleteFile(path="/kept"))
        raise ConnectionError("the client dies")

    client.create_repo("broken")
    client.put("broken", iter([("/kept", b"x")]))
    with pytest.raises(grpc.RpcError):
        client.call("ModifyFile", broken())
    assert client.paths("broken") == ["/kept"]


def test_a_message_beyond_the_limit_is_refused(client: Client) -> None:
    client.create_repo("limit")
    too_much = pfs_pb2.CreateRepoRequest(repo=pfs_pb2.Repo(name="x"), description="x" * (20 * 2**20))
    code, text = failure(lambda: [client.call("CreateRepo", too_much)])
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in text
    data = [pfs_pb2.ModifyFileRequest(set_commit=head("limit"))]
    data += [pfs_pb2.ModifyFileRequest(add_file=pfs_pb2.AddFile(path="/f", raw=BytesValue(value=bytes(21 * 2**20))))]
    code, _text = failure(lambda: [client.call("ModifyFile", iter(data))])
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    code, _text = failure(lambda: client.paths("limit"))
    assert code == grpc.StatusCode.NOT_FOUND, "nothing was put"


def test_random_bytes_do_no_harm(client: Client, address: str) -> None:
    dice = random.Random(3)
    for found in services():
        for method in found.methods:
            kind = (
                f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
            )
            stub = getattr(client.channel, kind)(f"/{found.full_name}/{method.name}")
            request = dice.randbytes(dice.randrange(40))
            with pytest.raises(grpc.RpcError):
                list(stub(iter([request]) if method.client_streaming else request, timeout=5))
    host, port = address.split(":")
    for _unused in range(20):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(dice.randbytes(500))
    assert client.call("GetVersion", Empty(), "versionpb_v2.API").major == 2


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_other_machines_are_let_in_by_tls_only(tmp_path: Path, listen: str) -> None:
    with pytest.raises(PachdError, match="TLS"):
        Application(tmp_path / "store", Listening(listen, TOKEN))
    Application(tmp_path / "store", Listening("127.0.0.1:0", TOKEN)).close()


def test_a_port_in_use_is_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(PachdError, match="in use"):
        Application(tmp_path / "store", Listening(address, TOKEN))


def test_it_ends_cleanly_when_told(tmp_path: Path) -> None:
    with server(tmp_path / "store") as running:
        assert isinstance(running, ServerProcess)
        assert running.end() == 0
