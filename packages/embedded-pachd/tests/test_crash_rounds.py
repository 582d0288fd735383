# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments of everything at once; tests/bench/crash_rounds.py of the repository does it for long."""

import random
from pathlib import Path

import pytest
from crash import rounds


@pytest.mark.parametrize(("seed", "number"), [(1, 8), (random.SystemRandom().randrange(2**32), 7)])
def test_what_was_acknowledged_survives(tmp_path: Path, seed: int, number: int) -> None:
    print(f"seed {seed}")
    for line in rounds(tmp_path, number, seed):
        print(line)
