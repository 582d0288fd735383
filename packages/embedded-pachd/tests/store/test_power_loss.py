# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was acknowledged survives a disk that loses every write that was not synced, and, as disks do, keeps some."""

import hashlib
import json
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from power_loss import Disk, Traced

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import CommitName, RepoName
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.pps.secrets import Secrets
from embedded_pachd.store.backup import restore
from embedded_pachd.store.check import problems

CHANGES = Path(__file__).with_name("changes.py")
NOTHING: list[Any] = [{}, {}, None]


class Lost(Exception):
    """Something that was acknowledged is not there, or something is that nobody meant."""


def test_power_loss_takes_nothing_acknowledged(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    losses = lose_power(tmp_path, seed)
    assert losses > 50


@pytest.mark.parametrize(
    "what", ["database", "store/packs/.", "store/packs$", "store/secrets/.", "store/secrets$", "backups/one"]
)
def test_without_syncs_something_is_lost(tmp_path: Path, what: str) -> None:
    with pytest.raises(Lost):
        lose_power(tmp_path, 5, what)


def lose_power(folder: Path, seed: int, *left_out: str) -> int:
    """Change a store, lose power after each change and at other moments, and look each time. Gives how often."""
    real = folder / "real"
    real.mkdir()
    dice = random.Random(seed)
    traced = Traced([sys.executable, CHANGES, str(real), str(seed), *left_out], Disk(real))
    done, means, losses = NOTHING, NOTHING, 0
    for line in traced.lines():
        word, _blank, state = line.partition(" ")
        if word == "means":
            means = json.loads(state)
        elif word == "done":
            done = means = json.loads(state)
        elif dice.random() > 0.02:
            continue
        losses += 1
        try:
            _look(traced.disk, folder / "lost", done, means, None if losses % 2 else dice)
        except Lost:
            traced.kill()
            raise
    return losses


def _look(disk: Disk, lost: Path, done: list[Any], means: list[Any], dice: random.Random | None) -> None:
    disk.lay_out(lost, dice)
    try:
        for what, found, before, after in zip(("files", "secrets", "backup"), _found(lost), done, means, strict=True):
            if found not in (before, after):
                raise Lost(f"{what}: {found} instead of {before} or {after}")
    except PachdError as error:
        if done != NOTHING:
            raise Lost(str(error)) from error
    finally:
        shutil.rmtree(lost)


def _found(folder: Path) -> list[Any]:
    """As changes.py states it."""
    saved = None
    if (folder / "backups/one/pachd.sqlite").exists():
        restore(folder / "backups/one", folder / "restored")
        saved = _files(folder / "restored")
    root = folder / "a/store"
    secrets = {secret.name: secret.data["k"].decode() for secret in Secrets(root / "secrets").all()}
    return [_files(root), secrets, saved]


def _files(root: Path) -> dict[str, str]:
    filesystem = FileSystem(root)
    try:
        if found := list(problems(filesystem.store)):
            raise Lost(f"damage: {found}")
        with filesystem.snapshot() as s:
            files = open_files(s, CommitName(RepoName("r"), "", "master"))
            return {f.path: hashlib.sha256(b"".join(files.read(f))).hexdigest() for f in files.entries()}
    except NotFoundError:
        return {}
    finally:
        filesystem.close()
