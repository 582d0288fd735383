# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module says when the server is not there, or not as expected."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run
from proxy import Proxy
from test_every_module import CASES


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that is bound, so that nobody else listens there, but not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("module", sorted(CASES))
def test_nobody_listens(run: Run, free_port: int, module: str) -> None:
    answer = run(module, **CASES[module].options, address=f"127.0.0.1:{free_port}", connect_timeout=0)
    assert answer["failed"]
    assert answer["msg"].startswith(f"nobody listens on 127.0.0.1:{free_port} (Connection refused); is pachd running")


@pytest.mark.parametrize("module", sorted(CASES))
@pytest.mark.parametrize(
    ("token", "text"), [("wrong", "the token given is not the server's"), ("", "no token was given")]
)
def test_tokens(run: Run, proxy: Proxy, module: str, token: str, text: str) -> None:
    answer = run(module, **CASES[module].options, token=token)
    assert answer["msg"].startswith(f"pachd at {proxy.address} refuses the call "), answer
    assert f": {text}; set `token`" in answer["msg"]


def test_a_read_is_tried_again_until_the_server_is_back(run: Run, proxy: Proxy) -> None:
    proxy.breaks("ListRepo")
    threading.Timer(0.5, proxy.broken.clear).start()
    assert run("info", gather=["repos"])["repos"] == []
    assert proxy.calls.count("ListRepo") > 1
    proxy.breaks("InspectCommit")
    threading.Timer(0.5, proxy.broken.clear).start()
    assert "repo none does not exist" in run("file", repo="none", path="/a", state="absent")["msg"]
    assert proxy.calls.count("InspectCommit") > 1


def test_a_host_without_address(run: Run) -> None:
    assert "cannot be resolved" in run("info", address="host.invalid:1", connect_timeout=0)["msg"]


def test_a_socket_that_is_not_there(run: Run, tmp_path: Path) -> None:
    answer = run("info", address=f"unix://{tmp_path}/none.sock", connect_timeout=0)
    assert f"nobody listens on unix:{tmp_path}/none.sock" in answer["msg"]


def test_tls_to_a_server_without(run: Run, proxy: Proxy) -> None:
    answer = run("info", address=f"grpcs://{proxy.address}", connect_timeout=0)
    assert f"does not speak TLS; use grpc://{proxy.address}" in answer["msg"]


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """A socket that speaks TLS with a certificate nobody trusts."""
    options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(["openssl", *options, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with suppress(ssl.SSLError, ConnectionError):
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    wrapped.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_no_tls_to_a_server_that_wants_it(run: Run, tls_port: int) -> None:
    answer = run("info", address=f"127.0.0.1:{tls_port}", connect_timeout=0)
    assert f"127.0.0.1:{tls_port} expects TLS; use grpcs://127.0.0.1:{tls_port}" in answer["msg"]


def test_a_certificate_nobody_trusts(run: Run, tls_port: int) -> None:
    answer = run("info", address=f"grpcs://127.0.0.1:{tls_port}", connect_timeout=0)
    assert f"the certificate of 127.0.0.1:{tls_port} was not accepted" in answer["msg"]


def test_without_the_library_the_interpreter_and_the_way_out_are_named(tmp_path: Path) -> None:
    (tmp_path / "python_pachyderm.py").write_text("raise ImportError('not here')")
    script = (
        "from ansible.module_utils.testing import patch_module_args\n"
        "from ansible_collections.pharmbio.cpsign.plugins.modules.pachyderm_info import main\n"
        "with patch_module_args({'_ansible_remote_tmp': '/tmp'}): main()\n"
    )
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": path}, check=False, capture_output=True, text=True
    )
    assert f"{sys.executable} -m pip install 'python-pachyderm==7.6.0' 'protobuf<4'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
