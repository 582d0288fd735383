# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a commit: looking at them and reading them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._names import commit_of, head_of
from ._pachd import Pachd
from ._wire import FileInfo, bytes_value, file_info


@dataclass(frozen=True)
class RemoteCommit:
    """A commit by its id, or whatever is the head of a branch."""

    repo: str
    commit: str | None = None
    branch: str = "master"

    def address(self) -> dict[str, Any]:
        """As pachd wants it."""
        return commit_of(self.repo, self.commit) if self.commit else head_of(self.repo, self.branch)

    def file(self, path: str) -> dict[str, Any]:
        """The request that names a file of this commit."""
        return {"file": {"commit": self.address(), "path": path}}

    def inspect(self, pachd: Pachd, path: str) -> FileInfo | None:
        """What is at a path (a folder's ends with a slash), None when nothing is."""
        info = pachd.find_raw("pfs.InspectFile", self.file(path))
        return file_info(info) if info is not None else None

    def read(self, pachd: Pachd, path: str) -> Iterator[bytes]:
        """The content of a file, a piece at a time; an empty file has no pieces."""
        return (bytes_value(message) for message in pachd.raw_stream("pfs.GetFile", self.file(path)))


def walk(pachd: Pachd, commit: RemoteCommit, path: str) -> Iterator[FileInfo]:
    """Everything at and below a path, folders before what is in them; nothing when the path does not exist."""
    return (file_info(message) for message in pachd.raw_stream("pfs.WalkFile", commit.file(path), missing_ok=True))
