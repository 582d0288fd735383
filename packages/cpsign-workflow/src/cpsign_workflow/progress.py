# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on standard output that say what long work does and how far it is."""

import time

_EVERY = 5.0  # seconds between two lines


class Progress:
    """Counts; every five seconds ``precompute: 1,200 of 3,300 compounds (36 %), 5 s, 240 a second``.

    ``total`` is None where nobody knows it.
    """

    def __init__(self, doing: str, total: int | None, unit: str) -> None:
        self._doing, self._total, self._unit = doing, total, unit
        self._done = 0
        self._started = self._printed = time.monotonic()

    def advance(self) -> None:
        """Count one more; print when it is time."""
        self._done += 1
        now = time.monotonic()
        if now - self._printed >= _EVERY:
            self._printed = now
            seconds = now - self._started
            of, share = (f" of {self._total:,}", f" ({100 * self._done // self._total} %)") if self._total else ("", "")
            say(
                f"{self._doing}: {self._done:,}{of} {self._unit}{share}, "
                f"{seconds:.0f} s, {self._done / seconds:,.0f} a second"
            )


def say(line: str) -> None:
    """Print one line at once: a pipeline's log is followed while the step runs."""
    print(line, flush=True)
