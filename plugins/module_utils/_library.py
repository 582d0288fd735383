# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python-pachyderm and gRPC, imported at the first call: the only file that knows them.

Its generated messages and service descriptions are used, not its Client: that one prints to standard output when it
finds no configuration (which breaks a module's answer), sends a file's every line as a message, and has no timeouts.
"""

from __future__ import annotations

from typing import Any

from ._errors import UserError, missing_library

MAX_MESSAGE = 20 * 1024 * 1024  # pachd's own limit, both ways
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 20_000),  # as pachctl does: a connection that died without a word is noticed
    ("SingleThreadedUnaryStream", 1),  # a stream is read without a thread of its own: half the time an answer
)


class Library:
    """The few things of both libraries that are used; made once a process.

    Raises:
        UserError: when a library is missing or cannot work with this interpreter's other packages.
    """

    def __init__(self) -> None:
        try:
            import grpc
            from google.protobuf import json_format, symbol_database
            from python_pachyderm.proto.v2.admin import admin_pb2
            from python_pachyderm.proto.v2.pfs import pfs_pb2
            from python_pachyderm.proto.v2.pps import pps_pb2
            from python_pachyderm.proto.v2.transaction import transaction_pb2
            from python_pachyderm.proto.v2.version.versionpb import version_pb2
        except (ImportError, TypeError, AttributeError) as error:  # protobuf >= 4 fails with the latter two
            raise missing_library("python-pachyderm", error, "'python-pachyderm==7.6.0' 'protobuf<4'") from error
        self.grpc = grpc
        self._json = json_format
        self._symbols = symbol_database.Default()
        self._services = {
            "pfs": pfs_pb2,
            "pps": pps_pb2,
            "transaction": transaction_pb2,
            "admin": admin_pb2,
            "version": version_pb2,
        }

    def describe(self, method: str) -> Any:
        """The description of a call named as `pfs.ListRepo`."""
        service, name = method.split(".")
        return self._services[service].DESCRIPTOR.services_by_name["API"].methods_by_name[name]

    def message(self, full_name: str) -> Any:
        """A message class, such as `pps_v2.CreatePipelineRequest`."""
        return self._symbols.GetSymbol(full_name)

    def encode(self, full_name: str, values: dict[str, Any], newer: bool = False) -> bytes:
        """Proto-JSON with the fields' own (snake case) names to wire bytes; `newer` may have fields not known here."""
        message = self._json.ParseDict(values, self.message(full_name)(), ignore_unknown_fields=newer)
        encoded: bytes = message.SerializeToString()
        return encoded

    def decode(self, full_name: str, data: bytes) -> dict[str, Any]:
        """Wire bytes to proto-JSON as `pachctl --raw` prints it: no zero values, 64-bit numbers and enums as text."""
        message = self.message(full_name).FromString(data)
        decoded: dict[str, Any] = self._json.MessageToDict(message, preserving_proto_field_name=True)
        return decoded

    def tidy(self, full_name: str, values: dict[str, Any], newer: bool = False) -> dict[str, Any]:
        """The message in its one canonical proto-JSON form: durations, numbers and the case of names made alike.

        Values of a `newer` server lose the fields that are not known here.

        Raises:
            UserError: naming a value that has no such form, as a number that is too big.
        """
        try:
            return self.decode(full_name, self.encode(full_name, values, newer))
        except self._json.ParseError as error:
            raise UserError(str(error)) from error
