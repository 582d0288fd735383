# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The /etc of all steps: a folder made once when the server starts, since every single bind costs each step time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

UID = 1000
# what programs need: the linker, names, time zones, certificates, fonts, Debian's alternatives
COPIED = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf", "protocols", "services", "localtime", "timezone",
    "mime.types", "ssl/certs", "ssl/openssl.cnf", "ca-certificates", "fonts", "alternatives",
)  # fmt: skip
NETWORK = ("resolv.conf", "hosts", "host.conf", "gai.conf")
"""Bound as they are now into steps that use the network; for the others they are empty."""
ACCOUNTS = {
    "passwd": f"root:x:0:0::/:/bin/sh\nstep:x:{UID}:{UID}::/tmp:/bin/sh\n",
    "group": f"root:x:0:\nstep:x:{UID}:\n",
}


def make(target: Path, system: Path = Path("/etc")) -> Path:
    """Fill the folder `target` anew; this machine's accounts stay out of it."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    for name in (*COPIED, *(folder.name for folder in system.glob("java-*-openjdk"))):
        _copy(system / name, target / name)
    for name in NETWORK:
        (target / name).touch()
    for name, content in ACCOUNTS.items():
        (target / name).write_text(content)
    return target


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=_unreadable)
    elif source.exists():
        shutil.copy2(source, target, follow_symlinks=False)


def _unreadable(folder: str, names: list[str]) -> list[str]:
    """Of an ordinary user's server: what it may not read (such as private keys)."""
    found = (Path(folder, name) for name in names)
    return [each.name for each in found if not each.is_symlink() and not os.access(each, os.R_OK)]
