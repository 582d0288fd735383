# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin client for tests and benchmarks: any RPC of any service, with compiled messages."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import grpc
from google.protobuf.wrappers_pb2 import BytesValue

from embedded_pachd.messages import message_class, pfs_pb2, service

TOKEN = "a token of 16 or more characters"
_OPTIONS = [("grpc.max_receive_message_length", 2**25), ("grpc.max_send_message_length", 2**25)]


class Client:
    def __init__(self, address: str, token: str = TOKEN) -> None:
        self.channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._metadata = [("authn-token", token)] if token else []

    def call(self, rpc: str, request: Any, service_name: str = "pfs_v2.API", timeout: float | None = 60) -> Any:
        method = service(service_name).methods_by_name[rpc]
        kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
        stub = getattr(self.channel, kind)(
            f"/{service_name}/{rpc}",
            request_serializer=message_class(method.input_type).SerializeToString,
            response_deserializer=message_class(method.output_type).FromString,
        )
        return stub(request, metadata=self._metadata, timeout=timeout)

    def create_repo(self, name: str) -> None:
        self.call("CreateRepo", pfs_pb2.CreateRepoRequest(repo=repo(name)))

    def put(self, name: str, files: Iterator[tuple[str, bytes]]) -> None:
        """Overwrite files on master in one commit."""
        self.call("ModifyFile", modifications(head(name), files), timeout=600)

    def get(self, name: str, path: str) -> bytes:
        request = pfs_pb2.GetFileRequest(file=pfs_pb2.File(commit=head(name), path=path))
        return b"".join(piece.value for piece in self.call("GetFile", request))

    def paths(self, name: str) -> list[str]:
        request = pfs_pb2.WalkFileRequest(file=pfs_pb2.File(commit=head(name), path="/"))
        return [info.file.path for info in self.call("WalkFile", request) if info.file_type == pfs_pb2.FILE]

    def close(self) -> None:
        self.channel.close()


def repo(name: str) -> Any:
    return pfs_pb2.Repo(name=name, type="user", project=pfs_pb2.Project(name="default"))


def head(name: str) -> Any:
    return pfs_pb2.Commit(repo=repo(name), branch=pfs_pb2.Branch(repo=repo(name), name="master"))


def modifications(commit: Any, files: Iterator[tuple[str, bytes]]) -> Iterator[Any]:
    """The messages that overwrite files of a commit."""
    yield pfs_pb2.ModifyFileRequest(set_commit=commit)
    for path, data in files:
        yield pfs_pb2.ModifyFileRequest(delete_file=pfs_pb2.DeleteFile(path=path))
        for at in range(0, len(data) or 1, 2**24):
            raw = BytesValue(value=data[at : at + 2**24])
            yield pfs_pb2.ModifyFileRequest(add_file=pfs_pb2.AddFile(path=path, raw=raw))


class ServerProcess:
    """An embedded-pachd of its own, on a free port."""

    def __init__(
        self,
        root: Path,
        *options: str,
        prefix: tuple[str, ...] = (),
        stderr: IO[bytes] | None = None,
        token_in: Path | None = None,
    ) -> None:
        self.root = root
        token_folder = token_in or root.parent
        token_folder.mkdir(exist_ok=True)
        token = token_folder / "token"
        token.write_text(TOKEN + "\n")
        program = os.environ.get("EMBEDDED_PACHD", str(Path(sys.executable).parent / "embedded-pachd"))
        arguments = ["serve", "--root", str(root), "--address", "127.0.0.1:0", "--token-file", str(token)]
        self._process = subprocess.Popen(
            [*prefix, program, *arguments, *options], stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        if self._process.stdout is None:
            raise RuntimeError("no standard output")
        line = self._process.stdout.readline()
        if "listens on" not in line:
            raise RuntimeError(f"the server did not start: {line}")
        self.address = line.split()[-1]
        self.pid = self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        self._process.terminate()
        return self._process.wait(timeout=30)


@contextmanager
def server(root: Path, *options: str) -> Iterator[ServerProcess]:
    running = ServerProcess(root, *options)
    try:
        yield running
    finally:
        running.kill()
