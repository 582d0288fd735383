# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of the Kubernetes API as the modules use: pods, events, and port-forward in its websocket protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
BINARY, CLOSE = 0x82, 0x88
PORT = struct.pack("<H", 1650)


def pod(name: str, phase: str = "Running", labels: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    """A pod as the API describes it; of pachd unless it has other labels."""
    metadata = {"name": name, "labels": labels or {"app": "pachd"}}
    return {"metadata": metadata, "status": {"phase": phase, **status}}


class KubernetesApi(ThreadingHTTPServer):
    """`pods` of one namespace; port 1650 of each leads to `target`.

    `refuses` maps a resource to the status it is refused with; with -1 there is no answer.
    """

    daemon_threads = True

    def __init__(self, target: str, namespace: str = "here") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.namespace = target, namespace
        self.pods: list[dict[str, Any]] = [pod("pachd-1")]
        self.events: list[dict[str, Any]] = []
        self.refuses: dict[str, int] = {}
        self.asked: list[str] = []
        self.forwarded: list[str] = []
        self.open = 0
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def kubeconfig(self, folder: Path, context: str = "test", **others: Any) -> Path:
        """A file that leads here, with the namespace in its one context."""
        path = folder / "kubeconfig"
        named = {"cluster": "c", "user": "u", "namespace": self.namespace, **others}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "contexts": [{"name": context, "context": named}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}],
            "users": [{"name": "u", "user": {"token": "canary-of-kubernetes"}}],
        }
        path.write_text(json.dumps(config))
        return path

    def stop(self) -> None:
        """Take no more connections."""
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: KubernetesApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        resource = url.path.rpartition("/")[2]
        self.server.asked.append(resource)
        status = self.server.refuses.get(resource)
        if status == -1:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif status:
            self.send(status, {"kind": "Status", "message": f'cannot get resource "{resource}"'})
        elif resource == "portforward":
            self.forward()
        elif f"/namespaces/{self.server.namespace}/" not in url.path:
            self.send(200, {"kind": "PodList", "items": []})
        elif resource == "pods":
            key, _equals, value = query["labelSelector"].partition("=")
            chosen = [one for one in self.server.pods if one["metadata"]["labels"].get(key) == value]
            self.send(200, {"kind": "PodList", "items": chosen})
        else:
            wanted = dict(field.split("=") for field in query["fieldSelector"].split(","))
            of_pod = [
                one for one in self.server.events if one["involvedObject"]["name"] == wanted["involvedObject.name"]
            ]
            items = [one for one in of_pod if one["type"] == wanted["type"]]
            self.send(200, {"kind": "EventList", "items": items})

    def send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self) -> None:
        """Channel 0 carries the data and channel 1 an error; each begins with the port's number."""
        digest = hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + WEBSOCKET, usedforsecurity=False).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.send_header("Sec-WebSocket-Protocol", "v4.channel.k8s.io")
        self.end_headers()
        self.close_connection = True
        self.server.open += 1
        self.server.forwarded.append(urlsplit(self.path).path.split("/")[-2])
        self.frame(b"\x00" + PORT)
        self.frame(b"\x01" + PORT)
        host, port = self.server.target.split(":")
        try:
            with socket.create_connection((host, int(port))) as pachd:
                Thread(target=self.send_back, args=(pachd,), daemon=True).start()
                with suppress(OSError):
                    while data := self.read_frame():
                        pachd.sendall(data[1:])
                    pachd.shutdown(socket.SHUT_RDWR)
        except ConnectionRefusedError:
            self.frame(b"\x01connection refused inside the pod")
            self.read_frame()
        self.server.open -= 1

    def send_back(self, pachd: socket.socket) -> None:
        with suppress(OSError):
            while data := pachd.recv(65536):
                self.frame(b"\x00" + data)
            self.frame(b"", CLOSE)

    def frame(self, data: bytes, kind: int = BINARY) -> None:
        size = len(data)
        head = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size) if size < 65536 else b""
        self.wfile.write(bytes([kind]) + (head or b"\x7f" + struct.pack(">Q", size)) + data)

    def read_frame(self) -> bytes:
        """The payload of the client's next frame, nothing at the end."""
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] == CLOSE:
            return b""
        size = head[1] & 0x7F
        if size > 125:
            size = int.from_bytes(self.rfile.read(2 if size == 126 else 8), "big")
        mask, data = self.rfile.read(4), self.rfile.read(size)
        repeated = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return (int.from_bytes(data, "big") ^ repeated).to_bytes(size, "big")

    def log_message(self, *_unused: Any) -> None:
        """Not on the tests' output."""
