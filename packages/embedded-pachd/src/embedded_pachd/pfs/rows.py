# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From names to rows of the database and back; nothing of this leaves pfs."""

from typing import NamedTuple

from embedded_pachd.errors import NotFoundError
from embedded_pachd.pfs.names import BranchName, CommitName, RepoName
from embedded_pachd.pfs.transaction import Snapshot


class BranchRow(NamedTuple):
    id: int
    head: int


def find_repo(s: Snapshot, name: RepoName) -> int | None:
    row = s.db.execute(
        "SELECT id FROM repo WHERE project = ? AND name = ? AND type = ?", (name.project, name.name, name.type)
    ).fetchone()
    return row[0] if row else None


def require_repo(s: Snapshot, name: RepoName) -> int:
    found = find_repo(s, name)
    if found is None:
        raise NotFoundError(f"repo {name} not found")
    return found


def find_branch(s: Snapshot, name: BranchName) -> BranchRow | None:
    repo = find_repo(s, name.repo)
    row = s.db.execute("SELECT id, head FROM branch WHERE repo = ? AND name = ?", (repo, name.name)).fetchone()
    return BranchRow(*row) if row else None


def require_branch(s: Snapshot, name: BranchName) -> BranchRow:
    found = find_branch(s, name)
    if found is None:
        raise NotFoundError(f'branch "{name.name}" not found in repo {name.repo}')
    return found


def branch_names(s: Snapshot, query: str, *parameters: object) -> list[BranchName]:
    """Branches whose ids `query` selects, in pachd's order (by project, repo, type, branch)."""
    rows = s.db.execute(
        f"SELECT r.name, r.type, r.project, b.name FROM branch b JOIN repo r ON r.id = b.repo WHERE b.id IN ({query})",  # noqa: S608 (only our own constants)
        parameters,
    )
    return sorted((BranchName(RepoName(*row[:3]), row[3]) for row in rows), key=lambda name: name.key)


def commit_names(s: Snapshot, query: str, *parameters: object) -> list[CommitName]:
    """Commits whose ids `query` selects, oldest first."""
    rows = s.db.execute(
        "SELECT r.name, r.type, r.project, c.set_id, c.branch FROM pfs_commit c JOIN repo r ON r.id = c.repo "  # noqa: S608
        f"WHERE c.id IN ({query}) ORDER BY c.id",
        parameters,
    )
    return [CommitName(RepoName(*row[:3]), row[3], row[4]) for row in rows]


UPSTREAM = """
WITH RECURSIVE upstream (id) AS (
    SELECT upstream FROM branch_provenance WHERE downstream = ?
    UNION SELECT p.upstream FROM branch_provenance p JOIN upstream u ON p.downstream = u.id
) SELECT id FROM upstream"""

DOWNSTREAM = """
WITH RECURSIVE downstream (id) AS (
    SELECT downstream FROM branch_provenance WHERE upstream = ?
    UNION SELECT p.downstream FROM branch_provenance p JOIN downstream d ON p.upstream = d.id
) SELECT id FROM downstream"""
