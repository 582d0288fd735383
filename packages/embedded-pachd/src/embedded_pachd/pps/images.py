# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline's image means on this machine: an environment named in images.yml, or a container."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

BUILT_IN: Mapping[str, Any] = {pattern: {} for pattern in ("alpine*", "ubuntu*", "debian*", "busybox*")}
ENGINES = ("podman", "docker")


class ImageError(Exception):
    """An image that cannot be used here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Folders and variables that stand for an image inside the sandbox."""

    path: Path | None = None  # its bin/ goes first on PATH
    bind: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Everything of the environment that the sandbox shows read-only."""
        return (*((self.path,) if self.path else ()), *self.bind)


@dataclass(frozen=True, slots=True)
class Container:
    """An image that a container engine runs."""

    engine: str
    image: str


class Images:
    """The patterns of images.yml; the file is read again when it changes, so no restart is needed."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._patterns: Mapping[str, Any] = BUILT_IN

    def resolve(self, image: str) -> Environment | Container:
        """The environment or container of an image; ImageError when this machine has neither."""
        self._refresh()
        for pattern, entry in self._patterns.items():
            if fnmatchcase(image, pattern) or fnmatchcase(image.partition(":")[0], pattern):
                return _environment(pattern, entry or {})
        for engine in ENGINES:
            if _works(engine):
                return Container(engine, image)
        file = self._file or "an images file (--images)"
        raise ImageError(
            f"image {image} is not known here: name an environment for it in {file}"
            f' (images: {{"{image}": {{path: /folder/with/bin}}}}), or install podman or docker (and start it)'
        )

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            status = self._file.stat()
        except FileNotFoundError:
            raise ImageError(f"the images file {self._file} is missing: create it, or start without --images") from None
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._patterns = _read(self._file)
            self._stamp = stamp


def _works(engine: str) -> bool:
    """Whether the engine is installed and its service, where it has one, answers."""
    if not shutil.which(engine):
        return False
    return subprocess.run([engine, "version"], capture_output=True, check=False, timeout=30).returncode == 0


def _read(file: Path) -> Mapping[str, Any]:
    import yaml  # late: without an images file nothing needs it

    try:
        content = yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise ImageError(f"the images file {file} is not YAML: {error}") from None
    patterns = content.get("images") if isinstance(content, dict) else None
    if not isinstance(patterns, dict):
        raise ImageError(f"the images file {file} must have a mapping 'images' of patterns to environments")
    return patterns


def _environment(pattern: str, entry: Any) -> Environment:
    if not isinstance(entry, dict) or entry.keys() - {"path", "bind", "env"}:
        raise ImageError(f"the entry of images {pattern!r} may have only path, bind and env")
    path = Path(entry["path"]) if entry.get("path") else None
    found = Environment(
        path, tuple(map(Path, entry.get("bind", ()))), {k: str(v) for k, v in entry.get("env", {}).items()}
    )
    for folder in found.folders:
        if not folder.is_absolute() or folder == Path("/"):
            raise ImageError(f"the entry of images {pattern!r} names {folder}: folders must be absolute, and not /")
        if not folder.exists():
            raise ImageError(f"the entry of images {pattern!r} names {folder}, which does not exist")
    return found
