# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repos. A pipeline has three: its output (user), its specs and its datums' records (meta); the latter two need the
first.
"""

from collections.abc import Collection, Iterator

from embedded_pachd.errors import ExistsError, NotFoundError, PachdError
from embedded_pachd.pfs import branches
from embedded_pachd.pfs.filesystem import Hooks
from embedded_pachd.pfs.names import USER, BranchName, RepoName, check_name
from embedded_pachd.pfs.records import RepoInfo
from embedded_pachd.pfs.rows import find_repo, require_repo
from embedded_pachd.pfs.transaction import Snapshot, Transaction

FILE_SETS = "__fileSets__"
"""Repo name under which clients read file sets that belong to no commit; never a real repo."""


def create(tx: Transaction, name: RepoName, description: str = "", *, update: bool = False) -> None:
    if name.name == FILE_SETS:
        raise PachdError(f"{FILE_SETS} is a reserved name")
    if not tx.db.execute("SELECT 1 FROM project WHERE name = ?", (name.project,)).fetchone():
        raise NotFoundError(f'cannot find project "{name.project}": project "{name.project}" not found')
    check_name(name.name)
    found = find_repo(tx, name)
    if found is not None:
        if not update:
            raise ExistsError(f"repo {name} already exists")
        tx.db.execute("UPDATE repo SET description = ? WHERE id = ?", (description, found))
        return
    if name.type != USER and find_repo(tx, RepoName(name.name, USER, name.project)) is None:
        raise PachdError("cannot create a system repo without a corresponding 'user' repo")
    tx.db.execute(
        "INSERT INTO repo (project, name, type, description, created) VALUES (?, ?, ?, ?, ?)",
        (name.project, name.name, name.type, description, tx.now),
    )


def exists(s: Snapshot, name: RepoName) -> bool:
    return find_repo(s, name) is not None


_INFO = """
SELECT r.id, r.name, r.type, r.project, r.description, r.created, (
    WITH RECURSIVE line (id, parent, finished, size) AS (
        SELECT c.id, c.parent, c.finished, c.size FROM pfs_commit c JOIN branch b ON b.head = c.id
        WHERE b.repo = r.id AND b.name = 'master'
        UNION ALL SELECT c.id, c.parent, c.finished, c.size FROM pfs_commit c JOIN line ON c.id = line.parent
        WHERE line.finished IS NULL
    ) SELECT size FROM line WHERE finished IS NOT NULL
) FROM repo r """


def _info(s: Snapshot, row: tuple[int, str, str, str, str, int, int | None]) -> RepoInfo:
    names = [name for (name,) in s.db.execute("SELECT name FROM branch WHERE repo = ? ORDER BY name", (row[0],))]
    return RepoInfo(RepoName(*row[1:4]), row[4], row[5], row[6] or 0, tuple(names))


def inspect(s: Snapshot, name: RepoName) -> RepoInfo:
    return _info(s, s.db.execute(_INFO + "WHERE r.id = ?", (require_repo(s, name),)).fetchone())


def list_repos(s: Snapshot, type: str = "", projects: Collection[str] = ()) -> Iterator[RepoInfo]:
    """Newest first. `type` '' and no projects mean all."""
    for row in s.db.execute(_INFO + "WHERE ? IN ('', r.type) ORDER BY r.created DESC, r.id", (type,)):
        if not projects or row[3] in projects:
            yield _info(s, row)


def related(s: Snapshot, name: RepoName) -> list[RepoName]:
    """The repo, and with a user repo the spec and meta repos of its name."""
    if name.type != USER:
        return [name]
    rows = s.db.execute(
        "SELECT name, type, project FROM repo WHERE project = ? AND name = ?", (name.project, name.name)
    )
    return [RepoName(*row) for row in rows]


def delete(tx: Transaction, name: RepoName, hooks: Hooks | None = None, *, force: bool = False) -> bool:
    """Delete a repo with its spec and meta repos; False when there was none. `hooks` may object
    (before_repo_delete).
    """
    if find_repo(tx, name) is None:
        return False
    if hooks is not None:
        ask_before_delete(tx, name, hooks)
    delete_all(tx, related(tx, name), force=force)
    return True


def ask_before_delete(tx: Transaction, name: RepoName, hooks: Hooks) -> None:
    try:
        for hook in hooks.before_repo_delete:
            hook(tx, name)
    except PachdError as error:
        raise type(error)(f'error checking whether repo "{name}" can be deleted: {error}') from error


def delete_all(tx: Transaction, names: Collection[RepoName], *, force: bool = False) -> None:
    """Delete repos together: what depends on another of them is no obstacle."""
    infos = [
        branches.inspect(tx, BranchName(name, branch))
        for name in names
        for (branch,) in tx.db.execute("SELECT name FROM branch WHERE repo = ?", (require_repo(tx, name),))
    ]
    for info in sorted(infos, key=lambda info: -len(info.provenance)):
        try:
            branches.delete(tx, info.name, force=force)
        except PachdError as error:
            raise type(error)(f"delete branch {info.name}: {error}") from error
    for name in names:
        repo = require_repo(tx, name)
        tx.db.execute("UPDATE pfs_commit SET parent = NULL WHERE repo = ?", (repo,))
        tx.db.execute("DELETE FROM repo WHERE id = ?", (repo,))
