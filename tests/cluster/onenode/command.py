# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs; say what went wrong in one message."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path


class NodeError(Exception):
    """What went wrong, where, and what to do."""


def run(*command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        NodeError: the command ended with another code than 0; with the last lines that it printed.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise NodeError(f"{words[0]}: not found. Install what tests/system_packages.yml installs.") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise NodeError("\n".join([f"{' '.join(words)} ended with code {done.returncode}:", *said]))
    return done.stdout


def wait_for(what: str, look: Callable[[], bool], seconds: float) -> None:
    """Return as soon as ``look()`` is true.

    Raises:
        NodeError: it was not within ``seconds``, which are there to end a node that hangs.
    """
    limit = time.monotonic() + seconds
    while not look():
        if time.monotonic() > limit:
            raise NodeError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)
