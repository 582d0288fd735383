# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pachd is: the connection options every module has, and pachctl's own settings behind them."""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ._errors import UserError
from ._forward import Forward
from ._options import NO_LOG, fallback

DEFAULT_ADDRESS = "127.0.0.1:30650"
TLS_SCHEMES = {"grpc": False, "http": False, "": False, "grpcs": True, "https": True, "unix": False}


@dataclass(frozen=True)
class Connection:
    """The connection options as the user gives them (see the doc fragment `connection`)."""

    address: str | None = None
    token: str | None = field(default=None, repr=False, metadata={**NO_LOG, **fallback("PACH_PYTHON_AUTH_TOKEN")})
    ca_file: Path | None = None
    config: Path | None = field(default=None, metadata=fallback("PACH_CONFIG"))
    config_context: str | None = None
    kubeconfig: Path | None = field(default=None, metadata=fallback("K8S_AUTH_KUBECONFIG"))
    context: str | None = field(default=None, metadata=fallback("K8S_AUTH_CONTEXT"))
    namespace: str | None = None
    connect_timeout: int = 10

    @property
    def names_a_cluster(self) -> bool:
        """Whether one of the options that say where Kubernetes is was given."""
        return bool(self.kubeconfig or self.context or self.namespace)


@dataclass(frozen=True)
class Endpoint:
    """Where to connect, worked out: `target` in gRPC's form, `ca` PEM bytes or None for the usual authorities.

    Through Kubernetes the target is the socket of `forward`, and `pod` says where that leads.
    """

    target: str
    tls: bool
    token: str | None = field(repr=False)
    ca: bytes | None
    pod: str | None = None
    forward: Forward | None = None

    @property
    def name(self) -> str:
        """For messages."""
        return self.pod or self.target

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Of a TCP target; IPv6 hosts come without brackets."""
        host, port = self.target.rsplit(":", 1)
        return host.strip("[]"), int(port)


def endpoint(connection: Connection) -> Endpoint:
    """An address (given, or of the environment) wins; then pachctl's context; then it is pachd's usual local port.

    Raises:
        UserError: when an address, a file or a context cannot be used.
    """
    ca = bytes_of(connection.ca_file)
    address = connection.address or os.environ.get("PACHD_ADDRESS")
    if address:
        return _from_address(address, connection.token, ca)
    context = _context(connection)
    if context is None:
        return _from_address(DEFAULT_ADDRESS, connection.token, ca)
    token = connection.token or context.get("session_token") or None
    return _from_address(context.get("pachd_address") or DEFAULT_ADDRESS, token, ca or _decoded_ca(context))


def _from_address(address: str, token: str | None, ca: bytes | None) -> Endpoint:
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = ("unix", address[5:]) if address.startswith("unix:") else ("", address)
    if scheme not in TLS_SCHEMES:
        raise UserError(
            f"address {address!r}: unknown scheme {scheme!r}; use host:port, grpc://, grpcs:// or unix:///path"
        )
    if scheme == "unix":
        return Endpoint(f"unix:{rest}", False, token, None)
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port or 30650
    except ValueError as error:
        raise UserError(f"address {address!r}: {error}") from error
    if not host or parts.path.strip("/"):
        raise UserError(f"address {address!r}: expected host:port, optionally with grpc:// or grpcs:// before it")
    host = f"[{host}]" if ":" in host else host
    return Endpoint(f"{host}:{port}", TLS_SCHEMES[scheme] or ca is not None, token, ca)


def bytes_of(path: Path | None) -> bytes | None:
    """The content of a certificate's file; UserError when it cannot be read."""
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        raise UserError(f"ca_file {path}: {error.strerror}") from error


def _context(connection: Connection) -> dict[str, Any] | None:
    """The chosen or active context of pachctl's configuration (`v2.contexts`), or None when there is no such file."""
    path = connection.config or Path.home() / ".pachyderm" / "config.json"
    if not path.exists():
        if connection.config or connection.config_context:
            raise UserError(f"pachctl's configuration {path} does not exist; give `address` or another `config`")
        return None
    try:
        v2 = json.loads(path.read_text(encoding="utf-8"))["v2"]
        name = connection.config_context or os.environ.get("PACH_CONTEXT") or v2["active_context"]
        contexts: dict[str, dict[str, Any]] = v2["contexts"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"pachctl's configuration {path} cannot be used: {type(error).__name__}: {error}") from error
    if name not in contexts:
        raise UserError(
            f"pachctl's configuration {path} has no context {name!r}; it has: {', '.join(sorted(contexts))}"
        )
    return contexts[name]


def _decoded_ca(context: dict[str, Any]) -> bytes | None:
    try:
        return base64.b64decode(context["server_cas"], validate=True) if context.get("server_cas") else None
    except (binascii.Error, TypeError) as error:
        raise UserError("server_cas of the pachctl context is not base64 text") from error
