# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What steps of an earlier version wrote, as today's would have written it.

An upgrade joins and measures the models that are there once more, but trains none: aggregation then reads what an
earlier ingestion and training left.
"""

from typing import Any


def ingestion(report: dict[str, Any]) -> dict[str, Any]:
    """``report/ingestion.json``; there was one way to choose the test compounds."""
    split = {"by": "random", "share": report["share"], "salt": report["salt"], "from_year": None}
    return {"split": split, **report}


def training(log: dict[str, Any]) -> dict[str, Any]:
    """``logs/training_<i>.json``; nothing was tuned, and the scorer's parameters stood beside its name."""
    parameters, precompute = log["parameters"], log["precompute"]
    return log | {
        "parameters": parameters | {"scorer": _scorer(parameters["scorer"])},
        "precompute": {"tuning": None, **precompute},
    }


def _scorer(scorer: dict[str, Any]) -> dict[str, Any]:
    if "parameters" in scorer:
        return scorer
    given = {name: value for name, value in scorer.items() if name != "name" and value is not None}
    return {"name": scorer["name"], "parameters": given}
