# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many cores a step may use."""

import math
import os
from pathlib import Path

_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""A container's share of time, "<quota> <period>" in microseconds; a quota of "max" is none (cgroup v2)."""


def available() -> int:
    """Cores that this process may run on: those it is bound to, and no more than its container has time for."""
    bound = len(os.sched_getaffinity(0))
    try:
        quota, period = _LIMIT.read_text(encoding="ascii").split()
        return max(1, min(bound, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return bound
