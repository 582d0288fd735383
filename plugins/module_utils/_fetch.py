# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a commit onto this machine: only those that differ, each checked before it takes its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from ._errors import UserError
from ._local_files import chosen, file_of_disk, repo_path
from ._names import repo_of
from ._pachd import Pachd
from ._plan import Change, Plan
from ._remote_files import RemoteCommit, walk
from ._wire import FileInfo


def plan_fetch(
    pachd: Pachd, commit: RemoteCommit, path: str, dest: Path, include: tuple[str, ...], exclude: tuple[str, ...]
) -> Plan:
    """The local files to write so that `dest` holds what is below `path`; other local files are left alone."""
    top = repo_path(path)
    info = pachd.find("pfs.InspectCommit", {"commit": commit.address(), "wait": "FINISHED"})
    if info is None:
        missing = f"commit {commit.commit}" if commit.commit else f"branch {commit.branch}"
        repo_is_there = pachd.find("pfs.InspectRepo", {"repo": repo_of(commit.repo)}) is not None
        raise UserError(
            f"{missing} not found in repo {commit.repo}" if repo_is_there else f"repo {commit.repo} does not exist"
        )
    identity = info["commit"]["id"]
    if info.get("error"):
        raise UserError(f"{commit.repo}@{identity} holds no usable data: {info['error']}")
    commit = RemoteCommit(commit.repo, identity)
    there = [info for info in walk(pachd, commit, top) if info.is_file]
    if not there and top != "/":
        raise UserError(f"{commit.repo}@{identity} has no file at or below {top}")
    wanted = list(_wanted(there, top, dest, include, exclude))
    differing = [(info, local) for info, local in wanted if not _same(info, local)]

    def apply() -> dict[str, Any]:
        for info, local in differing:
            _download(pachd, commit, info, local)
        return {}

    changes = tuple(
        Change(str(local), _seen(local), {"size": info.size, "hash": info.digest}) for info, local in differing
    )
    return Plan(changes, {"commit": identity, "paths": [info.path for info, local in differing]}, apply)


def _wanted(
    there: list[FileInfo], top: str, dest: Path, include: tuple[str, ...], exclude: tuple[str, ...]
) -> Iterator[tuple[FileInfo, Path]]:
    for info in there:
        relative = PurePosixPath(info.path).relative_to(top).as_posix() if info.path != top else PurePosixPath(top).name
        if ".." in relative.split("/"):
            raise UserError(f"{info.path}: a path that would lead out of {dest}")
        if chosen(relative, include, exclude):
            yield info, dest / relative


def _same(info: FileInfo, local: Path) -> bool:
    return local.is_file() and file_of_disk(info.path, local).equals(info)


def _seen(local: Path) -> dict[str, Any]:
    return {"size": local.stat().st_size, "hash": "another"} if local.is_file() else {}


def _download(pachd: Pachd, commit: RemoteCommit, info: FileInfo, local: Path) -> None:
    """Into a neighbour of its own name first: a reader sees the old file or the whole new one."""
    try:
        local.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=local.parent, prefix=f".{local.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                for piece in commit.read(pachd, info.path):
                    file.write(piece)
                file.flush()
                if not file_of_disk(info.path, temporary).equals(info):
                    raise UserError(
                        f"{commit.repo}@{commit.commit}{info.path} arrived damaged; nothing was put into {local}"
                    )
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                temporary.replace(local)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
    except OSError as error:
        raise UserError(f"{local}: cannot be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
