# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects: the outermost names; 'default' is always there."""

from collections.abc import Iterator
from typing import NamedTuple

from embedded_pachd.errors import ExistsError, NotFoundError, PachdError, PreconditionError
from embedded_pachd.pfs.names import DEFAULT_PROJECT, check_name
from embedded_pachd.pfs.transaction import Snapshot, Transaction

LONGEST_NAME = 51


class ProjectInfo(NamedTuple):
    name: str
    description: str
    created: int


def create(tx: Transaction, name: str, description: str = "", *, update: bool = False) -> None:
    _check_name(name)
    exists = tx.db.execute("SELECT 1 FROM project WHERE name = ?", (name,)).fetchone()
    if exists and not update:
        raise ExistsError(f'could not create project: project "{name}" already exists')
    tx.db.execute(
        "INSERT INTO project (name, description, created) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET description = excluded.description",
        (name, description, tx.now),
    )


def _check_name(name: str) -> None:
    try:
        if len(name) > LONGEST_NAME:
            raise PachdError(
                f'project name "{name}" is {len(name) - LONGEST_NAME} characters longer than the {LONGEST_NAME} max'
            )
        check_name(name)
        if not name[0].isalnum():
            raise PachdError("project names must start with an alphanumeric character")
    except PachdError as error:
        raise PachdError(f"invalid project name: {error}") from error


def inspect(s: Snapshot, name: str) -> ProjectInfo:
    row = s.db.execute("SELECT name, description, created FROM project WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NotFoundError(f'error getting project "{name}": project "{name}" not found')
    return ProjectInfo(*row)


def list_projects(s: Snapshot) -> Iterator[ProjectInfo]:
    for row in s.db.execute("SELECT name, description, created FROM project ORDER BY id"):
        yield ProjectInfo(*row)


def delete(tx: Transaction, name: str) -> None:
    _check_name(name)
    repos = tx.db.execute("SELECT name, type FROM repo WHERE project = ? ORDER BY id DESC", (name,)).fetchall()
    if repos:
        left = "\n".join(
            f"repo {name}/{repo}{'' if kind == 'user' else '.' + kind} still exists" for repo, kind in repos
        )
        raise PreconditionError(f"cannot delete project {name}: {left}")
    if not tx.db.execute("DELETE FROM project WHERE name = ?", (name,)).rowcount:
        raise NotFoundError(f'delete project "{name}": project "{name}" not found')


def ensure_default(tx: Transaction) -> None:
    create(tx, DEFAULT_PROJECT, update=True)
