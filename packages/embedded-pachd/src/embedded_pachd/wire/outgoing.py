# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of a streaming call, sent without a thread switch for each.

grpcio's own loop hands every message to the thread that polls the network and waits until that is done with it, which
costs more than all else when 100,000 files are listed. Here the polling thread takes the next message itself. This
needs what grpcio keeps to itself (`grpc._server`), for which its version is pinned.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from grpc import _server
from grpc._cython import cygrpc

_MOST_BYTES = 256 * 1024
"""Messages that may wait to be sent."""
_NO_FLAGS = 0


def send_all(context: Any, messages: Iterable[Any], serialize: Callable[[Any], bytes]) -> None:
    """Send all messages and wait until they have left; ends early when the client has gone away."""
    sender = _Sender(context)
    try:
        for message in messages:
            if not sender.send(serialize(message)):
                return
    finally:
        sender.wait()


class _Sender:
    def __init__(self, context: Any) -> None:
        self._state = context._state
        self._call = context._rpc_event.call
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._sending = False

    def send(self, message: bytes) -> bool:
        """False when nobody listens any more."""
        with self._state.condition:
            if not self._is_heard():  # grpcio is done with such a call: to start anything more would end its thread
                return False
            if not self._sending:
                self._start(message)
            else:
                self._waiting.append(message)
                self._bytes += len(message)
                if self._bytes > _MOST_BYTES:
                    self._state.condition.wait_for(lambda: self._bytes <= _MOST_BYTES // 4)
            return True

    def _is_heard(self) -> bool:
        return bool(_server._is_rpc_state_active(self._state))

    def wait(self) -> None:
        with self._state.condition:
            self._state.condition.wait_for(lambda: not self._sending)

    def _start(self, message: bytes) -> None:
        operations = [cygrpc.SendMessageOperation(message, _NO_FLAGS)]
        if self._state.initial_metadata_allowed:
            operations.insert(0, _server._get_initial_metadata_operation(self._state, None))
            self._state.initial_metadata_allowed = False
        self._call.start_server_batch(operations, self._sent)
        self._state.due.add(_server._SEND_MESSAGE_TOKEN)
        self._sending = True

    def _sent(self, _event: Any) -> Any:
        """Called by the polling thread."""
        with self._state.condition:
            if self._waiting and self._is_heard():
                message = self._waiting.popleft()
                self._bytes -= len(message)
                self._start(message)
                finished = None, ()
            else:
                self._waiting.clear()
                self._bytes = 0
                self._sending = False
                finished = _server._possibly_finish_call(self._state, _server._SEND_MESSAGE_TOKEN)
            if self._bytes <= _MOST_BYTES // 4:
                self._state.condition.notify_all()
            return finished
