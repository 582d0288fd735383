# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline's image means on this machine."""

from pathlib import Path

import pytest

from embedded_pachd.pps.images import Container, Environment, ImageError, Images


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
