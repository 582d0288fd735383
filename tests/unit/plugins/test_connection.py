# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the connection options lead."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._connection import Connection, Endpoint, endpoint
from ansible_collections.pharmbio.cpsign.plugins.module_utils._errors import UserError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a configuration of pachctl."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("PACH_CONTEXT", "PACHD_ADDRESS"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("address", "target", "tls"),
    [
        ("localhost:1234", "localhost:1234", False),
        ("localhost", "localhost:30650", False),
        ("grpc://pachd.example.com:80", "pachd.example.com:80", False),
        ("http://10.0.0.1:80/", "10.0.0.1:80", False),
        ("grpcs://pachd.example.com", "pachd.example.com:30650", True),
        ("[::1]:650", "[::1]:650", False),
        ("unix:///run/pachd.sock", "unix:/run/pachd.sock", False),
        ("unix:/run/pachd.sock", "unix:/run/pachd.sock", False),
    ],
)
def test_addresses(address: str, target: str, tls: bool) -> None:
    assert endpoint(Connection(address=address, token="t")) == Endpoint(target, tls, "t", None)


@pytest.mark.parametrize(
    ("address", "text"),
    [("ftp://host", "unknown scheme 'ftp'"), ("host:port", "host:port"), ("grpc://host/path", "expected host:port")],
)
def test_addresses_that_are_none(address: str, text: str) -> None:
    with pytest.raises(UserError, match=text):
        endpoint(Connection(address=address))


def test_an_ipv6_host_comes_without_brackets() -> None:
    assert endpoint(Connection(address="[::1]:650")).host_and_port == ("::1", 650)


def test_without_anything_it_is_the_usual_local_port() -> None:
    assert endpoint(Connection()).target == "127.0.0.1:30650"


def test_a_ca_switches_tls_on(home: Path) -> None:
    (home / "ca.pem").write_bytes(b"PEM")
    found = endpoint(Connection(address="pachd:650", ca_file=home / "ca.pem"))
    assert (found.tls, found.ca) == (True, b"PEM")


def test_a_missing_ca_is_named(home: Path) -> None:
    with pytest.raises(UserError, match=r"ca_file .*none\.pem: No such file"):
        endpoint(Connection(ca_file=home / "none.pem"))


def written(home: Path, **v2: Any) -> Path:
    path = home / ".pachyderm" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"v2": v2}))
    return path


CONTEXTS = {
    "here": {"pachd_address": "grpc://here:1", "session_token": "session"},
    "there": {"pachd_address": "there:2", "server_cas": base64.b64encode(b"PEM").decode()},
    "bare": {},
    "bad": {"server_cas": "%"},
}


def test_the_active_context_of_pachctl(home: Path) -> None:
    written(home, active_context="here", contexts=CONTEXTS)
    assert endpoint(Connection()) == Endpoint("here:1", False, "session", None)


def test_an_address_of_ones_own_gets_no_token_of_another_server(home: Path) -> None:
    written(home, active_context="here", contexts=CONTEXTS)
    assert endpoint(Connection(address="other:1")) == Endpoint("other:1", False, None, None)


def test_the_address_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home, active_context="here", contexts=CONTEXTS)
    monkeypatch.setenv("PACHD_ADDRESS", "grpcs://environment:1")
    assert endpoint(Connection()).target == "environment:1"
    assert endpoint(Connection(address="given:1")).target == "given:1"


def test_a_named_context_and_its_ca(home: Path) -> None:
    path = written(home, active_context="here", contexts=CONTEXTS)
    found = endpoint(Connection(config=path, config_context="there", token="mine"))
    assert found == Endpoint("there:2", True, "mine", b"PEM")


def test_the_context_named_by_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home, active_context="here", contexts=CONTEXTS)
    monkeypatch.setenv("PACH_CONTEXT", "bare")
    assert endpoint(Connection()).target == "127.0.0.1:30650"


def test_what_is_wrong_with_a_configuration_is_said(home: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        endpoint(Connection(config_context="here"))
    path = written(home, active_context="here", contexts=CONTEXTS)
    with pytest.raises(UserError, match="has no context 'nowhere'; it has: bad, bare, here, there"):
        endpoint(Connection(config=path, config_context="nowhere"))
    with pytest.raises(UserError, match="not base64"):
        endpoint(Connection(config=path, config_context="bad"))
    path.write_text("{")
    with pytest.raises(UserError, match=r"config\.json cannot be used"):
        endpoint(Connection(config=path))
    path.write_text("{}")
    with pytest.raises(UserError, match="KeyError"):
        endpoint(Connection(config=path))


def test_the_token_is_never_printed() -> None:
    connection = Connection(address="a:1", token="canary")
    assert "canary" not in repr(connection)
    assert "canary" not in repr(endpoint(connection))
