# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gRPC server: which services there are, and where they listen."""

import ipaddress
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import services
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.wire.fixed_services import (
    AdminService,
    AuthService,
    EnterpriseService,
    LicenseService,
    NotActivated,
    VersionService,
)
from embedded_pachd.wire.handlers import bind
from embedded_pachd.wire.pfs_service import PfsService
from embedded_pachd.wire.steps import Steps
from embedded_pachd.wire.token import everybody, require_token
from embedded_pachd.wire.transaction_service import TransactionService

log = logging.getLogger(__name__)

_MAX_MESSAGE = 20 * 1024 * 1024
_THREADS = 256
"""A call that waits (a subscription, a followed log) keeps one."""

_LAST_PORT = 65535

_OPEN = {"versionpb_v2.API"}
"""Answered without a token, which pachctl does not send there."""

_OPTIONS = [
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.max_send_message_length", _MAX_MESSAGE),
    # What is received ahead of its reader stays small; else it grows to many megabytes for each client that uploads.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1024 * 1024),
    ("grpc.experimental.tcp_max_read_chunk_size", 256 * 1024),
    # pachctl pings every 20 s even without calls and would be sent away for it.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5000),
    ("grpc.http2.max_ping_strikes", 0),
    # A second server on the port has to fail, not to share it.
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen, what a client has to bring, and whether it may have URLs fetched."""

    address: str
    token: str = ""
    certificate: Path | None = None
    key: Path | None = None
    fetch_urls: bool = False


class Server:
    """`more`: further services by full name (those of the pipeline system)."""

    def __init__(
        self, filesystem: FileSystem, steps: Steps, cluster_id: str, more: dict[str, object], at: Listening
    ) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="call")
        self._server = grpc.server(self._pool, options=_OPTIONS)
        served: dict[str, object] = {
            "pfs_v2.API": PfsService(filesystem, steps, fetch_urls=at.fetch_urls),
            "transaction_v2.API": TransactionService(filesystem, steps),
            "versionpb_v2.API": VersionService(),
            "admin_v2.API": AdminService(cluster_id),
            "auth_v2.API": AuthService(),
            "enterprise_v2.API": EnterpriseService(),
            "identity_v2.API": NotActivated(),
            "license_v2.API": LicenseService(),
            **more,
        }
        authorize = require_token(at.token)
        self._server.add_generic_rpc_handlers(
            tuple(
                bind(s.full_name, served.get(s.full_name), everybody if s.full_name in _OPEN else authorize)
                for s in services()
            )
        )
        checker = health.HealthServicer()
        checker.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(checker, self._server)
        self.address = self._listen(at)

    def _listen(self, at: Listening) -> str:
        """Open the port; gives the address with the port that was taken."""
        host, _colon, port = at.address.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
            raise PachdError(f"{at.address} is no address: HOST:PORT is wanted, with a port from 0 to {_LAST_PORT}")
        if at.certificate is None and not _is_loopback(host):
            raise PachdError(
                f"{at.address} can be reached from other machines: give a TLS certificate (--tls-cert, --tls-key), "
                "or listen on 127.0.0.1"
            )
        if not at.token and not _is_loopback(host):
            raise PachdError(f"{at.address} can be reached from other machines: a token is needed (--token-file)")
        try:
            taken = self._open(at)
        except RuntimeError as error:
            raise PachdError(f"cannot listen on {at.address}: is the port in use? ({error})") from error
        return f"{host}:{taken or port}"

    def _open(self, at: Listening) -> int:
        if at.certificate is None or at.key is None:
            return int(self._server.add_insecure_port(at.address))
        try:
            SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(at.certificate, at.key, password="")
        except SSLError as error:
            raise PachdError(
                f"{at.certificate} and {at.key} are not a certificate and its key, both PEM, the key without a password"
            ) from error
        pair = (at.key.read_bytes(), at.certificate.read_bytes())
        return int(self._server.add_secure_port(at.address, grpc.ssl_server_credentials([pair])))

    def start(self) -> None:
        self._server.start()

    def stop(self, grace: float) -> Any:
        """Refuse new calls, give those under way `grace` seconds; gives an event."""
        return self._server.stop(grace)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None)
    except OSError as error:
        raise PachdError(f"cannot find out what {host} is: {error}") from error
    return all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)
