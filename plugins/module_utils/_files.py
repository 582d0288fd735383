# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a branch beside what a task wants: only those that differ are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ._errors import UserError, raise_all
from ._fetch import plan_fetch
from ._file_commit import Difference, changes_of, commit_files
from ._local_files import LocalFile, checked, chosen, file_of_bytes, file_of_disk, folder_files, folders_of, repo_path
from ._names import branch_of_commit, commit_of, head_of, repo_of
from ._pachd import Pachd
from ._plan import Plan
from ._remote_files import RemoteCommit, walk
from ._wire import FileInfo

# Which options a state takes beside repo, branch and path.
TAKES = {
    "present": {"content", "src", "files", "commit_message"},
    "absent": {"files", "commit_message"},
    "synced": {"src", "include", "exclude", "commit_message"},
    "fetched": {"commit", "commits", "dest", "include", "exclude"},
}
MANY = 50  # from here on one walk through the repo is cheaper than a call a file


@dataclass(frozen=True)
class File:
    """One path of the repo and what it shall hold."""

    path: str
    content: str | None = None
    src: Path | None = None


@dataclass(frozen=True)
class FileTask:
    """The options of pachyderm_file."""

    repo: str
    branch: str = "master"
    commit: str | None = None
    commits: tuple[str, ...] | None = None
    path: str | None = None
    content: str | None = None
    src: Path | None = None
    files: tuple[File, ...] = ()
    dest: Path | None = None
    commit_message: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    state: Literal["present", "absent", "synced", "fetched"] = "present"


def plan_files(pachd: Pachd, task: FileTask) -> Plan:
    """The one commit (or none) that makes the branch as described, or for `fetched` the local files to write."""
    idle = set().union(*TAKES.values()) - TAKES[task.state]
    problems = [f"{name}: means nothing with state {task.state}" for name in sorted(idle) if getattr(task, name)]
    if "" in (task.path, *(file.path for file in task.files)):
        problems.append("path: is empty; the whole repo would be /")
    raise_all(problems)
    if task.state == "fetched":
        if task.dest is None:
            raise UserError("dest: missing; it is the local folder that state fetched writes to")
        one = (RemoteCommit(task.repo, task.commit, task.branch), task.dest)
        many = [(RemoteCommit(task.repo, commit), task.dest / commit) for commit in task.commits or ()]
        sources = [one] if task.commits is None else many
        return plan_fetch(pachd, sources, task.path or "/", task.include, task.exclude)
    wanted = checked(_wanted(task)) if task.state != "absent" else {}
    head = _head(pachd, task)
    now = _base(pachd, head)
    difference = _compared(pachd, task, now, wanted)
    changes = changes_of(difference)

    def apply() -> dict[str, Any]:
        def holds(parent: str | None) -> bool:
            if parent == (head["commit"]["id"] if head else None):
                return True
            then = _base(pachd, {"commit": commit_of(task.repo, parent)} if parent else None)
            return _compared(pachd, task, then, wanted) == difference

        message = task.commit_message or ""
        return {"commit": commit_files(pachd, task.repo, task.branch, message, difference, holds)}

    identity = now.commit if now else None
    return Plan(changes, {"commit": identity, "paths": [change.name for change in changes]}, apply)


def _base(pachd: Pachd, info: dict[str, Any] | None) -> RemoteCommit | None:
    """This commit or the nearest before it that pachd did not refuse: what the next one starts from.

    Reading a refused commit would show its files too, which the next one does not have.
    """
    while info:
        if "finished" not in info:
            info = pachd.call("pfs.InspectCommit", {"commit": info["commit"], "wait": "FINISHED"})
        if not info.get("error"):
            return RemoteCommit(branch_of_commit(info["commit"])["repo"]["name"], info["commit"]["id"])
        info = {"commit": info["parent_commit"]} if "parent_commit" in info else None
    return None


def _compared(pachd: Pachd, task: FileTask, where: RemoteCommit | None, wanted: dict[str, LocalFile]) -> Difference:
    if task.state == "synced":
        return _synced(pachd, task, where, wanted)
    return _absent(pachd, task, where) if task.state == "absent" else _present(pachd, where, wanted)


def _wanted(task: FileTask) -> Iterator[LocalFile]:
    if task.state == "synced":
        if task.src is None:
            raise UserError("src: missing; it is the folder that state synced sends")
        yield from folder_files(task.src, repo_path(task.path or "/"), task.include, task.exclude)
        return
    singles = (File(task.path, task.content, task.src),) if task.path is not None else ()
    problems = [] if task.files or singles else ["path or files: missing; one of them says which files"]
    if not singles and (task.content is not None or task.src is not None):
        problems.append("path: missing; it says where content or src goes")
    for file in (*task.files, *singles):
        if (file.content is None) == (file.src is None):
            problems.append(f"{file.path}: needs either content or src")
        elif file.src is None:
            yield file_of_bytes(file.path, (file.content or "").encode())
        else:
            try:
                yield file_of_disk(file.path, file.src)
            except UserError as error:
                problems.append(str(error))
    raise_all(problems)


def _head(pachd: Pachd, task: FileTask) -> dict[str, Any] | None:
    """The branch's newest commit, None when there is none yet.

    Raises:
        UserError: when the repo is missing, or somebody has a commit open on the branch, which a write would go into.
    """
    info = pachd.find("pfs.InspectCommit", {"commit": head_of(task.repo, task.branch), "wait": "STARTED"})
    if info is None:
        if pachd.find("pfs.InspectRepo", {"repo": repo_of(task.repo)}) is None:
            text = f"repo {task.repo} does not exist; make it with pachyderm_repo"
            if not pachd.read_only:
                raise UserError(text)
            pachd.warnings.append(f"{text} (in check mode it is taken to be empty)")
        return None
    identity: str = info["commit"]["id"]
    if "finishing" not in info:
        if info.get("origin", {}).get("kind") == "AUTO":
            raise UserError(f"{task.repo}@{task.branch}: is written by a pipeline, whose job {identity} runs")
        raise UserError(
            f"{task.repo}@{task.branch}: somebody has commit {identity} open since {info.get('started')}; "
            "finish it, or drop it with pachyderm_commit"
        )
    return info


def _present(pachd: Pachd, where: RemoteCommit | None, wanted: dict[str, LocalFile]) -> Difference:
    folders = folders_of(wanted)
    found: Iterable[FileInfo] = ()
    if where and len(wanted) + len(folders) > MANY:
        found = walk(pachd, where, "/")
    elif where:
        found = (info for path in (*wanted, *folders) if (info := where.inspect(pachd, path)))
    there, problems = {}, []
    for info in found:
        path = info.path.rstrip("/")
        if path in (folders if info.is_file else wanted):
            problems.append(f"{path}: is a {'file' if info.is_file else 'folder'} in the repo; remove it first")
        elif path in wanted:
            there[path] = info
    raise_all(problems)
    return Difference(tuple(file for path, file in wanted.items() if not file.equals(there.get(path))), (), there)


def _synced(pachd: Pachd, task: FileTask, where: RemoteCommit | None, wanted: dict[str, LocalFile]) -> Difference:
    """Files that the globs leave out are left alone on both sides."""
    below, folders = repo_path(task.path or "/"), folders_of(wanted)
    above = (info for path in folders_of([below]) if where and (info := where.inspect(pachd, path)))
    in_the_way = [info.path for info in above if info.is_file]
    there = {}
    for info in walk(pachd, where, below) if where else ():
        if info.is_file and chosen(info.path[len(below) :].lstrip("/"), task.include, task.exclude):
            there[info.path] = info
        elif info.is_file and (info.path in folders or not wanted.keys().isdisjoint(folders_of([info.path]))):
            in_the_way.append(info.path)
    raise_all([f"{path}: is in the way of what {task.src} holds; remove it first" for path in in_the_way])
    send = tuple(file for path, file in wanted.items() if not file.equals(there.get(path)))
    return Difference(send, tuple(path for path in there if path not in wanted), there)


def _absent(pachd: Pachd, task: FileTask, where: RemoteCommit | None) -> Difference:
    """A folder goes with all that is in it."""
    paths = [file.path for file in task.files] + ([task.path] if task.path is not None else [])
    raise_all([] if paths else ["path or files: missing; one of them says what to remove"])
    found = (info for path in paths for info in walk(pachd, where, repo_path(path))) if where else ()
    there = {info.path: info for info in found if info.is_file}
    return Difference((), tuple(there), there)
