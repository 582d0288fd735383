# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Play the further scenarios with the player of record.py, and write the answers as JSON (pachd-2.7.6-more.json, of a
pachd 2.7.6 whose workers ran as plain processes: what only Kubernetes decides is not in it).

python more.py HOST:PORT [--token TOKEN] [--image IMAGE] [--only NAME ...] > answers.json
"""

from __future__ import annotations

import record
import scenarios_others
import scenarios_pfs
import scenarios_pps

SCENARIOS = [*scenarios_pfs.SCENARIOS, *scenarios_pps.SCENARIOS, *scenarios_others.SCENARIOS]

if __name__ == "__main__":
    record.SCENARIOS[:] = SCENARIOS
    record.main()
