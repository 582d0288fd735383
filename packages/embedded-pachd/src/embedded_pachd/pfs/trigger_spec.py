# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a branch's trigger may say: sizes such as 10MB, and times as cron writes them."""

import re
from datetime import UTC, datetime

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs.names import check_name
from embedded_pachd.pfs.records import Trigger
from embedded_pachd.pfs.schedule import parse_schedule

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKmMgGtTpP]?)[bB]?\Z")
_NANO = 1_000_000_000


def check(trigger: Trigger) -> None:
    """Raise for a trigger that cannot be."""
    if not trigger.branch:
        raise PachdError("triggers must specify a branch to trigger on")
    check_name(trigger.branch)
    _check_schedule("rate limit spec", trigger.rate_limit_spec)
    if trigger.size:
        size_in_bytes(trigger.size)
    if trigger.commits < 0:
        raise PachdError("can't trigger on a negative number of commits")
    _check_schedule("cron spec", trigger.cron_spec)


def _check_schedule(what: str, spec: str) -> None:
    try:
        if spec:
            parse_schedule(spec)
    except ValueError as error:
        raise PachdError(f"invalid trigger {what}: {error}") from None


def size_in_bytes(text: str) -> int:
    """'10MB' -> 10,000,000."""
    match = _SIZE.match(text)
    if match is None:
        raise PachdError(f"invalid trigger size: invalid size: '{text}'")
    return int(float(match.group(1)) * 1000 ** " KMGTP".index(match.group(2).upper() or " "))


def next_time(spec: str, after: int) -> int | None:
    """The first time that a checked schedule gives after another one; both in nanoseconds since 1970."""
    following = parse_schedule(spec)(datetime.fromtimestamp(after / _NANO, UTC))
    return None if following is None else int(following.timestamp() * _NANO)
