# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Few uploads at once, so that memory stays bounded: each has up to three copies of a message of 20 MB."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore

_AT_ONCE = 8
_PATIENCE = 10.0
"""Seconds after which an upload goes on without a place: those that have one may wait for their clients."""

_places = BoundedSemaphore(_AT_ONCE)


@contextmanager
def place() -> Iterator[None]:
    """Held during an upload."""
    has_place = _places.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if has_place:
            _places.release()


def give_memory_back() -> None:
    """After a large upload: glibc, where it is the C library, would keep what the messages took."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
