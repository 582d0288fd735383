# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets for pipelines: one owner-only file each, written whole or not at all. Values go only into a sandbox."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded_pachd.errors import PachdError
from embedded_pachd.store.packs import make_folder, sync_folder

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
NAME = re.compile(SUBDOMAIN)
KEY = re.compile(r"[-._a-zA-Z0-9]+")
LONGEST_NAME = LONGEST_KEY = 253
LONGEST_FILE = 200  # characters of a name that a file can have with its ending and while it is written
MOST_BYTES = 1_048_576  # of all values together


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as stored. `created` is in nanoseconds since 1970; `data` is never shown."""

    name: str
    type: str
    created: int
    data: Mapping[str, bytes] = field(repr=False)


class Secrets:
    """The secrets in one folder (mode 0700). Errors carry the texts that Kubernetes gives through a real pachd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)
        sync_folder(folder.parent)
        folder.chmod(0o700)
        for draft in folder.glob(".*"):  # of a server that was killed while it wrote one
            draft.unlink()

    def create(self, manifest: bytes) -> None:
        """Keep the Kubernetes Secret that `manifest` (JSON) describes; there must be none of its name."""
        secret = _parse(manifest)
        target = self._path(secret.name)
        draft = target.with_name(f".draft.{os.getpid()}.{time.monotonic_ns()}")
        content = {
            "name": secret.name,
            "type": secret.type,
            "created": secret.created,
            "data": {key: base64.b64encode(value).decode() for key, value in secret.data.items()},
        }
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, target)  # unlike a rename, fails when the name is taken
        except FileExistsError:
            raise PachdError(f'failed to create secret: secrets "{secret.name}" already exists') from None
        finally:
            draft.unlink()
        sync_folder(self._folder)

    def delete(self, name: str) -> None:
        _check_asked("delete", name)
        try:
            self._path(name).unlink()
        except (FileNotFoundError, ValueError):
            raise PachdError(f'failed to delete secret: secrets "{name}" not found') from None
        sync_folder(self._folder)

    def inspect(self, name: str) -> Secret:
        _check_asked("get", name)
        secret = self.find(name)
        if secret is None:
            raise PachdError(f'failed to get secret: secrets "{name}" not found')
        return secret

    def all(self) -> list[Secret]:
        """All secrets by name."""
        found = (_read(file) for file in self._folder.glob("[!.]*.json"))
        return sorted((secret for secret in found if secret), key=lambda secret: secret.name)

    def find(self, name: str) -> Secret | None:
        """The secret of that name, or None."""
        try:
            return _read(self._path(name))
        except ValueError:
            return None

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise ValueError(name)
        stem = name if len(name) <= LONGEST_FILE else hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
        return self._folder / f"{stem}.json"


def _read(file: Path) -> Secret | None:
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    data = {key: base64.b64decode(value) for key, value in content["data"].items()}
    return Secret(content.get("name", file.stem), content["type"], content["created"], data)


def _check_asked(action: str, name: str) -> None:
    if not name:
        raise PachdError(f"failed to {action} secret: resource name may not be empty")
    if "/" in name:
        raise PachdError(f"failed to {action} secret: invalid resource name \"{name}\": [may not contain '/']")


def _parse(manifest: bytes) -> Secret:
    try:
        content = json.loads(manifest)
        metadata = content.get("metadata") or {}
        labels = metadata.get("labels") or {}
        name = metadata.get("name", "")
        data = _data(content)
    except (ValueError, AttributeError, binascii.Error):
        raise PachdError("failed to unmarshal secret: it is not the JSON of a Kubernetes Secret") from None
    if labels.get("suite", "pachyderm") != "pachyderm":
        raise PachdError(f"invalid suite label set on secret: suite={labels['suite']}")
    _check_name(name)
    for key in data:
        _check_key(name, key)
    if sum(map(len, data.values())) > MOST_BYTES:
        fault = f"data: Too long: may not be more than {MOST_BYTES} bytes"
        raise PachdError(f'failed to create secret: Secret "{name}" is invalid: {fault}')
    return Secret(name, content.get("type") or "Opaque", time.time_ns(), data)


def _data(content: Mapping[str, Any]) -> dict[str, bytes]:
    encoded = content.get("data") or {}
    plain = content.get("stringData") or {}
    decoded = {key: base64.b64decode(value, validate=True) for key, value in encoded.items()}
    return decoded | {key: value.encode() for key, value in plain.items()}


def _check_name(name: str) -> None:
    fault = ""
    if not name:
        fault = "Required value: name or generateName is required"
    elif len(name) > LONGEST_NAME:
        fault = f'Invalid value: "{name}": must be no more than {LONGEST_NAME} characters'
    elif not NAME.fullmatch(name):
        fault = (
            f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric'
            " characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
            f" used for validation is '{SUBDOMAIN}')"
        )
    if fault:
        raise PachdError(f'failed to create secret: Secret "{name}" is invalid: metadata.name: {fault}')


def _check_key(name: str, key: str) -> None:
    fault = ""
    if key in (".", ".."):
        fault = f"must not be '{key}'"
    elif key.startswith(".."):
        fault = "must not start with '..'"
    elif len(key) > LONGEST_KEY:
        fault = f"must be no more than {LONGEST_KEY} characters"
    if fault:
        raise PachdError(
            f'failed to create secret: Secret "{name}" is invalid: data[{key}]: Invalid value: "{key}": {fault}'
        )
    if not KEY.fullmatch(key):
        raise PachdError(
            f'failed to create secret: Secret "{name}" is invalid: data[{key}]: Invalid value: "{key}": a valid config'
            " key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or"
            f" 'key-name', regex used for validation is '{KEY.pattern}')"
        )
