# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""promote.yml sends the released model by the pipeline <name>-upload, and never twice unasked.

The stand-in for Keycloak and Modelingweb here only takes and answers; the package's own tests have a real Keycloak.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .conftest import ROOT, SETUP, STATUS, Service

PROMOTE = ROOT / "promote.yml"
PASSWORD = "canary of the uploader"


class Receiver(BaseHTTPRequestHandler):
    """Gives tokens and takes models; cuts the connection of the first model."""

    protocol_version = "HTTP/1.1"
    models: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/token"):
            self.answer({"access_token": "a token", "expires_in": 300})
            return
        self.models.append(body)
        if len(self.models) == 1:
            self.close_connection = True
        else:
            self.answer({"id": 7})

    def answer(self, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: object) -> None:
        """Be quiet."""


@contextmanager
def receiving(models: list[bytes]) -> Iterator[str]:
    """The address of a receiver."""
    handler = type("Handler", (Receiver,), {"models": models})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_model_is_sent_again_only_when_somebody_says_so(upgraded: tuple[Service, str]) -> None:
    service, _unused = upgraded
    models: list[bytes] = []
    with receiving(models) as url:
        account = {"user": "ada", "password": PASSWORD, "modelweb-url": url, "keycloak-url": url}
        outcome = service.play(SETUP, "--diff", secrets_modelweb=account)
        assert outcome.code == 0, outcome.output

        cut = service.play(PROMOTE, workflow="Alkyls", models_test_rows=1)
        assert cut.code != 0, cut.output
        assert "Whether the model arrived is not known, so it is not sent again" in " ".join(cut.output.split())
        assert service.play(PROMOTE, workflow="Alkyls").code != 0
        assert len(models) == 1

        again = service.play(PROMOTE, workflow="Alkyls", upload="again")
        assert again.code == 0, again.output
        assert len(models) == 2
        assert service.play(PROMOTE, workflow="Alkyls").changed == 0
        assert len(models) == 2
    with service.client().get_file(("Alkyls-upload", "master"), "/receipt.json") as file:
        assert json.loads(file.read())["answer"] == {"id": 7}
    outcome = service.play(STATUS)
    assert outcome.code == 0, outcome.output
    assert "upload" in outcome.output
    assert PASSWORD not in cut.output + again.output
