# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keycloak on loopback, with realm toxhq."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

PASSWORD = "canary-of-the-password"
CLIENT_SECRET = "canary-of-the-client"

REALM = {
    "realm": "toxhq",
    "enabled": True,
    "accessTokenLifespan": 300,
    "users": [
        {
            "username": "ada",
            "enabled": True,
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "L",
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
    ],
    "clients": [
        {"clientId": "modelingweb", "publicClient": True, "directAccessGrantsEnabled": True},
        {
            "clientId": "short-lived",
            "publicClient": True,
            "directAccessGrantsEnabled": True,
            "attributes": {"access.token.lifespan": "20"},
        },
        {
            "clientId": "robot",
            "publicClient": False,
            "serviceAccountsEnabled": True,
            "secret": CLIENT_SECRET,
        },
    ],
}


@dataclass(frozen=True)
class Keycloak:
    """A running server."""

    url: str
    keys: jwt.PyJWKClient

    def knows(self, token: str) -> bool:
        """Whether a token carries its signature and is still good."""
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return False
        return True


@contextmanager
def running(distribution: Path, log: Path) -> Iterator[Keycloak]:
    """Start the distribution, which keeps its data in memory; stop it at the end."""
    realms = distribution / "data/import"
    realms.mkdir(parents=True, exist_ok=True)
    (realms / "toxhq-realm.json").write_text(json.dumps(REALM))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        distribution / "bin/kc.sh",
        "start",
        "--optimized",
        "--import-realm",
        "--cache=local",
        "--http-enabled=true",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--hostname-strict=false", "--http-host=127.0.0.1", f"--http-port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"JAVA_OPTS_APPEND": "-Xmx512m"},
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, f"{url}/realms/toxhq", log)
            yield Keycloak(url, jwt.PyJWKClient(f"{url}/realms/toxhq/protocol/openid-connect/certs"))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    limit = time.monotonic() + 900
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # http on loopback
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"Keycloak did not start:\n{log.read_text()[-5000:]}")
