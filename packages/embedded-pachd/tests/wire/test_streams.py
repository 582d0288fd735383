# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of messages: small and large ones, clients that stop sending, and clients that go away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from client import TOKEN, Client, head, modifications, server

from embedded_pachd.application import Application
from embedded_pachd.messages import pfs_pb2
from embedded_pachd.wire.server import Listening

LARGE = b"large" * 600_000
INTERRUPTED = 200
"""Before it was looked for, one of twenty interrupted uploads was kept."""
STALLED = 6
"""More uploads than may receive a large message at once."""
UPLOADS, MEGABYTES = 6, 96
MOST_MEMORY = 450_000
"""In kB; several times a message for each upload, and less than all their bytes."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Application(tmp_path / "store", Listening("127.0.0.1:0", TOKEN)) as application:
        opened = Client(application.address)
        opened.create_repo("r")
        yield opened
        opened.close()


def test_small_and_large_messages_come_in_order(client: Client) -> None:
    files = {f"/f{number:04d}": LARGE if number % 97 == 96 else b"%d" % number for number in range(300)}
    client.put("r", iter(files.items()))
    assert client.paths("r") == sorted(files)
    assert all(client.get("r", path) == data for path, data in files.items())


def test_clients_that_stop_sending_do_not_keep_others_waiting(client: Client) -> None:
    ends: SimpleQueue[None] = SimpleQueue()

    def stalling(number: int) -> Iterator[Any]:
        yield from modifications(head(f"stalled{number}"), iter([("/f", LARGE)]))
        ends.get()

    stubs = []
    for number in range(STALLED):
        client.create_repo(f"stalled{number}")
        stubs.append(
            client.channel.stream_unary(
                "/pfs_v2.API/ModifyFile", request_serializer=pfs_pb2.ModifyFileRequest.SerializeToString
            ).future(stalling(number), metadata=[("authn-token", TOKEN)])
        )
    client.put("r", iter([("/f", LARGE)]))
    assert client.get("r", "/f") == LARGE
    for _stub in stubs:
        ends.put(None)
    for number, stub in enumerate(stubs):
        stub.result()
        assert client.get(f"stalled{number}", "/f") == LARGE


def test_a_client_that_goes_away_ends_its_calls_only(client: Client) -> None:
    client.put("r", ((f"/f{number:05d}", b"x") for number in range(20_000)))
    request = pfs_pb2.ListFileRequest(file=pfs_pb2.File(commit=head("r"), path="/"))
    for _attempt in range(10):
        listing = client.call("ListFile", request)
        next(listing)
        listing.cancel()

    def interrupted() -> Iterator[tuple[str, bytes]]:
        for number in range(100):
            yield f"/new{number}", b"x"
        raise RuntimeError

    with pytest.raises(grpc.RpcError):
        client.put("r", interrupted())
    assert len(client.paths("r")) == 20_000


def test_nothing_is_kept_of_an_upload_that_is_interrupted(client: Client) -> None:
    def interrupted(sent: int) -> Iterator[tuple[str, bytes]]:
        for number in range(sent):
            yield f"/{number}", b"x"
        raise RuntimeError

    for attempt in range(INTERRUPTED):
        with pytest.raises(grpc.RpcError):
            client.put("r", interrupted(attempt % 40))
    client.put("r", iter([("/whole", b"x")]))
    commits = client.call("ListCommit", pfs_pb2.ListCommitRequest(repo=head("r").repo))
    assert len(list(commits)) == 1
    assert client.paths("r") == ["/whole"]


def test_a_refused_file_ends_its_upload_only(client: Client) -> None:
    def files() -> Iterator[tuple[str, bytes]]:
        for number in range(2_000):
            yield "/bad*" if number == 1_000 else f"/f{number}", b"x"

    for _attempt in range(5):
        with pytest.raises(grpc.RpcError, match="globbing character"):
            client.put("r", files())
    client.put("r", iter([("/good", b"x")]))
    assert client.paths("r") == ["/good"]


def test_memory_does_not_grow_with_the_size_of_files(tmp_path: Path) -> None:
    data = bytes(MEGABYTES * 2**20)
    with server(tmp_path / "store") as running:
        clients = [Client(running.address) for _unused in range(UPLOADS)]

        def upload(number: int) -> None:
            clients[number].create_repo(f"r{number}")
            clients[number].put(f"r{number}", iter([("/large", data)]))

        with ThreadPoolExecutor(UPLOADS) as pool:
            list(pool.map(upload, range(UPLOADS)))
        lines = Path(f"/proc/{running.pid}/status").read_text().splitlines()
        assert int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) < MOST_MEMORY
        for client in clients:
            client.close()
