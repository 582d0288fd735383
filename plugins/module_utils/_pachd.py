# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to pachd, over which requests and answers are plain dicts in pachctl's `--raw` form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, TypeVar

from ._cluster import Cluster
from ._connection import Connection, Endpoint, bytes_of, endpoint
from ._diagnosis import why_refused, why_unavailable
from ._errors import ServerError, UserError
from ._library import CHANNEL_OPTIONS, Library

T = TypeVar("T")

READS = ("Inspect", "List", "Get", "Walk")
TESTED = (2, 12)  # the newest minor version whose messages were compared with those of 2.7
RETRY_SECONDS = 0.2
READ_AHEAD = 128 * 1024  # bytes of requests
SLOWEST_ANSWER = 5  # seconds that a server which can be reached gets for saying its version


class Pachd:
    """Connects at the first call. With `read_only` every call that could change something is refused here already."""

    def __init__(self, connection: Connection, read_only: bool = False) -> None:
        self._connection = connection
        self.read_only = read_only
        self._transaction: str | None = None
        self._version: tuple[int, int, int] | None = None
        self.warnings: list[str] = []

    @cached_property
    def library(self) -> Library:
        """Messages and gRPC; importing them takes 0.4 s, so not before they are needed."""
        return Library()

    @cached_property
    def cluster(self) -> Cluster | None:
        """The cluster that pachd runs in, when the options name one."""
        given = self._connection
        if not given.names_a_cluster:
            return None
        return Cluster(given.kubeconfig, given.context, given.namespace, given.connect_timeout)

    @cached_property
    def endpoint(self) -> Endpoint:
        """Where this connection leads: to the address of the task, else into the cluster of the task."""
        if self._connection.address or self.cluster is None:
            return endpoint(self._connection)
        pod, forward = self.cluster.forward_to_pachd()
        ca = bytes_of(self._connection.ca_file)
        return Endpoint(f"unix:{forward.path}", ca is not None, self._connection.token, ca, pod, forward)

    def version(self) -> tuple[int, int, int]:
        """The server's version, asked once; it is also how reachability, TLS and age are found out.

        Raises:
            UserError: when no pachd answers within `connect_timeout` seconds, or one older than 2.0.
        """
        if self._version is None:
            self._version = self._asked_version()
        return self._version

    def _asked_version(self) -> tuple[int, int, int]:
        method = "version.GetVersion"
        slowest = max(self._connection.connect_timeout, SLOWEST_ANSWER)
        with self._named_errors(method):
            answer = self._decoded(method, self._retried(lambda: self._unary(method, b"", slowest)))
        major, minor, micro = (int(answer.get(part, 0)) for part in ("major", "minor", "micro"))
        if major < 2:
            raise UserError(
                f"pachd at {self.endpoint.name} is version {major}.{minor}.{micro}; these modules need 2.0 or newer"
            )
        if (major, minor) > TESTED:
            self.warnings.append(
                f"pachd {major}.{minor}.{micro} is newer than {TESTED[0]}.{TESTED[1]}, the newest these modules know"
            )
        return major, minor, micro

    def call(self, method: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request, one answer. Reads are tried again while the server is unavailable; a write may have arrived.

        Raises:
            ServerError: with the server's own text when it refuses.
        """
        self._admit(method)
        if _reads(method):
            return self._decoded(method, self._read(method, request or {}))
        data = self._encoded(method, request or {})
        with self._named_errors(method):
            return self._decoded(method, self._unary(method, data))

    def each(
        self, method: str, request: dict[str, Any] | None = None, missing_ok: bool = False
    ) -> Iterator[dict[str, Any]]:
        """One request, a stream of answers; with `missing_ok` none when what is asked for does not exist."""
        for data in self.raw_stream(method, request or {}, missing_ok):
            yield self._decoded(method, data)

    def find(self, method: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """As `call`, with None when what is asked for does not exist."""
        answer = self.find_raw(method, request)
        return None if answer is None else self._decoded(method, answer)

    def find_raw(self, method: str, request: dict[str, Any]) -> bytes | None:
        """As `find`, undecoded."""
        self._admit(method)
        try:
            return self._read(method, request)
        except ServerError as error:
            if error.says_missing:
                return None
            raise

    def raw_stream(self, method: str, request: dict[str, Any], missing_ok: bool = False) -> Iterator[bytes]:
        """As `each`, undecoded, for answers that come by the ten thousand."""
        self._admit(method)
        data = self._encoded(method, request)
        try:
            with self._named_errors(method):
                first, rest = self._retried(lambda: self._begun(method, data))
                if first is not None:
                    yield first
                yield from rest
        except ServerError as error:
            if not (missing_ok and error.says_missing):
                raise

    def upload(self, method: str, messages: Iterable[bytes]) -> dict[str, Any]:
        """A stream of encoded requests, one answer. What is raised while the requests are made comes out unchanged."""
        self._admit(method)
        raised: list[Exception] = []

        def guarded() -> Iterator[bytes]:
            try:
                yield from _read_ahead(messages)
            except Exception as error:  # gRPC would swallow it
                raised.append(error)
                raise

        try:
            with self._named_errors(method):
                return self._decoded(method, self._callable("stream_unary", method)(guarded(), metadata=self._metadata))
        except ServerError as error:
            raise (raised[0] if raised else error) from error

    @contextmanager
    def transaction(self) -> Iterator[str]:
        """What is called inside happens together at its end, or not at all; its id is the commit set's.

        The calls carry the transaction's id as pachctl's do: the batch call of 2.7 is another message from 2.8 on.
        """
        started = self.call("transaction.StartTransaction")
        self._transaction = started["id"]
        try:
            yield started["id"]
            self._transaction = None
            self.call("transaction.FinishTransaction", {"transaction": started})
        except BaseException:
            self._transaction = None
            with suppress(ServerError):  # the first error is the one to tell
                self.call("transaction.DeleteTransaction", {"transaction": started})
            raise

    def close(self) -> None:
        """Close what was opened."""
        if "_channel" in self.__dict__:
            self._channel.close()
        if "endpoint" in self.__dict__ and self.endpoint.forward:
            self.endpoint.forward.close()

    @cached_property
    def _channel(self) -> Any:
        grpc, where = self.library.grpc, self.endpoint
        if not where.tls:
            return grpc.insecure_channel(where.target, CHANNEL_OPTIONS)
        # the end of a port-forward has the name that pachctl's has
        name = [("grpc.ssl_target_name_override", "localhost")] if where.forward else []
        return grpc.secure_channel(where.target, grpc.ssl_channel_credentials(where.ca), [*CHANNEL_OPTIONS, *name])

    @property
    def _metadata(self) -> list[tuple[str, str]]:
        given = {"authn-token": self.endpoint.token, "pach-transaction": self._transaction}
        return [(name, value) for name, value in given.items() if value]

    def _admit(self, method: str) -> None:
        """Before every call: in check mode none may write, and the server's version is known before the first."""
        if self.read_only and not _reads(method):
            raise AssertionError(f"{method} would write, and this is check mode")
        self.version()

    def _encoded(self, method: str, request: dict[str, Any]) -> bytes:
        return self.library.encode(self.library.describe(method).input_type.full_name, request)

    def _decoded(self, method: str, data: bytes) -> dict[str, Any]:
        return self.library.decode(self.library.describe(method).output_type.full_name, data)

    def _callable(self, kind: str, method: str) -> Any:
        call = self.library.describe(method)
        return getattr(self._channel, kind)(f"/{call.containing_service.full_name}/{call.name}")

    def _unary(self, method: str, data: bytes, timeout: float | None = None) -> bytes:
        answer: bytes = self._callable("unary_unary", method)(data, timeout=timeout, metadata=self._metadata)
        return answer

    def _read(self, method: str, request: dict[str, Any]) -> bytes:
        data = self._encoded(method, request)
        with self._named_errors(method):
            return self._retried(lambda: self._unary(method, data))

    def _begun(self, method: str, data: bytes) -> tuple[bytes | None, Iterator[bytes]]:
        """A stream whose first answer is there, so that a server which is not can be told from one that dies midway."""
        answers = self._callable("unary_stream", method)(data, metadata=self._metadata)
        return next(answers, None), answers

    def _retried(self, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._connection.connect_timeout
        unavailable = self.library.grpc.StatusCode.UNAVAILABLE
        while True:
            try:
                return attempt()
            except self.library.grpc.RpcError as error:
                if error.code() != unavailable or time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_SECONDS)

    @contextmanager
    def _named_errors(self, method: str) -> Iterator[None]:
        try:
            yield
        except self.library.grpc.RpcError as error:
            code, details = error.code().name, error.details() or ""
            explain = why_unavailable(self.endpoint, details) if code == "UNAVAILABLE" else None
            text = f"{explain} (call: {method})" if explain else why_refused(self.endpoint, method, code, details)
            raise ServerError(text, code, details) from error


def _reads(method: str) -> bool:
    return method.partition(".")[2].startswith(READS)


def _read_ahead(messages: Iterable[bytes]) -> Iterator[bytes]:
    """The same messages, made many at a time: turns between reading files and sending cost more than either does."""
    ready: list[bytes] = []
    size = 0
    for message in messages:
        ready.append(message)
        size += len(message)
        if size >= READ_AHEAD:
            yield from ready
            ready, size = [], 0
    yield from ready
