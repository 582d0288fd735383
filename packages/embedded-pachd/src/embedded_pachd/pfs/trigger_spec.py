# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a branch's trigger may say: sizes such as 10MB, and times as cron writes them."""

import re
from datetime import UTC, datetime

from embedded_pachd.errors import PachdError, UnimplementedError
from embedded_pachd.pfs.records import Trigger

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKmMgGtTpP]?)[bB]?\Z")
_NANO = 1_000_000_000


def check(trigger: Trigger) -> None:
    """Raise for a trigger that cannot be."""
    if trigger.cron_spec:
        raise UnimplementedError("triggers with a cron_spec are not served by embedded-pachd: use a cron input")
    if trigger.commits < 0:
        raise PachdError("can't trigger on a negative number of commits")
    if trigger.size:
        size_in_bytes(trigger.size)
    if trigger.rate_limit_spec:
        next_time(trigger.rate_limit_spec, 0)


def size_in_bytes(text: str) -> int:
    """'10MB' -> 10,000,000."""
    match = _SIZE.match(text)
    if match is None:
        raise PachdError(f"invalid trigger size: invalid size: '{text}'")
    return int(float(match.group(1)) * 1000 ** " KMGTP".index(match.group(2).upper() or " "))


def next_time(spec: str, after: int) -> int:
    """Nanoseconds since 1970 of the first time that fits a cron expression, after another one."""
    from croniter import croniter  # late: few branches need it

    if not croniter.is_valid(spec):
        raise PachdError(f"invalid trigger rate limit spec: {spec}")
    following: datetime = croniter(spec, datetime.fromtimestamp(after / _NANO, UTC)).get_next(datetime)
    return int(following.timestamp() * _NANO)
