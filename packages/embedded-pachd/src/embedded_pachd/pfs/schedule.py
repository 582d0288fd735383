# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When cron inputs and triggers are due: five-field cron expressions, `@daily` and the like, `@every <duration>` and
`@never`. A wrong one is refused in the words of pachd's cron library (robfig/cron).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|ms|s|m|h)")
DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
FIELDS: tuple[tuple[int, int, Sequence[str]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (0, 6, DAYS),
)
"""Lowest and highest value of each field, and the names of its values from the lowest on."""

NextTime = Callable[[datetime], datetime | None]


def parse_schedule(spec: str) -> NextTime:
    """The function that gives the first time after another, or None when there is none. ValueError for a bad spec."""
    if spec.strip() == "@never":
        return lambda _after: None
    if spec.startswith("@every "):
        period = timedelta(seconds=max(1, int(_seconds(spec))))
        return lambda after: after.replace(microsecond=0) + period
    _check(spec)
    from croniter import croniter  # late: few pipelines need it

    def next_time(after: datetime) -> datetime:
        found: datetime = croniter(spec, after).get_next(datetime)
        return found

    return next_time


def _seconds(spec: str) -> float:
    """A duration as Go writes it, such as 1h30m or 10s."""
    text = spec.removeprefix("@every ")
    parts = PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'Failed to parse duration {spec}: time: invalid duration "{text}"')
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _check(spec: str) -> None:
    if not spec:
        raise ValueError("Empty spec string")
    if spec.startswith("@"):
        if spec not in DESCRIPTORS:
            raise ValueError(f"Unrecognized descriptor: {spec}")
        return
    fields = spec.split()
    if len(fields) != len(FIELDS):
        raise ValueError(f"Expected exactly {len(FIELDS)} fields, found {len(fields)}: {spec}")
    for field, (lowest, highest, names) in zip(fields, FIELDS, strict=True):
        for part in filter(None, field.split(",")):
            _check_part(part, lowest, highest, names)


def _check_part(part: str, lowest: int, highest: int, names: Sequence[str]) -> None:
    """One of the ranges of a field: `*`, `3`, `1-5`, each perhaps with `/2`."""
    span, *steps = part.split("/")
    bounds = span.split("-")
    if bounds[0] in ("*", "?"):
        start, end = lowest, highest
    else:
        if len(bounds) > 2:
            raise ValueError(f"Too many hyphens: {part}")
        start, end = (_number(text, lowest, names) for text in (bounds[0], bounds[-1]))
    if len(steps) > 1:
        raise ValueError(f"Too many slashes: {part}")
    step = _number(steps[0], lowest, ()) if steps else 1
    if steps and len(bounds) == 1:
        end = highest
    if start < lowest:
        raise ValueError(f"Beginning of range ({start}) below minimum ({lowest}): {part}")
    if end > highest:
        raise ValueError(f"End of range ({end}) above maximum ({highest}): {part}")
    if start > end:
        raise ValueError(f"Beginning of range ({start}) beyond end of range ({end}): {part}")
    if step == 0:
        raise ValueError(f"Step of range should be a positive number: {part}")


def _number(text: str, lowest: int, names: Sequence[str]) -> int:
    if text.lower() in names:
        return lowest + names.index(text.lower())
    try:
        number = int(text)
    except ValueError:
        fault = f'strconv.Atoi: parsing "{text}": invalid syntax'
        raise ValueError(f"Failed to parse int from {text}: {fault}") from None
    if number < 0:
        raise ValueError(f"Negative number ({number}) not allowed: {text}")
    return number
