# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver of models that checks token and body, and can be told to behave badly."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/api/v1/models/fromFile"


@dataclass
class Modelingweb:
    """What came, and what to do with what comes next: accept when ``behaviours`` is empty."""

    known: Callable[[str], bool]
    """Whether a token is one of Keycloak's."""
    behaviours: list[str] = field(default_factory=list)
    requests: int = 0
    received: list[dict[str, bytes]] = field(default_factory=list)
    """The fields of each body that came whole."""
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Behaviours: a status before the body (``503``) or after it (``200 {}``), ``cut``, ``stall``, ``half``."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def handle_expect_100(self) -> bool:
        web = self.server.web
        behaviour = web.behaviours[0] if web.behaviours else ""
        if behaviour.isdigit():
            return self._early(web.behaviours.pop(0))
        if not web.known(self.headers["Authorization"].removeprefix("Bearer ")):
            return self._early("401")
        return super().handle_expect_100()

    def do_POST(self) -> None:
        web = self.server.web
        web.requests += 1
        behaviour = web.behaviours.pop(0) if web.behaviours else '200 {"id": 7}'
        if behaviour == "half":
            self.rfile.read(100)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        web.received.append(parts(self.headers["Content-Type"], body))
        if behaviour == "stall":
            time.sleep(5)
        if behaviour in ("cut", "stall"):
            self.close_connection = True
            return
        status, _unused, content = behaviour.partition(" ")
        self._answer(int(status), content)

    def _early(self, status: str) -> bool:
        self.server.web.requests += 1
        self.close_connection = True
        self._answer(int(status), '{"message": "early"}')
        return False

    def _answer(self, status: int, content: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Be quiet."""


class Server(ThreadingHTTPServer):
    """Hands its state to the handlers."""

    daemon_threads = True
    web: Modelingweb


@contextmanager
def serve(known: Callable[[str], bool], context: ssl.SSLContext | None = None) -> Iterator[Modelingweb]:
    """A receiver on loopback."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.web = Modelingweb(known)
        scheme = "http" if context is None else "https"
        server.web.url = f"{scheme}://127.0.0.1:{server.server_port}"
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.web
        finally:
            server.shutdown()
            thread.join()


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a multipart/form-data body."""
    message: Message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found = {}
    for part in message.get_payload():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_param("name", header="content-disposition"))] = content
    return found
