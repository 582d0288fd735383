# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling running work to end: once cancelled, what runs is killed and nothing new starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancelled(Exception):
    """The work was told to end."""


class Cancellation:
    """Shared by whoever ends the work and the threads that do it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kills: set[Callable[[], None]] = set()
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Kill everything that is registered now, and refuse everything later."""
        self._cancelled.set()
        with self._lock:  # held, so that no kill is called once its `killing` block was left
            for kill in self._kills:
                kill()

    def check(self) -> None:
        """Raise Cancelled when the work was told to end."""
        if self.cancelled:
            raise Cancelled

    @contextmanager
    def killing(self, kill: Callable[[], None]) -> Iterator[None]:
        """Call `kill` when the work is cancelled while inside."""
        with self._lock:
            self._kills.add(kill)
        try:
            if self.cancelled:
                kill()
            yield
        finally:
            with self._lock:
                self._kills.discard(kill)
