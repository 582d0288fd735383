# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets on the disk."""

import re
import stat
from json import dumps
from pathlib import Path

import pytest

from embedded_pachd.errors import PachdError
from embedded_pachd.pps.secrets import Secrets


def manifest(name: str, **data: str) -> bytes:
    return dumps({"metadata": {"name": name}, "stringData": data}).encode()


def test_secrets_are_owner_only_and_hide_their_values(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "secrets")
    secrets.create(manifest("one", k="canary-7301"))
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "secrets", *(tmp_path / "secrets").iterdir())]
    assert modes == [0o700, 0o600]
    assert "canary-7301" not in repr(secrets.inspect("one"))
    assert secrets.inspect("one").data == {"k": b"canary-7301"}
    assert [each.name for each in Secrets(tmp_path / "secrets").all()] == ["one"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "A", "x" * 254])
def test_a_secret_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    secrets = Secrets(tmp_path / "secrets")
    with pytest.raises(PachdError, match=r"is invalid: metadata\.name"):
        secrets.create(manifest(name, k="v"))
    with pytest.raises(PachdError, match=r"not found|may not be empty|may not contain"):
        secrets.delete(name)
    assert list((tmp_path / "secrets").iterdir()) == []


def test_the_longest_name_fits(tmp_path: Path) -> None:
    secrets, name = Secrets(tmp_path / "secrets"), "x" * 253
    secrets.create(manifest(name, k="v"))
    secrets.create(manifest("short", k="w"))
    assert [each.name for each in secrets.all()] == ["short", name]
    assert secrets.inspect(name).data == {"k": b"v"}
    secrets.delete(name)
    assert [each.name for each in secrets.all()] == ["short"]


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("..", "must not be '..'"),
        ("..a", "must not start with '..'"),
        ("k" * 254, "must be no more than 253 characters"),
        ("a/b", "a valid config key must consist of"),
    ],
)
def test_a_bad_key_is_refused(tmp_path: Path, key: str, fault: str) -> None:
    with pytest.raises(PachdError, match=re.escape(f'Invalid value: "{key}": {fault}')):
        Secrets(tmp_path / "secrets").create(manifest("x", **{key: "v"}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"metadata": {"name": "x"}, "data": {"k": "?"}}'])
def test_a_bad_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PachdError):
        Secrets(tmp_path / "secrets").create(content)
