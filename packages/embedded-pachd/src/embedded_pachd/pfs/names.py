# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of things in the file system, and which ones are allowed. str() gives them as pachd prints them in its
texts.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from embedded_pachd.errors import PachdError

USER, SPEC, META = "user", "spec", "meta"
DEFAULT_PROJECT = "default"
DEFAULT_DATUM = "default"
"""Datum tag of what a user puts by hand."""

_NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")
_PATH = re.compile(r"[ -~]+\Z")
_GLOB_CHARACTER = re.compile(r"[*?[\]{}!()@+^]")
_RELATIVE = re.compile(r"(?:^|/)\.\.?(?:/|\Z)")
_CLEAN = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[^/]+)+\Z")
_COMMIT_ID = re.compile(r"[0-9a-f]{12}4[0-9a-f]{19}\Z")
_MAX_PATH = 4096


@dataclass(frozen=True, order=True, slots=True)
class RepoName:
    name: str
    type: str = USER
    project: str = DEFAULT_PROJECT

    def __str__(self) -> str:
        return f"{self.project}/{self.name}" + ("" if self.type == USER else f".{self.type}")

    @property
    def key(self) -> str:
        """What pachd orders by: the type is always spelled out."""
        return f"{self.project}/{self.name}.{self.type}"


@dataclass(frozen=True, slots=True)
class BranchName:
    repo: RepoName
    name: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.name}"

    @property
    def key(self) -> str:
        return f"{self.repo.key}@{self.name}"


@dataclass(frozen=True, slots=True)
class CommitName:
    """One commit: the part of commit set `id` that lies in `repo`. `branch` is where it was made, and no part of its
    identity.
    """

    repo: RepoName
    id: str
    branch: str = ""

    def __str__(self) -> str:
        return f"{self.repo}@{self.id or self.branch}"


def check_name(name: str) -> None:
    if not _NAME.match(name):
        raise PachdError(f"name ({name}) invalid: only alphanumeric characters, underscores, and dashes are allowed")
    if len(name) > 255:
        raise PachdError(f"name ({name[:20]}…) invalid: longer than 255 characters")


def is_commit_id(text: str) -> bool:
    return bool(_COMMIT_ID.match(text))


def check_path(path: str) -> None:
    """Raise unless a client may put a file at `path`: printable ASCII, no glob character, no '.' or '..'."""
    if not _PATH.match(path):
        raise PachdError(f"path ({path}) invalid: only printable ASCII characters allowed")
    if match := _GLOB_CHARACTER.search(path):
        raise PachdError(f"path ({path}) invalid: globbing character ({match.group()}) not allowed in path")
    if _RELATIVE.search(path):
        raise PachdError(f"path ({path}) invalid: relative file paths are not allowed")
    if len(path) > _MAX_PATH:
        raise PachdError(f"path ({path[:40]}…) invalid: longer than {_MAX_PATH} characters")


@lru_cache(maxsize=64)
def checked_path(path: str) -> str:
    """A path that a client may put a file at, cleaned. Remembered, because a file comes in several messages."""
    check_path(path)
    return clean_path(path)


def clean_path(path: str) -> str:
    """'', 'a', '/a/', '/./a//b' -> '/', '/a', '/a', '/a/b'; '..' goes up, never above '/'."""
    if _CLEAN.match(path):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def directory_key(path: str) -> str:
    """A clean path as the prefix of everything below it."""
    return path if path.endswith("/") else path + "/"
