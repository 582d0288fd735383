# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model reaches Modelingweb once, or it is said that it did not, or that nobody knows."""

import datetime
import ipaddress
import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from keycloak import CLIENT_SECRET, PASSWORD, Keycloak
from modelingweb import Modelingweb, serve

from cpsign_workflow.cli import main
from cpsign_workflow.upload import access, http
from cpsign_workflow.upload.token import Token


def upload(aggregate: Path, secret: Path) -> int:
    output = aggregate.parent / "out"
    output.mkdir(exist_ok=True)
    return main(["upload", "--model", str(aggregate), "--credentials", str(secret), "--output", str(output)])


def receipt(aggregate: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((aggregate.parent / "out/receipt.json").read_text())
    return content


def set_category(aggregate: Path, category: str) -> None:
    content = {"workflow_name": "LogP", "cpsign": {"model-category": category}}
    (aggregate / "configuration.json").write_text(json.dumps(content))


def test_model_arrives_and_leaves_a_receipt(
    aggregate: Path, secret: Path, web: Modelingweb, capsys: pytest.CaptureFixture[str]
) -> None:
    set_category(aggregate, "physchem")
    assert upload(aggregate, secret) == 0
    assert web.received == [{"category": b"physchem", "filecontent": (aggregate / "model.jar").read_bytes()}]
    written = receipt(aggregate)
    assert (written["outcome"], written["answer"], written["by"]) == ("accepted", {"id": 7}, "ada")
    assert (written["category"], written["to"], written["workflow"]) == ("physchem", web.url, "LogP")
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err + json.dumps(written)


def test_client_credentials_do_without_a_user(aggregate: Path, secret: Path, web: Modelingweb) -> None:
    (secret / "user").unlink()
    (secret / "password").unlink()
    (secret / "client-id").write_text("robot")
    (secret / "client-secret").write_text(CLIENT_SECRET)
    assert upload(aggregate, secret) == 0
    assert len(web.received) == 1
    assert (receipt(aggregate)["by"], receipt(aggregate)["category"]) == ("robot", "LogP")


@pytest.mark.parametrize("status", ["429", "502", "503", "504"])
def test_refused_before_the_body_is_tried_again(
    aggregate: Path, secret: Path, web: Modelingweb, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    web.behaviours = [status, status]
    assert upload(aggregate, secret) == 0
    assert (web.requests, len(web.received)) == (3, 1)
    assert f"HTTP {status}; again in" in capsys.readouterr().out


def test_patience_ends(aggregate: Path, secret: Path, web: Modelingweb, capsys: pytest.CaptureFixture[str]) -> None:
    web.behaviours = ["503"] * 3
    assert upload(aggregate, secret) == 1
    assert web.received == []
    assert "HTTP 503, 3 times. Nothing was sent" in capsys.readouterr().err


@pytest.mark.parametrize("behaviour", ["cut", "half", "stall", "502 ", "200 no json"])
def test_sent_without_an_answer_is_never_sent_again(
    aggregate: Path,
    secret: Path,
    web: Modelingweb,
    behaviour: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_STALLED", 2)
    web.behaviours = [behaviour]
    assert upload(aggregate, secret) == 1
    assert web.requests == 1
    said = capsys.readouterr()
    assert '"outcome": "unknown"' in said.out
    assert "Whether the model arrived is not known, so it is not sent again" in said.err
    assert not (aggregate.parent / "out/receipt.json").exists()


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ("413", "refuses the model: HTTP 413"),
        ("400 {}", "refuses the model: HTTP 400"),
        ('200 {"error": "no such category"}', "answers HTTP 200 with an error: "),
    ],
)
def test_a_refusal_is_final(
    aggregate: Path, secret: Path, web: Modelingweb, behaviour: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    web.behaviours = [behaviour]
    assert upload(aggregate, secret) == 1
    assert web.requests == 1
    assert says in capsys.readouterr().err


def test_token_that_is_no_longer_good_is_renewed_once(aggregate: Path, secret: Path, web: Modelingweb) -> None:
    web.behaviours = ["401"]
    assert upload(aggregate, secret) == 0
    assert len(web.received) == 1


def test_unauthorized_after_renewal(
    aggregate: Path, secret: Path, web: Modelingweb, capsys: pytest.CaptureFixture[str]
) -> None:
    web.behaviours = ["401", "401"]
    assert upload(aggregate, secret) == 1
    assert (web.requests, web.received) == (2, [])
    assert "refuses the model: HTTP 401" in capsys.readouterr().err


def test_token_is_renewed_before_it_ends(secret: Path) -> None:
    known = access.read(secret)
    lasting, ending = Token(known), Token(replace(known, client="short-lived"))
    assert lasting.get() == lasting.get()
    assert lasting.get(renew=True) != lasting.get(renew=True)
    assert ending.get() != ending.get()


def test_wrong_password(aggregate: Path, secret: Path, web: Modelingweb, capsys: pytest.CaptureFixture[str]) -> None:
    (secret / "password").write_text("canary-of-a-wrong-one")
    assert upload(aggregate, secret) == 1
    said = capsys.readouterr().err
    assert "gives user ada no token: HTTP 4" in said
    assert "Invalid user credentials. Correct the secret modelweb-api-info" in said
    assert "canary" not in said
    assert web.requests == 0


@pytest.mark.parametrize("down", ["keycloak-url", "modelweb-url"])
def test_nobody_listens(aggregate: Path, secret: Path, down: str, capsys: pytest.CaptureFixture[str]) -> None:
    (secret / down).write_text("http://127.0.0.1:9")
    assert upload(aggregate, secret) == 1
    said = capsys.readouterr().err
    assert "http://127.0.0.1:9/" in said
    assert "3 times. Nothing was sent" in said


def test_certificates_are_verified(
    aggregate: Path,
    secret: Path,
    keycloak: Keycloak,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    with serve(keycloak.knows, context) as web:
        (secret / "modelweb-url").write_text(web.url)
        assert upload(aggregate, secret) == 1
        assert "certificate" in capsys.readouterr().err
        assert web.requests == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        assert upload(aggregate, secret) == 0
        assert len(web.received) == 1


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("keycloak-url", None, "keycloak-url missing or empty"),
        ("password", "\n", "password missing or empty"),
        ("modelweb-url", "modelingweb.example.org", "is no address; it begins with https://"),
    ],
)
def test_secret_that_lacks_something(
    aggregate: Path, secret: Path, file: str, text: str | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (secret / file).unlink()
    if text is not None:
        (secret / file).write_text(text)
    assert upload(aggregate, secret) == 1
    assert says in capsys.readouterr().err


def test_jar_that_is_none(aggregate: Path, secret: Path, web: Modelingweb, capsys: pytest.CaptureFixture[str]) -> None:
    (aggregate / "model.jar").write_bytes(b"no jar")
    assert upload(aggregate, secret) == 1
    assert "not a jar file, or damaged" in capsys.readouterr().err
    assert web.requests == 0


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "modelingweb")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path
