# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: a copy of the store as of one moment, made while the server goes on; and the way back."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from embedded_pachd.errors import PreconditionError
from embedded_pachd.store.packs import full_disk_told, sync_folder
from embedded_pachd.store.store import DATABASE, PACKS, Store

_COMPLETE = "backup-complete"
_FOLDERS = ("secrets", "logs")
"""What the pipeline system keeps beside the database."""


def backup(store: Store, target: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Copy the store to a folder: a new one, or an older backup of it, of which what did not change is kept."""
    if target.exists() and any(target.iterdir()) and not (target / DATABASE).is_file():
        raise PreconditionError(f"{target} is neither empty nor a backup: give another folder")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    (target / PACKS).mkdir(mode=0o700, exist_ok=True)
    (target / _COMPLETE).unlink(missing_ok=True)
    with store.keep_garbage(), full_disk_told(target):
        say("copying the database")
        _copy_database(store.root / DATABASE, target / DATABASE)
        _copy_packs(store.root / PACKS, target, say)
        for name in _FOLDERS:
            if (store.root / name).is_dir():
                shutil.copytree(store.root / name, target / name, dirs_exist_ok=True)
    _finish(target)


def restore(source: Path, root: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Make a store of a backup, in a folder that is new or empty."""
    if not (source / _COMPLETE).is_file():
        raise PreconditionError(f"{source} holds no complete backup")
    if root.exists() and any(root.iterdir()):
        raise PreconditionError(f"{root} is not empty: restore into a new folder, then let the server use that")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with full_disk_told(root):
        for name in (PACKS, *_FOLDERS):
            if (source / name).is_dir():
                say(f"copying {name}")
                shutil.copytree(source / name, root / name)
        say("copying the database")
        shutil.copyfile(source / DATABASE, root / DATABASE)
    (root / DATABASE).chmod(0o600)
    _sync(root)


def _copy_database(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _copy_packs(source: Path, target: Path, say: Callable[[str], None]) -> None:
    """Packs never change, so one that is there with its size is there already."""
    with closing(sqlite3.connect(target / DATABASE)) as db:
        wanted = dict(db.execute("SELECT name, size FROM pack"))
    for number, (name, size) in enumerate(sorted(wanted.items()), 1):
        copy = target / PACKS / name
        if not copy.is_file() or copy.stat().st_size != size:
            say(f"copying pack {number} of {len(wanted)}")
            shutil.copyfile(source / name, copy)
    for copy in (target / PACKS).iterdir():
        if copy.name not in wanted:
            copy.unlink()


def _finish(target: Path) -> None:
    _sync(target)
    (target / _COMPLETE).write_text("")
    sync_folder(target)


def _sync(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        sync_folder(path)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
