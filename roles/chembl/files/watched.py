# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that says how much of it has been read."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

EVERY = 5.0  # seconds between two lines
MB = 1_000_000


class Watched(io.BufferedReader):
    """A file read from beginning to end; every five seconds ``activities.sql.gz: 120 of 480 MB (25 %), 15 s``.

    The lines go to stderr: stdout holds the program's answer.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._name, self._total = path.name, path.stat().st_size
        self._started = self._said = time.monotonic()

    def read(self, size: int | None = -1) -> bytes:
        now = time.monotonic()
        if now - self._said >= EVERY:
            self._said, done = now, self.tell()
            line = f"{self._name}: {done // MB:,} of {self._total // MB:,} MB ({100 * done // self._total} %), "
            print(line + f"{now - self._started:.0f} s", file=sys.stderr, flush=True)
        return super().read(size)
