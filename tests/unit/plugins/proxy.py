# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gRPC server that passes every call on to another one, writes down their names, and can be told to interfere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

READS = ("Inspect", "List", "Get", "Walk")


class Proxy(grpc.GenericRpcHandler):
    """`calls` are the methods so far; those in `broken` fail with that code, and with `read_only` every write does.

    What is in `before` is done first when a method is called, and `answers` changes each answer of a method.
    `dies_after` so many calls everything fails.
    """

    def __init__(self, target: str) -> None:
        self.calls: list[str] = []
        self.broken: dict[str, grpc.StatusCode] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.answers: dict[str, Callable[[bytes], bytes]] = {}
        self.read_only = False
        self.dies_after: int | None = None
        options = (("grpc.max_receive_message_length", 20 * 1024 * 1024),)
        self._channel = grpc.insecure_channel(target, options)
        self._server = grpc.server(ThreadPoolExecutor(8), handlers=(self,), options=options)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def breaks(self, method: str, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        """From now on the method fails; by default as if the server had died."""
        self.broken[method] = code

    @property
    def writes(self) -> list[str]:
        """The calls that change something."""
        return [name for name in self.calls if not name.startswith(READS)]

    def stop(self) -> None:
        """Close both sides."""
        self._server.stop(None).wait()
        self._channel.close()

    def service(self, details: Any) -> Any:
        """Every method is a stream of bytes each way."""
        name = details.method.rpartition("/")[2]

        def forward(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            self.before.get(name, lambda: None)()
            self.calls.append(name)
            if self.dies_after is not None:
                if self.dies_after == 0:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "the server died")
                self.dies_after -= 1
            if name in self.broken:
                context.abort(self.broken[name], "broken on purpose")
            if self.read_only and not name.startswith(READS):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{name} writes")
            metadata = [
                (key, value) for key, value in context.invocation_metadata() if not key.startswith(("grpc-", "user-"))
            ]
            try:
                answers = self._channel.stream_stream(details.method)(requests, metadata=metadata)
                yield from map(self.answers.get(name, bytes), answers)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(forward)
