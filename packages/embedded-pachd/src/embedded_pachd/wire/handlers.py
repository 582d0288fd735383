# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding plain objects to gRPC services. A service's object has a method per RPC that it serves, by the RPC's name:
it takes the request (or an iterator of them) and the Call, and gives a message, None (empty answer) or an iterator.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import message_class, service
from embedded_pachd.wire.incoming import Requests
from embedded_pachd.wire.outgoing import send_all

log = logging.getLogger(__name__)

_TRANSACTION = "pach-transaction"


class Call:
    """What a method may know about the call besides its request."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.metadata: dict[str, str] = dict(context.invocation_metadata())

    @property
    def transaction_id(self) -> str:
        """The open transaction that the client works in; '' when none."""
        return self.metadata.get(_TRANSACTION, "")

    def alive(self) -> bool:
        """False once the client has gone away."""
        return bool(self._context.is_active())


Authorize = Callable[[dict[str, str]], None]
"""Looks at the metadata of a call; raises PachdError when it may not be made."""


def bind(service_name: str, servicer: object | None, authorize: Authorize) -> Any:
    """A gRPC handler for every RPC of the service; those that `servicer` lacks answer UNIMPLEMENTED with their name."""
    handlers = {}
    for rpc in service(service_name).methods:
        method = getattr(servicer, rpc.name, None) or _unserved(f"/{service_name}/{rpc.name}")
        if rpc.client_streaming:
            method = _reading(method, message_class(rpc.input_type).FromString)
        serialize = message_class(rpc.output_type).SerializeToString
        if rpc.server_streaming:
            run = _streaming(method, authorize, serialize)
        else:
            run = _single(method, authorize, rpc.output_type)
        kind = f"{'stream' if rpc.client_streaming else 'unary'}_{'stream' if rpc.server_streaming else 'unary'}"
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        handlers[rpc.name] = make(
            run,
            request_deserializer=None if rpc.client_streaming else message_class(rpc.input_type).FromString,
            response_serializer=None if rpc.server_streaming else serialize,
        )
    return grpc.method_handlers_generic_handler(service_name, handlers)


def _reading(method: Callable[[Any, Call], Any], parse: Callable[[bytes], Any]) -> Callable[[Any, Call], Any]:
    def run(requests: Any, call: Call) -> Any:
        with Requests(requests, parse) as parsed:
            return method(parsed, call)

    return run


def _unserved(name: str) -> Callable[[Any, Call], None]:
    def refuse(_request: Any, _call: Call) -> None:
        raise _Unserved(f"{name} is not served by embedded-pachd")

    return refuse


class _Unserved(PachdError):
    code = "UNIMPLEMENTED"


def _single(method: Callable[[Any, Call], Any], authorize: Authorize, output: Any) -> Callable[[Any, Any], Any]:
    empty = message_class(output)

    def run(request: Any, context: Any) -> Any:
        try:
            call = Call(context)
            authorize(call.metadata)
            answer = method(request, call)
        except Exception as error:  # noqa: BLE001 (whatever happens, the client gets a status)
            _abort(context, error)
        return empty() if answer is None else answer

    return run


def _streaming(
    method: Callable[[Any, Call], Any], authorize: Authorize, serialize: Callable[[Any], bytes]
) -> Callable[[Any, Any], Iterator[Any]]:
    def run(request: Any, context: Any) -> Iterator[Any]:
        try:
            call = Call(context)
            authorize(call.metadata)
            send_all(context, method(request, call) or (), serialize)
        except Exception as error:  # noqa: BLE001
            _abort(context, error)
        return iter(())  # nothing is left for grpcio to send

    return run


def _abort(context: Any, error: Exception) -> None:
    """End the call with the error's status; always raises."""
    if isinstance(error, PachdError):
        context.abort(getattr(grpc.StatusCode, error.code), str(error))
    if not context.is_active():
        raise error
    log.error("unexpected failure", exc_info=error)
    context.abort(grpc.StatusCode.INTERNAL, f"internal error ({type(error).__name__}): see the server's log")
