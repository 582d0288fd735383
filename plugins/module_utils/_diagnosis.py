# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong with a connection, in words that lead to the way out."""

from __future__ import annotations

import socket
import ssl

from ._connection import Endpoint

PROBE_SECONDS = 2


def why_unavailable(endpoint: Endpoint, details: str) -> str:
    """gRPC tells refused, silent and wrongly encrypted connections apart poorly, so the socket itself is asked."""
    if endpoint.forward:
        return f"pachd does not answer in {endpoint.pod}: {endpoint.forward.trouble or details}"
    if endpoint.target.startswith("unix:"):
        return f"nobody listens on {endpoint.target} ({details}); is pachd running?"
    try:
        with socket.create_connection(endpoint.host_and_port, timeout=PROBE_SECONDS) as connection:
            speaks_tls = _speaks_tls(connection, endpoint.host_and_port[0])
    except socket.gaierror as error:
        return f"the host name of {endpoint.target} cannot be resolved: {error.strerror}"
    except OSError as error:
        return (
            f"nobody listens on {endpoint.target} ({error.strerror or error}); is pachd running, and is the port right?"
        )
    if speaks_tls and not endpoint.tls:
        return f"{endpoint.target} expects TLS; use grpcs://{endpoint.target}, with `ca_file` for a private authority"
    if endpoint.tls and not speaks_tls:
        return f"{endpoint.target} does not speak TLS; use grpc://{endpoint.target} and leave out `ca_file`"
    if endpoint.tls:
        return f"the certificate of {endpoint.target} was not accepted; did `ca_file` sign it? ({details})"
    return f"{endpoint.target} accepts connections but does not answer as pachd does: {details}"


def _speaks_tls(connection: socket.socket, host: str) -> bool:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only whether it is TLS is asked; nothing is sent over this connection
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return True
    except (ssl.SSLError, OSError):
        return False


def why_refused(endpoint: Endpoint, method: str, code: str, details: str) -> str:
    """The text for a call that reached a server and failed there."""
    if code == "UNAUTHENTICATED":
        given = "the token given is not the server's" if endpoint.token else "no token was given"
        return f"pachd at {endpoint.name} refuses the call {method}: {given}; set `token` ({details})"
    if code == "UNIMPLEMENTED":
        return f"pachd at {endpoint.name} does not know the call {method}: {details}"
    if code == "DEADLINE_EXCEEDED":
        return f"pachd at {endpoint.name} did not answer the call {method} in time"
    return f"pachd at {endpoint.name}, {method}: {details or code}"
