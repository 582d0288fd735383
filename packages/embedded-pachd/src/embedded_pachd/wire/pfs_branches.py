# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: branches."""

from collections.abc import Iterator
from typing import Any

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs import branches
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_calls import PfsCalls


class BranchCalls(PfsCalls):
    def create_branch(self, tx: Transaction, request: Any) -> None:
        head = convert.optional_commit(request, "head")
        branch = convert.branch_name(request.branch)
        if head is not None and head.repo != branch.repo:
            raise PachdError("branch and head commit must belong to the same repo")
        if head is not None and not head.id and not head.branch:
            head = None
        trigger = convert.trigger(request.trigger) if request.HasField("trigger") else None
        branches.create(tx, branch, head, [convert.branch_name(b) for b in request.provenance], trigger)

    def CreateBranch(self, request: Any, call: Call) -> Any:
        return self._steps.run("create_branch", request, call)

    def InspectBranch(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            return convert.branch_info(branches.inspect(s, convert.branch_name(request.branch)))

    def ListBranch(self, request: Any, _call: Call) -> Iterator[Any]:
        repo = convert.repo_name(request.repo) if request.repo.name else None
        with self._filesystem.snapshot() as s:
            yield from map(convert.branch_info, branches.list_branches(s, repo, reverse=request.reverse))

    def delete_branch(self, tx: Transaction, request: Any) -> None:
        branches.delete(tx, convert.branch_name(request.branch), force=request.force)

    def DeleteBranch(self, request: Any, call: Call) -> Any:
        return self._steps.run("delete_branch", request, call)
