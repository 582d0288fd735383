# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill the embedded pachd at random moments of puts, commits, deletes, jobs, gc and backup, and compare what it holds
with what it had acknowledged: what tests/test_crash_rounds.py of the package does 15 times, for about 2 s a round.

.venvs/pachd/bin/python tests/bench/crash_rounds.py [--rounds 1000] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/embedded-pachd/tests"))
from crash import rounds

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="crash-rounds-") as folder:
        for line in rounds(Path(folder), options.rounds, options.seed):
            print(line, flush=True)
    print(f"{options.rounds} rounds: nothing was lost")
