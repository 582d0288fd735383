# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: file sets."""

from collections.abc import Iterator
from typing import Any

from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs import commits, file_sets
from embedded_pachd.pfs.writing import writing
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_files import FileCalls


class FileSetCalls(FileCalls):
    def CreateFileSet(self, requests: Iterator[Any], _call: Call) -> Any:
        with writing(self._filesystem.store) as writer:
            self._write(writer, requests)
            changes = writer.changes
            with self._filesystem.transaction() as tx:
                file_sets.remove_expired(tx)
                return pfs_pb2.CreateFileSetResponse(file_set_id=file_sets.create(tx, changes))

    def GetFileSet(self, request: Any, _call: Call) -> Any:
        with self._filesystem.store.batch() as batch, self._filesystem.transaction() as tx:
            set_id = file_sets.of_commit(tx, batch, convert.commit_name(request.commit))
            return pfs_pb2.CreateFileSetResponse(file_set_id=set_id)

    def AddFileSet(self, request: Any, _call: Call) -> None:
        with self._filesystem.store.batch() as batch, self._filesystem.transaction() as tx:
            changes = file_sets.load(tx, batch, request.file_set_id)
            commits.apply(tx, convert.commit_name(request.commit), changes)

    def RenewFileSet(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            file_sets.renew(tx, request.file_set_id, request.ttl_seconds)

    def ComposeFileSet(self, request: Any, _call: Call) -> Any:
        with self._filesystem.store.batch() as batch, self._filesystem.transaction() as tx:
            seconds = request.ttl_seconds or file_sets.DEFAULT_SECONDS
            set_id = file_sets.compose(tx, batch, request.file_set_ids, seconds)
            return pfs_pb2.CreateFileSetResponse(file_set_id=set_id)

    def ShardFileSet(self, request: Any, _call: Call) -> Any:
        """One shard: there is one machine."""
        with self._filesystem.store.batch() as batch, self._filesystem.snapshot() as s:
            file_sets.load(s, batch, request.file_set_id)
        return pfs_pb2.ShardFileSetResponse(shards=[pfs_pb2.PathRange()])
