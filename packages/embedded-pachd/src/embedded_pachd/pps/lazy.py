# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lazy inputs: named pipes that are filled when, and only when, the step opens them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread


class LazyFiles:
    """The pipes of one datum; closing it ends the threads that wait for a reader."""

    def __init__(self) -> None:
        self._waiting: dict[Path, Thread] = {}

    def add(self, target: Path, data: Iterator[bytes]) -> None:
        """Make a pipe at `target` that gives `data` to its first reader."""
        os.mkfifo(target)
        thread = Thread(target=_feed, args=(target, data), name=f"lazy {target.name}", daemon=True)
        self._waiting[target] = thread
        thread.start()

    def owns(self, place: Path) -> bool:
        return place in self._waiting

    def close(self) -> None:
        """Wake every thread that still waits: a reader that goes away at once."""
        for target, thread in self._waiting.items():
            while thread.is_alive():
                with contextlib.suppress(OSError):
                    os.close(os.open(target, os.O_RDONLY | os.O_NONBLOCK))
                thread.join(0.01)


def _feed(target: Path, data: Iterator[bytes]) -> None:
    with contextlib.suppress(OSError), target.open("wb", buffering=0) as file:
        for piece in data:
            file.write(piece)
