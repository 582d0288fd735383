# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When cron inputs tick."""

from datetime import UTC, datetime

import pytest

from embedded_pachd.pfs.schedule import parse_schedule


def test_schedules() -> None:
    start = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    assert parse_schedule("@never")(start) is None
    assert parse_schedule("@every 1h30m")(start) == datetime(2026, 1, 1, 14, 0, tzinfo=UTC)
    assert parse_schedule("0 4 * * *")(start) == datetime(2026, 1, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("spec", ["", "often", "@every soon", "61 * * * *"])
def test_a_bad_schedule_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"Empty|Expected exactly 5|Failed to parse duration|End of range"):
        parse_schedule(spec)
