# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting from a URL: refused by default; where it is switched on, the whole file or nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest
from client import Client, head, server

from embedded_pachd.messages import pfs_pb2

CONTENT = bytes(range(256)) * 12_000  # more than one piece


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/missing": 404, "/moved": 302}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "file:///etc/hostname")
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path != "/cut" else CONTENT[:100])

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def put(client: Client, url: str) -> None:
    source = pfs_pb2.AddFile(path="/f", url=pfs_pb2.AddFile.URLSource(URL=url))
    client.call(
        "ModifyFile",
        iter([pfs_pb2.ModifyFileRequest(set_commit=head("r")), pfs_pb2.ModifyFileRequest(add_file=source)]),
    )


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Client]:
    with server(tmp_path / "store", "--fetch-urls") as running:
        client = Client(running.address)
        client.create_repo("r")
        yield client
        client.close()


def test_the_content_is_put(fetching: Client, web: str) -> None:
    put(fetching, f"{web}/data")
    assert fetching.get("r", "/f") == CONTENT


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("{web}/missing", 'missing": 404 Not Found'),
        ("{web}/moved", "302"),
        ("{web}/cut", "more expected"),
        ("http://127.0.0.1:1/f", "Connection refused"),
        ("http://[", "Invalid IPv6 URL"),
        ("file:///etc/hostname", "only http and https URLs are fetched"),
        ("s3://bucket/f", "only http and https URLs are fetched"),
    ],
)
def test_what_cannot_be_fetched_leaves_nothing(fetching: Client, web: str, url: str, says: str) -> None:
    with pytest.raises(grpc.RpcError) as failure:
        put(fetching, url.format(web=web))
    assert says in failure.value.details()
    with pytest.raises(grpc.RpcError):
        fetching.get("r", "/f")


def test_it_is_refused_unless_switched_on(tmp_path: Path, web: str) -> None:
    with server(tmp_path / "store") as running:
        client = Client(running.address)
        client.create_repo("r")
        with pytest.raises(grpc.RpcError) as failure:
            put(client, f"{web}/data")
        assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert "--fetch-urls" in failure.value.details()
        client.close()
