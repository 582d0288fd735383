# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small things that a pipeline names: images, secrets, schedules."""

import stat
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

import pytest
from embedded_pachd.errors import PachdError
from embedded_pachd.pps.cron import parse_schedule
from embedded_pachd.pps.images import Container, Environment, ImageError, Images
from embedded_pachd.pps.secrets import Secrets


def manifest(name: str, **data: str) -> bytes:
    return dumps({"metadata": {"name": name}, "stringData": data}).encode()


def test_the_built_in_images() -> None:
    assert Images().resolve("alpine") == Images().resolve("ubuntu:20.04") == Environment()


def test_a_pattern_names_an_environment(tmp_path: Path) -> None:
    file, folder = tmp_path / "images.yml", tmp_path / "env"
    folder.mkdir()
    file.write_text(f"images: {{'me/it:*': {{path: '{folder}', env: {{A: 1}}}}}}")
    assert Images(file).resolve("me/it:2") == Environment(folder, (), {"A": "1"})
    file.write_text("images: {'me/it:*': {}}  # changed while the server runs")
    assert Images(file).resolve("me/it:2") == Environment()


def test_another_image_needs_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match=r"name an environment for it .* or install podman or docker"):
        Images().resolve("me/it:1")
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1  # installed, but its service does not run\n")
    (tmp_path / "docker").chmod(0o755)
    with pytest.raises(ImageError):
        Images().resolve("me/it:1")
    (tmp_path / "podman").write_text("#!/bin/sh\n")
    (tmp_path / "podman").chmod(0o755)
    assert Images().resolve("me/it:1") == Container("podman", "me/it:1")


@pytest.mark.parametrize("entry", ["{path: /}", "{path: relative}", "{path: /not/there}", "{paht: /usr}", "text"])
def test_a_bad_entry_says_so(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "images.yml"
    file.write_text(f"images: {{x: {entry}}}")
    with pytest.raises(ImageError, match="the entry of images 'x'"):
        Images(file).resolve("x")


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
    with pytest.raises(PachdError, match="not found"):
        secrets.delete(name)
    assert list((tmp_path / "secrets").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"metadata": {"name": "x"}, "data": {"k": "?"}}'])
def test_a_bad_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PachdError):
        Secrets(tmp_path / "secrets").create(content)


def test_schedules() -> None:
    start = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    assert parse_schedule("@never")(start) is None
    assert parse_schedule("@every 1h30m")(start) == datetime(2026, 1, 1, 14, 0, tzinfo=UTC)
    assert parse_schedule("0 4 * * *")(start) == datetime(2026, 1, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("spec", ["", "often", "@every soon", "61 * * * *"])
def test_a_bad_schedule_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="failed to parse"):
        parse_schedule(spec)
