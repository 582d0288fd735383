# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pachd answers about models, as the playbooks hand it to ``models``, ``gate`` and ``prune``."""

import json
from pathlib import Path
from typing import Any


def metrics(r2: float = 0.9, coverage: float = 0.8, n: int = 200, **more: Any) -> dict[str, Any]:
    """A regression's metrics.json."""
    return {
        "workflow": "LogP",
        "training": {"type": "ACP regression", "splits": 5},
        "rows": {"read": 1000, "used": 990},
        "test": {"n": n, "r2": r2, "rmse": 0.5, "mae": 0.4},
        "calibration": [
            {"confidence": 0.8, "coverage": coverage, "band": [0.74, 0.86], "mean_width": 1.2, "median_width": 1.0}
        ],
        "seed": 1,
        "salt": "x",
        "user": "ada",
        "data": {"release": "35", "fingerprint": "f00"},
        "versions": {"collection": "1.0.0", "cpsign": "2.0.0", "java": "17"},
        "payload_sha256": f"{r2}",
        **more,
    }


def commit(repo: str, number: int, *, finished: bool = True, size: int = 1000) -> dict[str, Any]:
    """The number of a commit decides its id and its times."""
    time = f"2026-01-{number:02}T12:00:00Z"
    return {
        "repo": repo,
        "id": f"{number:032x}",
        "started": time,
        "finished": time if finished else "",
        "provenance": [],
        "size_bytes": size,
    }


class Pachd:
    """A pachd with one workflow, ``LogP``, whose models come from numbered commits."""

    def __init__(self, folder: Path, released: int | None = None) -> None:
        self.folder = folder
        self.commits: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.released = released

    def trained(self, number: int, workflow: str = "LogP", **of_metrics: Any) -> None:
        """A push with this number has trained a model."""
        self._pushed(number, workflow, 1, of_metrics)

    def repeated(self, number: int, workflow: str = "LogP", **of_metrics: Any) -> None:
        """A push with this number was for another workflow: all was skipped, and the files are the same again."""
        self._pushed(number, workflow, 0, of_metrics)

    def _pushed(self, number: int, workflow: str, processed: int, of_metrics: dict[str, Any]) -> None:
        repo = f"{workflow}-aggregate"
        self.commits[:0] = [commit("config", number), commit(repo, number)]
        self.jobs.insert(0, {"pipeline": repo, "id": f"{number:032x}", "data_processed": processed})
        path = self.folder / "metrics" / workflow / f"{number:032x}" / "metrics.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(metrics(**of_metrics)))

    def arguments(self) -> list[str]:
        """The options of the subcommands that say what pachd answered."""
        newest = self.commits[0]["id"]
        branches = [{"name": "master", "head": newest}]
        if self.released is not None:
            branches.append({"name": "release", "head": f"{self.released:032x}"})
        repos = [
            {"name": "config", "branches": [{"name": "master", "head": newest}]},
            {"name": "LogP-aggregate", "branches": branches},
        ]
        answer = self.folder / "server.json"
        answer.write_text(json.dumps({"repos": repos, "commits": self.commits, "jobs": self.jobs}))
        return ["--server", str(answer), "--metrics", str(self.folder / "metrics"), "--workflow", "LogP"]
