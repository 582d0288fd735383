# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which compounds are kept back for the test."""

import hashlib

from cpsign_workflow.configuration import HoldOut


def is_test(key: str, test: HoldOut) -> bool:
    """Whether the structure ``key`` is a test compound.

    A hash of salt and key decides, so a key is on one side only and stays there when the data grow.
    """
    digest = hashlib.sha256(f"{test.salt}\t{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < test.share * 2**64
