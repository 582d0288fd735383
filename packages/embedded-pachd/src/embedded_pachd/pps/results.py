# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a datum, and the sums of that over a job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum

import msgpack


class DatumState(IntEnum):
    """As pps_v2.DatumState numbers them. STARTING: runs just now; UNKNOWN: waits."""

    UNKNOWN = 0
    FAILED = 1
    SUCCESS = 2
    SKIPPED = 3
    STARTING = 4
    RECOVERED = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """Time in nanoseconds and data in bytes that went into work on datums."""

    download_time: int = 0
    process_time: int = 0
    upload_time: int = 0
    download_bytes: int = 0
    upload_bytes: int = 0

    def __add__(self, other: Usage) -> Usage:
        mine, theirs = asdict(self), asdict(other)
        return Usage(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one datum's run; `outputs` are the paths it wrote to the output repo."""

    state: DatumState
    reason: str = ""
    usage: Usage = Usage()
    outputs: tuple[str, ...] = ()

    def pack(self) -> bytes:
        packed: bytes = msgpack.packb([int(self.state), self.reason, list(asdict(self.usage).values()), self.outputs])
        return packed

    @classmethod
    def unpack(cls, data: bytes) -> Result:
        state, reason, usage, outputs = msgpack.unpackb(data)
        return cls(DatumState(state), reason, Usage(*usage), tuple(outputs))


@dataclass(frozen=True, slots=True)
class Counts:
    """Datums of a job by what became of them."""

    processed: int = 0
    skipped: int = 0
    failed: int = 0
    recovered: int = 0
    total: int = 0
    usage: Usage = field(default_factory=Usage)

    def with_result(self, result: Result) -> Counts:
        name = {DatumState.FAILED: "failed", DatumState.RECOVERED: "recovered"}.get(result.state, "processed")
        return replace(self, usage=self.usage + result.usage, **{name: getattr(self, name) + 1})

    def pack(self) -> bytes:
        numbers = [self.processed, self.skipped, self.failed, self.recovered, self.total]
        packed: bytes = msgpack.packb([*numbers, list(asdict(self.usage).values())])
        return packed

    @classmethod
    def unpack(cls, data: bytes) -> Counts:
        if not data:
            return cls()
        processed, skipped, failed, recovered, total, usage = msgpack.unpackb(data)
        return cls(processed, skipped, failed, recovered, total, Usage(*usage))


def first_failure(results: Iterable[tuple[str, Result]]) -> str | None:
    """The smallest id among the datums that failed."""
    return min((datum for datum, result in results if result.state is DatumState.FAILED), default=None)
