# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that looks whether there is something to do, again and again until it is closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

AFTER_A_FAULT = 5.0  # seconds


class Loop:
    """Calls `look` at once, when it is woken, and as many seconds later as its last call gave (None: when woken)."""

    def __init__(self, name: str, look: Callable[[], float | None]) -> None:
        self._look = look
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """Return when the last call has ended."""
        self._closed.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self.closed:
            self._woken.clear()
            try:
                pause = self._look()
            except Exception:  # such as a repo that is just being deleted: a fault of one look must not end all
                logging.getLogger(__name__).exception(self._thread.name)
                pause = AFTER_A_FAULT
            self._woken.wait(pause)
