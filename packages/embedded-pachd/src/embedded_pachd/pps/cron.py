# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a cron input ticks: five-field cron expressions, `@every <duration>` and `@never`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")

NextTick = Callable[[datetime], datetime | None]


def parse_schedule(spec: str) -> NextTick:
    """The function that gives the first tick after a time, or None when there is none. ValueError for a bad spec."""
    if spec == "@never":
        return lambda _after: None
    if spec.startswith("@every "):
        period = timedelta(seconds=_seconds(spec.removeprefix("@every ")))
        return lambda after: after + period
    from croniter import croniter  # late: few pipelines need it

    if not croniter.is_valid(spec):
        raise ValueError(f"failed to parse cron expression {spec!r}")

    def next_tick(after: datetime) -> datetime:
        tick: datetime = croniter(spec, after).get_next(datetime)
        return tick

    return next_tick


def _seconds(text: str) -> float:
    """A duration as Go writes it, such as 1h30m or 10s."""
    parts = PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise ValueError(f"failed to parse duration {text!r}")
    return sum(float(number) * UNITS[unit] for number, unit in parts)
