# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to the branches downstream when a transaction moved branches: each gets an open commit in the same
commit set.
"""

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs import branches, commits
from embedded_pachd.pfs.names import SPEC, BranchName
from embedded_pachd.pfs.records import BranchInfo
from embedded_pachd.pfs.rows import require_branch
from embedded_pachd.pfs.transaction import Transaction


def propagate(tx: Transaction) -> None:
    moved, tx.moved_branches = tx.moved_branches, []
    downstream: dict[BranchName, BranchInfo] = {}
    for name in moved:
        for below in branches.inspect(tx, name).subvenance:
            downstream.setdefault(below, branches.inspect(tx, below))
    for info in sorted(downstream.values(), key=lambda info: len(info.provenance)):
        only_spec = len(info.provenance) == 1 and info.provenance[0].repo.type == SPEC
        if only_spec or info.head.id == tx.id:
            continue
        row = require_branch(tx, info.name)
        upstream = [require_branch(tx, name).head for name in info.direct_provenance]
        head = commits.add_automatic(tx, info.name, row.head, upstream, is_open=True)
        tx.db.execute("UPDATE branch SET head = ? WHERE id = ?", (head, row.id))


def validate_dag(tx: Transaction) -> None:
    """Two branches of one repo must not take part in one DAG."""
    for name in dict.fromkeys(tx.checked_branches):
        pending, seen = [name], {name}
        while pending:
            info = branches.inspect(tx, pending.pop())
            new = {*info.provenance, *info.subvenance} - seen
            seen |= new
            pending.extend(new)
        repos: set[str] = set()
        for branch in sorted(seen, key=lambda branch: branch.key):
            if branch.repo.key in repos:
                raise PachdError(
                    f'validate DAG at end of transaction: multiple branches from the same repo, "{branch.repo}", '
                    "cannot participate in a DAG"
                )
            repos.add(branch.repo.key)
