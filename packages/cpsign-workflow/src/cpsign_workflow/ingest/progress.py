# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines on stdout, for a person who waits."""

import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

SECONDS: Final = 5.0
ROWS: Final = 1_000

T = TypeVar("T")


def counted(items: Iterable[T], doing: str) -> Iterator[T]:
    """Pass the items on; every five seconds and at the end say how many there were and how many a second."""
    started = last = time.monotonic()
    number = 0
    for number, item in enumerate(items, start=1):
        yield item
        # The clock is looked at now and then only: it would cost more than a row.
        if number % ROWS == 0 and (now := time.monotonic()) - last >= SECONDS:
            last = now
            _say(doing, number, now - started)
    _say(doing, number, time.monotonic() - started)


def _say(doing: str, number: int, seconds: float) -> None:
    print(f"{doing}: {number:,} rows, {number / max(seconds, 1e-6):,.0f} rows/s", flush=True)
