# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs; say what went wrong in one message."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

LONG = 120  # seconds after which something hangs


class NodeError(Exception):
    """What went wrong, where, and what to do."""


def need_root() -> None:
    """Raises NodeError for everyone else: nothing is tried that would stop half-way."""
    if os.geteuid():
        raise NodeError("a node's namespaces, mounts and cgroups need root: run this with sudo")


def run(*command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed. It ends with its caller: a killed start leaves nothing.

    Raises:
        NodeError: the command ended with another code than 0; with the last lines that it printed.
    """
    words = [str(word) for word in command]
    if shutil.which(words[0]) is None:
        raise NodeError(f"{words[0]}: not found. Install what tests/system_packages.yml installs.")
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "KILL", "--", *words],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise NodeError("\n".join([f"{' '.join(words)} ended with code {done.returncode}:", *said]))
    return done.stdout


def wait_for(what: str, look: Callable[[], object]) -> None:
    """Return as soon as ``look()`` is something true.

    Raises:
        NodeError: it was not, or raised a NodeError, until LONG; with what ``look`` said last.
    """
    limit = time.monotonic() + LONG
    said = ""
    while True:
        try:
            if look():
                return
        except NodeError as error:
            said = f"\n{error}"
        if time.monotonic() > limit:
            raise NodeError(f"{what}: not within {LONG} s{said}")
        time.sleep(0.05)
