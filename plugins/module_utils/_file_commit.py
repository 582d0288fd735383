# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a branch lacks of what a task wants, sent as one commit, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ._errors import ServerError, UserError, already_done
from ._local_files import LocalFile
from ._names import branch_of
from ._pachd import Pachd
from ._plan import Change
from ._wire import FileInfo, delete_file


@dataclass(frozen=True)
class Difference:
    """What to send and what to remove, and how those paths are now."""

    send: tuple[LocalFile, ...]
    remove: tuple[str, ...]
    there: dict[str, FileInfo]


def changes_of(difference: Difference) -> tuple[Change, ...]:
    """As a diff shows them. What is new has no hash: computing it would read big files once more than sending does."""

    def before(path: str) -> dict[str, Any]:
        info = difference.there.get(path)
        return {"size": info.size, "hash": info.digest} if info else {}

    def after(file: LocalFile) -> dict[str, Any]:
        return {"size": file.size, "from": "content" if isinstance(file.source, bytes) else str(file.source)}

    sent = [Change(file.path, before(file.path), after(file)) for file in difference.send]
    return tuple(sent + [Change(path, before(path), {}) for path in difference.remove])


def _messages(difference: Difference) -> Iterator[bytes]:
    """The requests of the upload. What is there is removed before it is appended to: that is what overwriting is."""
    for path in difference.remove:
        yield delete_file(path)
    for file in difference.send:
        if file.path in difference.there:
            yield delete_file(file.path)
        yield from file.messages()


def commit_files(
    pachd: Pachd, repo: str, branch: str, description: str, difference: Difference, holds: Callable[[str | None], bool]
) -> str:
    """Send the files and return the id of the commit that they are in.

    They are sent first and then put into a commit, so that a broken upload leaves no open commit behind. Nobody else
    can commit to the branch while that is open, so it is then that one sees whether the difference still `holds`.
    """
    files = pachd.upload("pfs.CreateFileSet", _messages(difference))
    request = {"branch": branch_of(repo, branch), "description": description}
    written = pachd.call("pfs.StartCommit", request)
    try:
        info = pachd.call("pfs.InspectCommit", {"commit": written, "wait": "STARTED"})
        parent = info.get("parent_commit", {}).get("id")
        if not holds(parent):
            raise UserError(
                f"{repo}@{branch}: somebody else changed the same paths in commit {parent} while this task "
                "compared them; nothing was changed. See what that commit is for, then run the task again"
            )
        pachd.call("pfs.AddFileSet", {"commit": written, "file_set_id": files["file_set_id"]})
        pachd.call("pfs.FinishCommit", {"commit": written})
    except BaseException as error:
        try:
            pachd.call("pfs.DropCommitSet", {"commit_set": {"id": written["id"]}})
        except ServerError:
            left = f"commit {written['id']} is left open, empty or not; drop it with pachyderm_commit"
            raise UserError(f"{error}; {left}", changed=True) from error
        raise
    with already_done(f"commit {written['id']} was made"):
        info = pachd.call("pfs.InspectCommit", {"commit": written, "wait": "FINISHED"})
    if info.get("error"):
        raise UserError(f"{repo}@{written['id']} was refused by pachd: {info['error']}", changed=True)
    identity: str = written["id"]
    return identity
