# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the file system knows about its objects, as it is told to the layers above. Times are nanoseconds since 1970;
None: not yet.
"""

from dataclasses import dataclass
from enum import IntEnum

from embedded_pachd.pfs.names import BranchName, CommitName, RepoName
from embedded_pachd.store.tree import Entry


class Origin(IntEnum):
    USER = 1
    AUTO = 2
    FSCK = 3


class CommitState(IntEnum):
    STARTED = 1
    READY = 2
    FINISHING = 3
    FINISHED = 4


@dataclass(frozen=True, slots=True)
class RepoInfo:
    name: RepoName
    description: str
    created: int
    size: int
    """Bytes at the newest finished commit of branch master."""
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    branch: str
    all: bool = False
    rate_limit_spec: str = ""
    size: str = ""
    commits: int = 0
    cron_spec: str = ""


@dataclass(frozen=True, slots=True)
class BranchInfo:
    name: BranchName
    head: CommitName
    direct_provenance: tuple[BranchName, ...]
    provenance: tuple[BranchName, ...]
    subvenance: tuple[BranchName, ...]
    trigger: Trigger | None


COLLISIONS = ("duplicate path output by different datums", "file / directory path collision")
"""How the errors begin that the validation of a commit can find."""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    key: int
    """Row of the commit in the store; grows with the time of creation."""
    name: CommitName
    origin: Origin
    description: str
    parent: CommitName | None
    children: tuple[CommitName, ...]
    direct_provenance: tuple[CommitName, ...]
    started: int
    finishing: int | None
    finished: int | None
    error: str
    size: int

    @property
    def validated(self) -> bool:
        """Whether its files were looked at when it was finished, which a commit that was given an error is spared."""
        return self.finished is not None and (not self.error or self.error.startswith(COLLISIONS))


FileInfo = Entry
"""A file, or a directory (path ends with '/', tag '', hash = H(hashes of its children in path order))."""
