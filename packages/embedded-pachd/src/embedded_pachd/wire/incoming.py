# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of a client that streams: read ahead while they are small, and few at a time when they are large.

grpcio's own iterator asks the thread that polls the network for every single message and waits for it, which costs
more than all else when 100,000 small files come. Here the polling thread reads on by itself. This needs what grpcio
keeps to itself (`grpc._server`), for which its version is pinned.

The end of a stream is one event whether the client has sent all or has gone away; that it went away comes after it as
an event of its own, perhaps too late. So whoever is at the end asks the connection, lest half an upload be kept.

A message may have 20 MB, and is in memory several times while it is taken in. So a call has to have a place while it
receives one and works on it, unless it is known to send small ones.
"""

from collections import deque
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from typing import Any, Self

from google.protobuf.message import DecodeError
from grpc import _server
from grpc._cython import cygrpc

from embedded_pachd.errors import CancelledError, PachdError

_SMALL = 128 * 1024
_SMALL_IN_A_ROW = 16
"""After so many small messages the call is taken for one that sends small ones."""
_MOST_BYTES = 1024 * 1024
"""Messages that are read ahead."""
_NO_FLAGS = 0

_places = BoundedSemaphore(4)
_PATIENCE = 5.0
"""Seconds without a message after which a call leaves its place to others: they need not wait for its client. On a busy
machine a large message takes some, and part of it is in memory already."""


class Requests(Iterator[Any]):
    """The messages of one call, parsed. Used as a context by the thread that runs the call."""

    def __init__(self, requests: Any, parse: Callable[[bytes], Any]) -> None:
        """`requests`: grpcio's iterator, which must not be used any more."""
        self._state = requests._state
        self._call = requests._call
        self._parse = parse
        self._read: deque[bytes] = deque()
        self._bytes = 0
        self._receiving = False
        self._small_in_a_row = 0
        self._has_place = False
        self._is_whole: bool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._leave_place()

    def __next__(self) -> Any:
        raw = self._next()
        try:
            return self._parse(raw)
        except DecodeError as error:
            raise _MalformedError("Exception deserializing request!") from error

    def _next(self) -> bytes:
        self._leave_place()
        if not self._reads_ahead:
            _places.acquire()
            self._has_place = True
        with self._state.condition:
            if not self._read and not self._receiving:
                self._start()
            while not self._read:
                if self._state.client is _server._CANCELLED:
                    _server._raise_rpc_error(self._state)
                if not self._receiving:
                    self._check_whole()
                    raise StopIteration
                if not self._state.condition.wait(_PATIENCE if self._has_place else None):
                    self._leave_place()
            message = self._read.popleft()
            self._bytes -= len(message)
        return message

    def _check_whole(self) -> None:
        """Raises CancelledError when the stream ended because the client has gone away: a stream that only its sender
        has closed still takes the answer's first part.
        """
        state = self._state
        if state.initial_metadata_allowed and _server._is_rpc_state_active(state):
            state.initial_metadata_allowed = False
            self._call.start_server_batch((_server._get_initial_metadata_operation(state, None),), self._answered)
            state.due.add(_server._SEND_INITIAL_METADATA_TOKEN)
            state.condition.wait_for(lambda: self._is_whole is not None)
        if not self._is_whole:
            raise CancelledError("the upload was cancelled: nothing was changed")

    def _answered(self, event: Any) -> Any:
        """Called by the polling thread."""
        with self._state.condition:
            self._is_whole = event.success
            self._state.condition.notify_all()
            return _server._possibly_finish_call(self._state, _server._SEND_INITIAL_METADATA_TOKEN)

    @property
    def _reads_ahead(self) -> bool:
        return self._small_in_a_row >= _SMALL_IN_A_ROW

    def _leave_place(self) -> None:
        if self._has_place:
            self._has_place = False
            _places.release()

    def _start(self) -> None:
        if self._state.client is _server._OPEN and not self._state.statused:
            self._call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), self._got)
            self._state.due.add(_server._RECEIVE_MESSAGE_TOKEN)
            self._receiving = True

    def _got(self, event: Any) -> Any:
        """Called by the polling thread."""
        message = event.batch_operations[0].message()
        with self._state.condition:
            self._receiving = False
            if message is None:
                if self._state.client is _server._OPEN:
                    self._state.client = _server._CLOSED
            else:
                self._read.append(message)
                self._bytes += len(message)
                self._small_in_a_row = self._small_in_a_row + 1 if len(message) <= _SMALL else 0
                if self._reads_ahead and self._bytes < _MOST_BYTES:
                    self._start()
            self._state.condition.notify_all()
            if self._receiving:
                return None, ()
            return _server._possibly_finish_call(self._state, _server._RECEIVE_MESSAGE_TOKEN)


class _MalformedError(PachdError):
    code = "INTERNAL"
