# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try again, longer and longer apart, until patience ends."""

import time
from collections.abc import Iterator

from cpsign_workflow.errors import UserError
from cpsign_workflow.progress import say

_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between one attempt and the next."""


class Attempt:
    """One attempt; it counts as failed when it says so."""

    def __init__(self) -> None:
        self.why = ""

    def failed(self, why: str) -> None:
        """Say why, so that the next attempt is made."""
        self.why = why


class Patience:
    """The attempts at something, as an iterator; raises :class:`UserError` when the last one failed."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __iter__(self) -> Iterator[Attempt]:
        for wait in (*_WAITS, None):
            attempt = Attempt()
            yield attempt
            if wait is None:
                break
            say(f"upload: {self._what}: {attempt.why}; again in {wait:g} s")
            time.sleep(wait)
        raise UserError(f"{self._what}: {attempt.why}, {len(_WAITS) + 1} times. Nothing was sent")
