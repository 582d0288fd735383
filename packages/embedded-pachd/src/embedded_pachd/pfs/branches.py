# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches: names for commits, and what they are derived from (provenance)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs import commits, trigger_spec
from embedded_pachd.pfs.names import SPEC, BranchName, CommitName, RepoName, check_name
from embedded_pachd.pfs.records import BranchInfo, Trigger
from embedded_pachd.pfs.rows import (
    DOWNSTREAM,
    UPSTREAM,
    branch_names,
    commit_names,
    find_branch,
    require_branch,
    require_repo,
)
from embedded_pachd.pfs.transaction import Snapshot, Transaction


def create(
    tx: Transaction,
    name: BranchName,
    head: CommitName | None = None,
    provenance: Sequence[BranchName] = (),
    trigger: Trigger | None = None,
) -> None:
    """Create a branch, or give it another head or provenance. Provenance branches that are missing are made, empty.

    A branch without a head, or with new provenance, gets an empty commit, which stays open when it has inputs.
    """
    if provenance and trigger is not None:
        raise PachdError("a branch cannot have both provenance and a trigger")
    if trigger is not None:
        trigger_spec.check(trigger)
        _check_no_loop(tx, name, trigger)
    for branch in (*provenance, name):
        check_name(branch.name)
    if head is not None:
        try:
            head_key = commits.resolve(tx, head).key
        except PachdError as error:
            raise type(error)(f"unable to inspect {head.repo}@{head.id}: {error}") from error
    for branch in (*provenance, name):
        require_repo(tx, branch.repo)
    _fill_missing(tx, provenance)
    existing = find_branch(tx, name)
    old = set(inspect(tx, name).direct_provenance) if existing else set()
    if any(branch.repo == name.repo for branch in provenance):
        raise PachdError(f"repo {name.repo} cannot be in the provenance of its own branch")
    branch_id = existing.id if existing else _insert(tx, name, None)
    _set_provenance(tx, name, branch_id, provenance)
    new_head: int | None = head_key if head is not None else None
    if new_head is None and (existing is None or (provenance and old != set(provenance))):
        new_head = make_empty_commit(tx, name, provenance, existing.head if existing else None)
    if new_head is not None:
        tx.db.execute("UPDATE branch SET head = ? WHERE id = ?", (new_head, branch_id))
        tx.moved_branches.append(name)
    if trigger is not None:
        tx.db.execute("UPDATE branch SET trigger_spec = ? WHERE id = ?", (json.dumps(asdict(trigger)), branch_id))
    tx.checked_branches.append(name)


def _check_no_loop(s: Snapshot, name: BranchName, trigger: Trigger) -> None:
    """Refuse a branch that would follow itself, perhaps by way of others."""
    following: Trigger | None = trigger
    while following is not None:
        if following.branch == name.name:
            raise PachdError("triggers cannot form a loop")
        followed = BranchName(name.repo, following.branch)
        following = inspect(s, followed).trigger if exists(s, followed) else None


def _insert(tx: Transaction, name: BranchName, head: int | None) -> int:
    cursor = tx.db.execute(
        "INSERT INTO branch (repo, name, head) VALUES (?, ?, ?)", (require_repo(tx, name.repo), name.name, head)
    )
    return cursor.lastrowid or 0


def _fill_missing(tx: Transaction, provenance: Sequence[BranchName]) -> None:
    for branch in provenance:
        if find_branch(tx, branch) is None:
            head = tx.db.execute(
                "SELECT id FROM pfs_commit WHERE repo = ? AND set_id = ?", (require_repo(tx, branch.repo), tx.id)
            ).fetchone()
            _insert(tx, branch, head[0] if head else make_empty_commit(tx, branch, (), None))


def _set_provenance(tx: Transaction, name: BranchName, branch_id: int, provenance: Sequence[BranchName]) -> None:
    downstream = branch_names(tx, DOWNSTREAM, branch_id)
    for branch in provenance:
        if branch in downstream:
            raise PachdError(f'branch "{branch}" cannot be both in "{name}"\'s provenance and subvenance')
    tx.db.execute("DELETE FROM branch_provenance WHERE downstream = ?", (branch_id,))
    tx.db.executemany(
        "INSERT OR IGNORE INTO branch_provenance (downstream, upstream) VALUES (?, ?)",
        [(branch_id, require_branch(tx, branch).id) for branch in provenance],
    )


def make_empty_commit(tx: Transaction, name: BranchName, provenance: Sequence[BranchName], parent: int | None) -> int:
    """A commit without changes: finished, unless the branch has inputs other than specs, which a pipeline has to read
    first.
    """
    is_open = any(branch.repo.type != SPEC for branch in provenance)
    return commits.add_automatic(tx, name, parent, [require_branch(tx, b).head for b in provenance], is_open=is_open)


def inspect(s: Snapshot, name: BranchName) -> BranchInfo:
    row = require_branch(s, name)
    spec = s.db.execute("SELECT trigger_spec FROM branch WHERE id = ?", (row.id,)).fetchone()[0]
    return BranchInfo(
        name,
        commit_names(s, "?", row.head)[0] if row.head else CommitName(name.repo, ""),
        tuple(branch_names(s, "SELECT upstream FROM branch_provenance WHERE downstream = ?", row.id)),
        tuple(branch_names(s, UPSTREAM, row.id)),
        tuple(branch_names(s, DOWNSTREAM, row.id)),
        Trigger(**json.loads(spec)) if spec else None,
    )


def exists(s: Snapshot, name: BranchName) -> bool:
    return find_branch(s, name) is not None


def list_branches(s: Snapshot, repo: RepoName | None, *, reverse: bool = False) -> Iterator[BranchInfo]:
    """Newest first; of all repos (None) upstream ones first."""
    order = "ASC" if reverse else "DESC"
    repo_id = None if repo is None else require_repo(s, repo)
    rows = s.db.execute(
        "SELECT r.name, r.type, r.project, b.name FROM branch b JOIN repo r ON r.id = b.repo "  # noqa: S608
        f"WHERE ? IS NULL OR b.repo = ? ORDER BY b.id {order}",
        (repo_id, repo_id),
    ).fetchall()
    infos = [inspect(s, BranchName(RepoName(*row[:3]), row[3])) for row in rows]
    if repo is None:
        infos.sort(key=lambda info: len(info.provenance), reverse=reverse)
    yield from infos


def delete(tx: Transaction, name: BranchName, *, force: bool = False) -> None:
    """Delete a branch, not its commits; refused while others depend on it, unless `force`. A missing one is no
    error.
    """
    require_repo(tx, name.repo)
    if find_branch(tx, name) is None:
        return
    info = inspect(tx, name)
    if info.subvenance and not force:
        raise PachdError(
            f"branch {name.name} has [{' '.join(map(str, info.subvenance))}] as subvenance, "
            "deleting it would break those branches"
        )
    for below in info.subvenance:
        direct = inspect(tx, below).direct_provenance
        if name in direct:
            create(tx, below, provenance=[branch for branch in direct if branch != name])
    tx.db.execute("DELETE FROM branch WHERE id = ?", (require_branch(tx, name).id,))
    tx.moved_branches[:] = [branch for branch in tx.moved_branches if branch != name]
    tx.checked_branches[:] = [branch for branch in tx.checked_branches if branch != name]
