# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a commit onto this machine: only those that differ, each checked before it takes its name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from ._errors import UserError, already_done
from ._local_files import chosen, file_of_disk, repo_path
from ._names import repo_of
from ._pachd import Pachd
from ._plan import Change, Plan
from ._remote_files import RemoteCommit, walk
from ._wire import FileInfo


def plan_fetch(
    pachd: Pachd,
    sources: Iterable[tuple[RemoteCommit, Path]],
    path: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
) -> Plan:
    """The local files to write so that each folder holds what its commit has below `path`; others are left alone."""
    top = repo_path(path)
    commits: list[str] = []
    differing: list[tuple[RemoteCommit, FileInfo, Path]] = []
    for source, dest in sources:
        commit = _finished(pachd, source)
        there = [info for info in walk(pachd, commit, top) if info.is_file]
        if not there and top != "/":
            raise UserError(f"{commit.repo}@{commit.commit} has no file at or below {top}")
        wanted = _wanted(there, top, dest, include, exclude)
        differing += [(commit, info, local) for info, local in wanted if not _same(info, local)]
        commits.append(commit.commit or "")

    def apply() -> dict[str, Any]:
        for written, (commit, info, local) in enumerate(differing):
            with already_done(f"{written} files were written before it") if written else nullcontext():
                _download(pachd, commit, info, local)
        return {}

    changes = tuple(
        Change(str(local), _seen(local), {"size": info.size, "hash": info.digest}) for _commit, info, local in differing
    )
    result = {"commit": commits[0] if len(commits) == 1 else None, "commits": commits}
    return Plan(changes, {**result, "paths": [info.path for _commit, info, _local in differing]}, apply)


def _finished(pachd: Pachd, source: RemoteCommit) -> RemoteCommit:
    """The same commit by its id, once it can be read.

    Raises:
        UserError: when there is none, or what made it failed.
    """
    info = pachd.find("pfs.InspectCommit", {"commit": source.address(), "wait": "STARTED"})
    if info is None:
        if pachd.find("pfs.InspectRepo", {"repo": repo_of(source.repo)}) is None:
            raise UserError(f"repo {source.repo} does not exist")
        missing = f"commit {source.commit}" if source.commit else f"branch {source.branch}"
        raise UserError(f"{missing} not found in repo {source.repo}")
    identity = info["commit"]["id"]
    if "finishing" not in info:
        raise UserError(
            f"{source.repo}@{identity} is still being written; wait for what writes it, as by pachyderm_job"
        )
    info = pachd.call("pfs.InspectCommit", {"commit": info["commit"], "wait": "FINISHED"})
    if info.get("error"):
        raise UserError(f"{source.repo}@{identity} holds no usable data: {info['error']}")
    return RemoteCommit(source.repo, identity)


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
