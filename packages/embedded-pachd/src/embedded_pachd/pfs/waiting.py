# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions for FileSystem.wait_for."""

from collections.abc import Callable

from embedded_pachd.errors import NotFoundError
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.names import CommitName
from embedded_pachd.pfs.records import CommitInfo, CommitState
from embedded_pachd.pfs.transaction import Snapshot


def reached(name: CommitName, state: int) -> Callable[[Snapshot], CommitInfo | None]:
    """The commit once it is finished, or for READY once all that it depends on is. Raises NotFoundError when it was
    deleted.
    """

    def look(s: Snapshot) -> CommitInfo | None:
        try:
            info = commits.resolve(s, name)
        except NotFoundError as error:
            raise NotFoundError(f"commit {name} was deleted") from error
        if info.finished is not None:
            return info
        if state == CommitState.READY:
            upstream = (commits.resolve(s, above) for above in info.direct_provenance)
            return info if all(above.finished is not None for above in upstream) else None
        return None

    return look
