# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server that was killed may have left: its steps die with it, but one that was just being set up can hang."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

from embedded_pachd.pps import container
from embedded_pachd.pps.sandbox import MARK


def remove(scratch: Path) -> None:
    """Kill every step whose folder lies in `scratch`, then empty it, and remove the secrets that lay in memory."""
    kill(f"{scratch}/")
    container.remove_left(scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def kill(folder: str) -> int:
    """Kill every process of the steps whose folder begins with `folder`; how many there were."""
    mark = f"{MARK}={folder}".encode()
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # other users' processes, and those that just ended
            if any(variable.startswith(mark) for variable in (process / "environ").read_bytes().split(b"\0")):
                os.kill(int(process.name), signal.SIGKILL)
                found += 1
    return found
