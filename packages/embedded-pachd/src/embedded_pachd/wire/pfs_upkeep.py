# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: what concerns the store as a whole."""

from collections.abc import Iterator
from typing import Any

from embedded_pachd.errors import PreconditionError
from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs import projects, repos
from embedded_pachd.store.check import problems
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_calls import PfsCalls


class UpkeepCalls(PfsCalls):
    def DeleteAll(self, _request: Any, _call: Call) -> None:
        """Everything but pipelines, which have to be gone before."""
        with self._filesystem.transaction() as tx:
            names = [info.name for info in repos.list_repos(tx)]
            for name in names:
                repos.ask_before_delete(tx, name, self._filesystem.hooks)
            repos.delete_all(tx, names, force=True)
            for project in list(projects.list_projects(tx)):
                projects.delete(tx, project.name)
            projects.ensure_default(tx)

    def Fsck(self, request: Any, _call: Call) -> Iterator[Any]:
        """What is wrong with the store; nothing is repaired here (a backup is), and there are no zombies to look
        for.
        """
        if request.fix:
            raise PreconditionError("embedded-pachd does not repair a store: restore a backup")
        for problem in problems(self._filesystem.store, read_data=False):
            yield pfs_pb2.FsckResponse(error=problem)

    def CheckStorage(self, _request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            count = s.db.execute("SELECT count(*) FROM chunk").fetchone()[0]
        return pfs_pb2.CheckStorageResponse(chunk_object_count=count)

    def ListTask(self, _request: Any, _call: Call) -> Iterator[Any]:
        """pachd's own distributed tasks; this server has none."""
        return iter(())
