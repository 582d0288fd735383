# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commit sets: everything that one transaction made, with what that depends on."""

from collections.abc import Iterator

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.pfs import branches, commits
from embedded_pachd.pfs.names import META, SPEC, BranchName, RepoName
from embedded_pachd.pfs.records import CommitInfo, Origin
from embedded_pachd.pfs.rows import require_repo
from embedded_pachd.pfs.transaction import Snapshot, Transaction


def members(s: Snapshot, set_id: str) -> list[CommitInfo]:
    """The commits with this id, oldest first."""
    return [
        commits.info(s, row[0])
        for row in s.db.execute("SELECT id FROM pfs_commit WHERE set_id = ? ORDER BY id", (set_id,))
    ]


def inspect(s: Snapshot, set_id: str) -> list[CommitInfo]:
    """The set's commits and the older commits they depend on, each after what it depends on."""
    return _sorted([commits.info(s, key) for key in commits.set_provenance(s, set_id)] + members(s, set_id))


def _sorted(infos: list[CommitInfo]) -> list[CommitInfo]:
    by_name = {(i.name.repo, i.name.id): i for i in infos}
    done: dict[tuple[RepoName, str], CommitInfo] = {}

    def visit(found: CommitInfo) -> None:
        key = found.name.repo, found.name.id
        if key in done:
            return
        for above in found.direct_provenance:
            if (above.repo, above.id) in by_name:
                visit(by_name[above.repo, above.id])
        done[key] = found

    for found in infos:
        visit(found)
    return list(done.values())


def list_sets(s: Snapshot, project: str = "") -> Iterator[tuple[str, list[CommitInfo]]]:
    """Newest first."""
    rows = s.db.execute(
        "SELECT c.set_id FROM pfs_commit c JOIN repo r ON r.id = c.repo WHERE ? IN ('', r.project) "
        "GROUP BY c.set_id ORDER BY max(c.id) DESC",
        (project,),
    ).fetchall()
    for (set_id,) in rows:
        yield set_id, inspect(s, set_id)


_SUBVENANT = """
WITH RECURSIVE downstream (id, set_id) AS (
    SELECT c.id, c.set_id FROM pfs_commit c WHERE c.set_id = ?1
    UNION
    SELECT c.id, c.set_id FROM downstream d JOIN pfs_commit m ON m.set_id = d.set_id
    JOIN commit_provenance p ON p.upstream = m.id JOIN pfs_commit c ON c.id = p.downstream
) SELECT DISTINCT set_id FROM downstream WHERE set_id != ?1"""


def squash(tx: Transaction, set_id: str) -> None:
    """Remove the set's commits; what they changed stays in their children, which must exist and be finished."""
    for found in _removable(tx, set_id):
        if not found.children:
            raise PachdError(
                "cannot squash a commit that has no children as that would cause data loss, "
                f"use the drop operation instead: {found.name}"
            )
    _remove(tx, set_id)


def drop(tx: Transaction, set_id: str) -> None:
    """Remove the set's commits with what they changed; none may have children."""
    for found in _removable(tx, set_id):
        if found.children:
            raise PachdError(f"cannot drop a commit that has children: {found.name}")
    _remove(tx, set_id)


def _removable(tx: Transaction, set_id: str) -> list[CommitInfo]:
    below = [row[0] for row in tx.db.execute(_SUBVENANT, (set_id,))]
    if below:
        sets = " ".join(f'id:"{other}"' for other in below)
        raise PachdError(
            f'commit set "id:\\"{set_id}\\"" cannot be dropped because it has subvenant commit sets: [{sets}]'
        )
    found = sorted(members(tx, set_id), key=lambda commit: commit.name.repo.type != META)  # as they were finished
    for commit in found:
        if commit.name.repo.type == SPEC and commit.origin == Origin.USER:
            raise PachdError(f"cannot squash commit {commit.name} because it updated a pipeline")
    return found


def _remove(tx: Transaction, set_id: str) -> None:
    for found in members(tx, set_id):
        _remove_commit(tx, found)
    tx.dropped_sets.append(set_id)


def _remove_commit(tx: Transaction, gone: CommitInfo) -> None:
    for child in gone.children:
        if commits.resolve(tx, child).finished is None:
            raise PachdError(f"cannot squash until child commit {child} is finished")
    parent = commits.resolve(tx, gone.parent).key if gone.parent else None
    tx.db.execute("UPDATE pfs_commit SET parent = ? WHERE parent = ?", (parent, gone.key))
    heads = [row[0] for row in tx.db.execute("SELECT name FROM branch WHERE head = ?", (gone.key,))]
    tx.db.execute("UPDATE branch SET head = ? WHERE head = ?", (parent, gone.key))
    tx.db.execute("DELETE FROM pfs_commit WHERE id = ?", (gone.key,))
    if parent is None and heads:
        first = BranchName(gone.name.repo, heads[0])
        provenance = branches.inspect(tx, first).direct_provenance
        head = branches.make_empty_commit(tx, first, provenance, None)
        tx.db.execute(
            "UPDATE branch SET head = ? WHERE head IS NULL AND repo = ?", (head, require_repo(tx, gone.name.repo))
        )


def require_members(s: Snapshot, set_id: str) -> list[CommitInfo]:
    found = inspect(s, set_id)
    if not found:
        raise NotFoundError(f"no commits found for commitset {set_id}")
    return found
