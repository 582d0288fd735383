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

from embedded_pachd.errors import PachdError

BUILT_IN: Mapping[str, Any] = {pattern: {} for pattern in ("alpine*", "ubuntu*", "debian*", "busybox*")}
ENGINES = ("podman", "docker")


class ImageError(PachdError):
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

    def check(self) -> None:
        """Raise ImageError when the file cannot be read, or an entry of it cannot be meant."""
        self._refresh()
        for pattern, entry in self._patterns.items():
            _environment(pattern, entry or {})

    def resolve(self, image: str) -> Environment | Container:
        """The environment or container of an image; ImageError when this machine has neither."""
        self._refresh()
        for pattern, entry in self._patterns.items():
            if fnmatchcase(image, pattern) or fnmatchcase(image.partition(":")[0], pattern):
                return _present(pattern, _environment(pattern, entry or {}))
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
        content = yaml.safe_load(file.read_bytes())
    except yaml.YAMLError as error:
        raise ImageError(f"the images file {file} is not YAML: {error}") from None
    patterns = content.get("images") if isinstance(content, dict) else None
    if not isinstance(patterns, dict):
        raise ImageError(f"the images file {file} must have a mapping 'images' of patterns to environments")
    return patterns


def _environment(pattern: str, entry: Any) -> Environment:
    if not isinstance(entry, dict) or entry.keys() - {"path", "bind", "env"}:
        raise ImageError(f"the entry of images {pattern!r} may have only path, bind and env")
    path, bind, env = entry.get("path") or "", entry.get("bind") or [], entry.get("env") or {}
    if not isinstance(path, str) or not isinstance(bind, list) or not isinstance(env, dict):
        raise ImageError(f"the entry of images {pattern!r}: path is a folder, bind a list of folders, env a mapping")
    found = Environment(Path(path) if path else None, tuple(Path(str(b)) for b in bind), _variables(pattern, env))
    for folder in found.folders:
        if not folder.is_absolute() or folder == Path("/"):
            raise ImageError(f"the entry of images {pattern!r} names {folder}: folders must be absolute, and not /")
    return found


def _variables(pattern: str, env: Mapping[Any, Any]) -> dict[str, str]:
    found = {str(name): str(value) for name, value in env.items()}
    if any(not name or "=" in name or "\0" in name + value for name, value in found.items()):
        raise ImageError(f"the entry of images {pattern!r} has a variable that cannot be one")
    return found


def _present(pattern: str, found: Environment) -> Environment:
    for folder in found.folders:
        if not folder.exists():
            raise ImageError(f"the entry of images {pattern!r} names {folder}, which does not exist")
    return found
