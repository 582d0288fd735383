# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commits: a state of a repo's files. Those made in one transaction share an id and form a commit set."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from embedded_pachd.errors import NotFoundError, PachdError, UnavailableError
from embedded_pachd.pfs import ancestry
from embedded_pachd.pfs.applying import apply_changes
from embedded_pachd.pfs.collisions import first_collision
from embedded_pachd.pfs.names import BranchName, CommitName, RepoName, check_name, is_commit_id
from embedded_pachd.pfs.records import CommitInfo, Origin
from embedded_pachd.pfs.rows import commit_names, find_branch, find_repo, require_branch, require_repo
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pfs.writing import Changes

# --- finding ---


def resolve(s: Snapshot, name: CommitName) -> CommitInfo:
    """The commit that a client means: by id, by branch, with ancestry ('^', '~2', '.1'), or by a commit set's id when
    the
    set depends on a commit of the repo. Raises NotFoundError."""
    if not name.id and not name.branch:
        raise PachdError("cannot resolve commit with no ID or branch")
    base, back = ancestry.parse(name.id or name.branch)
    if is_commit_id(base):
        found = _find(s, name.repo, base) or _in_provenance(s, name.repo, base)
        if found is None:
            raise NotFoundError(f"commit {CommitName(name.repo, base)} not found")
    else:
        if name.id and name.branch:
            raise PachdError(
                f"invalid commit ID given with a branch ({BranchName(name.repo, name.branch)}): {name.id}\n"
            )
        found = require_branch(s, BranchName(name.repo, base)).head
    if back:
        found = _ancestor(s, found, back)
        if found is None:
            raise NotFoundError(f"commit {name} not found")
    return info(s, found)


inspect = resolve


def _find(s: Snapshot, repo: RepoName, set_id: str) -> int | None:
    row = s.db.execute(
        "SELECT id FROM pfs_commit WHERE repo = ? AND set_id = ?", (find_repo(s, repo), set_id)
    ).fetchone()
    return row[0] if row else None


_PROVENANCE = """
WITH RECURSIVE upstream (id) AS (
    SELECT p.upstream FROM commit_provenance p JOIN pfs_commit c ON c.id = p.downstream WHERE c.set_id = ?1
    UNION SELECT p.upstream FROM commit_provenance p JOIN upstream u ON p.downstream = u.id
) SELECT c.id FROM upstream u JOIN pfs_commit c ON c.id = u.id WHERE c.set_id != ?1"""


def _in_provenance(s: Snapshot, repo: RepoName, set_id: str) -> int | None:
    row = s.db.execute(_PROVENANCE + " AND c.repo = ?2 ORDER BY c.id DESC", (set_id, find_repo(s, repo))).fetchone()
    return row[0] if row else None


def set_provenance(s: Snapshot, set_id: str) -> list[int]:
    """Rows of the commits outside the set that commits of the set depend on."""
    return [row[0] for row in s.db.execute(_PROVENANCE + " ORDER BY c.id", (set_id,))]


def _ancestor(s: Snapshot, key: int, back: int) -> int | None:
    line = [key]
    while len(line) <= back or back < 0:
        parent = s.db.execute("SELECT parent FROM pfs_commit WHERE id = ?", (line[-1],)).fetchone()[0]
        if parent is None:
            break
        line.append(parent)
    if back < 0:
        return line[back] if -back <= len(line) else None
    return line[back] if back < len(line) else None


def info(s: Snapshot, key: int) -> CommitInfo:
    row = s.db.execute(
        "SELECT r.name, r.type, r.project, c.set_id, c.branch, c.origin, c.description, c.parent, c.started, "
        "c.finished, c.error, c.size FROM pfs_commit c JOIN repo r ON r.id = c.repo WHERE c.id = ?",
        (key,),
    ).fetchone()
    if row is None:
        raise NotFoundError("the commit was deleted")
    provenance = commit_names(s, "SELECT upstream FROM commit_provenance WHERE downstream = ?", key)
    return CommitInfo(
        key=key,
        name=CommitName(RepoName(*row[:3]), row[3], row[4]),
        origin=Origin(row[5]),
        description=row[6],
        parent=commit_names(s, "?", row[7])[0] if row[7] else None,
        children=tuple(commit_names(s, "SELECT id FROM pfs_commit WHERE parent = ?", key)),
        direct_provenance=tuple(sorted(provenance, key=lambda name: BranchName(name.repo, name.branch).key)),
        started=row[8],
        finishing=row[9],
        finished=row[9],
        error=row[10],
        size=row[11],
    )


class Span(NamedTuple):
    """Which commits of a repo: back from `to`, until before `since`."""

    since: CommitName | None = None
    to: CommitName | None = None


ANY = Span()


def list_commits(
    s: Snapshot,
    repo: RepoName | None,
    span: Span = ANY,
    *,
    origin: Origin | None = None,
    reverse: bool = False,
    after: int = 0,
) -> Iterator[CommitInfo]:
    """Newest first, of one repo or of all; `after`: only those with a greater key."""
    repo_id = None if repo is None else require_repo(s, repo)
    if span.since is not None and span.to is None:
        raise PachdError("cannot use `from` commit without `to` commit")
    if span.to is not None and reverse:
        raise PachdError("cannot use 'Reverse' while also using 'From' or 'To'")
    keys = _line(s, span) if span.to is not None else _all_keys(s, repo_id, after, reverse=reverse)
    for key in keys:
        found = info(s, key)
        if origin is None or found.origin == origin:
            yield found


def _all_keys(s: Snapshot, repo: int | None, after: int, *, reverse: bool) -> Iterator[int]:
    order = "ASC" if reverse else "DESC"
    query = f"SELECT id FROM pfs_commit WHERE (? IS NULL OR repo = ?) AND id > ? ORDER BY id {order}"  # noqa: S608
    yield from (row[0] for row in s.db.execute(query, (repo, repo, after)))


def _line(s: Snapshot, span: Span) -> Iterator[int]:
    stop = resolve(s, span.since).key if span.since is not None else None
    key: int | None = resolve(s, span.to).key if span.to is not None else None
    while key is not None and key != stop:
        yield key
        key = s.db.execute("SELECT parent FROM pfs_commit WHERE id = ?", (key,)).fetchone()[0]


# --- content ---


class Root(NamedTuple):
    """A commit's files: root of their tree, or None when there are none."""

    node: int | None


def root(s: Snapshot, commit: CommitInfo) -> Root:
    """What a commit holds; an open one that nothing was written to holds what its base does."""
    written, node = s.db.execute("SELECT written, root FROM pfs_commit WHERE id = ?", (commit.key,)).fetchone()
    return Root(node) if written else base_root(s, commit)


def base(s: Snapshot, commit: CommitInfo) -> CommitInfo | None:
    """The commit whose files an open one starts from: the nearest ancestor without an error. It may be open itself."""
    parent = commit.parent
    while parent is not None:
        found = resolve(s, parent)
        if not found.error:
            return found
        parent = found.parent
    return None


def base_root(s: Snapshot, commit: CommitInfo) -> Root:
    """What the commit's base holds. Raises PachdError while that is open."""
    found = base(s, commit)
    if found is None:
        return Root(None)
    if found.finished is None:
        raise PachdError(f"base commit {found.name} for commit {commit.name} unfinished")
    return root(s, found)


def changed(s: Snapshot, commit: CommitInfo, path: str) -> bool:
    """Whether a file is another one, or there or not, than in the commit's base."""
    files = [list(s.tree.scan(r.node, (path, ""), path + "\0")) for r in (base_root(s, commit), root(s, commit))]
    return files[0] != files[1]


def readable(s: Snapshot, name: CommitName) -> tuple[CommitInfo, Root]:
    found = resolve(s, name)
    return found, root(s, found)


# --- changing ---


def start(tx: Transaction, branch: BranchName, parent: CommitName | None = None, description: str = "") -> CommitName:
    """Open a commit on a branch, which is made when it is missing. Raises for an output branch, and for a parent that
    is open.
    """
    if not branch.name:
        raise PachdError("branch must be specified")
    check_name(branch.name)
    repo = require_repo(tx, branch.repo)
    existing = find_branch(tx, branch)
    if existing and tx.db.execute("SELECT 1 FROM branch_provenance WHERE downstream = ?", (existing.id,)).fetchone():
        raise PachdError(f"cannot start a commit on an output branch: {branch}")
    parent_key = existing.head if existing else None
    if parent is not None:
        try:
            parent_key = resolve(tx, parent).key
        except NotFoundError as error:
            raise NotFoundError(f"parent commit not found: {error}") from error
    if parent_key is not None:
        found = info(tx, parent_key)
        if found.finished is None:
            raise PachdError(f"parent commit {found.name} has not been finished")
    key = _add(tx, branch, parent_key, Origin.USER, description=description)
    if existing:
        tx.db.execute("UPDATE branch SET head = ? WHERE id = ?", (key, existing.id))
    else:
        tx.db.execute("INSERT INTO branch (repo, name, head) VALUES (?, ?, ?)", (repo, branch.name, key))
    tx.moved_branches.append(branch)
    return CommitName(branch.repo, tx.id, branch.name)


def add_automatic(
    tx: Transaction, branch: BranchName, parent: int | None, upstream: Sequence[int], *, is_open: bool
) -> int:
    """A commit that the system makes: an output commit to be filled (`is_open`), or an empty one."""
    key = _add(tx, branch, parent, Origin.AUTO)
    tx.db.executemany(
        "INSERT OR IGNORE INTO commit_provenance (downstream, upstream) VALUES (?, ?)",
        [(key, above) for above in upstream],
    )
    if is_open:
        tx.opened.append(CommitName(branch.repo, tx.id, branch.name))
    else:
        tx.db.execute("UPDATE pfs_commit SET finished = ?, written = 1 WHERE id = ?", (tx.now, key))
    return key


def _add(tx: Transaction, branch: BranchName, parent: int | None, origin: Origin, description: str = "") -> int:
    repo = require_repo(tx, branch.repo)
    if _find(tx, branch.repo, tx.id) is not None:
        raise PachdError(
            f"inconsistent dependencies: cannot create commit from {CommitName(branch.repo, tx.id)}; "
            f"repo ({branch.repo.name}) already has a commit in this transaction"
        )
    cursor = tx.db.execute(
        "INSERT INTO pfs_commit (repo, set_id, branch, origin, description, parent, started) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (repo, tx.id, branch.name, origin, description, parent, tx.now),
    )
    return cursor.lastrowid or 0


def apply(tx: Transaction, name: CommitName, changes: Changes) -> None:
    """Make changes to the files of an open commit."""
    commit = resolve(tx, name)
    _require_open(commit)
    node = apply_changes(tx.db, tx.tree, tx.store.packs, root(tx, commit).node, changes)
    tx.db.execute("UPDATE pfs_commit SET written = 1, root = ? WHERE id = ?", (node, commit.key))


def clear(tx: Transaction, name: CommitName) -> None:
    """Take back what was written to an open commit."""
    commit = resolve(tx, name)
    if commit.finished is not None:
        raise PachdError("cannot clear finished commit")
    tx.db.execute("UPDATE pfs_commit SET written = 0, root = NULL WHERE id = ?", (commit.key,))


def validate(s: Snapshot, name: CommitName) -> str:
    """pachd's text for what is wrong with the commit's files; '' when nothing is."""
    commit = resolve(s, name)
    return first_collision(s.tree, base_root(s, commit).node, root(s, commit).node)


def finish(tx: Transaction, name: CommitName, description: str = "", error: str = "") -> None:
    """Close a commit for ever. Its error is `error`, else what validation finds."""
    commit = resolve(tx, name)
    _require_open(commit)
    node = root(tx, commit).node
    _unused, size = tx.tree.totals(node)
    tx.db.execute(
        "UPDATE pfs_commit SET finished = ?, error = ?, size = ?, written = 1, root = ?, description = ? WHERE id = ?",
        (tx.now, error or validate(tx, commit.name), size, node, description or commit.description, commit.key),
    )
    tx.finished.append(commit.name)


def _require_open(commit: CommitInfo) -> None:
    if commit.finished is not None:
        raise PachdError(f"commit {commit.name} has already finished")


def require_finished(commit: CommitInfo) -> None:
    if commit.finished is None:
        raise UnavailableError(f"commit {commit.name} not finished")
