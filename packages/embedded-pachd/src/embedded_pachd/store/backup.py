# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: a copy of the store as of one moment, made while the server goes on; and the way back.

A backup is complete once its database has a name, which happens last: until then an older one in the folder stays
what it was (its secrets and logs may be newer).
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from embedded_pachd.errors import PreconditionError
from embedded_pachd.store.database import told_plainly
from embedded_pachd.store.packs import full_disk_told, make_folder, sync_folder
from embedded_pachd.store.store import DATABASE, PACKS, Store

_MARK = "is-a-backup"
"""Tells a backup's folder from a store's, which must never be written over."""
_UNNAMED = ".partial"
_FOLDERS = ("secrets", "logs")
"""What the pipeline system keeps beside the database."""


def backup(store: Store, target: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Copy the store to a folder: a new one, or an older backup of it, of which what did not change is kept."""
    if target.exists() and any(target.iterdir()) and not (target / _MARK).is_file():
        raise PreconditionError(f"{target} is neither empty nor a backup: give another folder")
    with store.keep_garbage(), full_disk_told(target), told_plainly(target / DATABASE):
        _make_folders(target)
        say("copying the database")
        database = _copy_database(store.root / DATABASE, target)
        packs = _packs(database)
        _copy_packs(store.root / PACKS, target / PACKS, packs, say)
        for name in _FOLDERS:
            _mirror(store.root / name, target / name)
        _sync(target)
        database.rename(target / DATABASE)
        sync_folder(target)
    for copy in (target / PACKS).iterdir():
        if copy.name not in packs:
            copy.unlink()


def restore(source: Path, root: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Make a store of a backup, in a folder that is new or empty."""
    if not (source / _MARK).is_file() or not (source / DATABASE).is_file():
        raise PreconditionError(f"{source} holds no complete backup")
    if root.exists() and any(root.iterdir()):
        raise PreconditionError(f"{root} is not empty: restore into a new folder, then let the server use that")
    make_folder(root)
    with full_disk_told(root), told_plainly(source / DATABASE):
        packs = _packs(source / DATABASE)
        (root / PACKS).mkdir(mode=0o700)
        _copy_packs(source / PACKS, root / PACKS, packs, say)
        for name in _FOLDERS:
            _mirror(source / name, root / name)
        say("copying the database")
        copy = root / (DATABASE + _UNNAMED)
        shutil.copy(source / DATABASE, copy)
        _sync(root)
        copy.rename(root / DATABASE)
        sync_folder(root)


def _make_folders(target: Path) -> None:
    make_folder(target)
    (target / _MARK).touch(mode=0o600)
    (target / PACKS).mkdir(mode=0o700, exist_ok=True)


def _copy_database(source: Path, target: Path) -> Path:
    copy_path = target / (DATABASE + _UNNAMED)
    copy_path.unlink(missing_ok=True)
    copy_path.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy_path)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return copy_path


def _packs(database: Path) -> dict[str, int]:
    """The packs that a database names, with their sizes."""
    with closing(sqlite3.connect(database)) as db:
        return dict(db.execute("SELECT name, size FROM pack"))


def _copy_packs(source: Path, target: Path, wanted: dict[str, int], say: Callable[[str], None]) -> None:
    """Packs never change, so one that is there with its size is there already."""
    for number, (name, size) in enumerate(sorted(wanted.items()), 1):
        copy = target / name
        if not copy.is_file() or copy.stat().st_size != size:
            say(f"copying pack {number} of {len(wanted)}")
            _copy_file(source / name, copy)


def _copy_file(source: Path, target: Path) -> None:
    """Whole or not at all, with its mode."""
    unnamed = target.with_name(target.name + _UNNAMED)
    shutil.copy(source, unnamed)
    unnamed.rename(target)


def _mirror(source: Path, target: Path) -> None:
    """Make a folder the same as another, in which files may come and go meanwhile."""
    target.mkdir(mode=0o700, exist_ok=True)
    for path in [path for path in _paths(target) if not (source / path).exists()]:
        if (target / path).is_dir():
            shutil.rmtree(target / path)
        else:
            (target / path).unlink(missing_ok=True)
    for path in _paths(source):
        try:
            if (source / path).is_dir():
                (target / path).mkdir(mode=0o700, exist_ok=True)
            else:
                _copy_file(source / path, target / path)
        except FileNotFoundError:
            if (source / path).exists():
                raise


def _paths(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def _sync(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        sync_folder(path)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
