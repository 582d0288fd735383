# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the steps before aggregation wrote about themselves, put together for metrics.json."""

import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cpsign_workflow import earlier
from cpsign_workflow.digest import description, open_jar
from cpsign_workflow.errors import UserError


class Provenance:
    """Reads ingestion's ``/report``, training's ``/logs`` and the finished model."""

    def __init__(self, ingestion: Path, logs: Path, model: Path) -> None:
        self._ingestion = earlier.ingestion(read_json(ingestion / "ingestion.json"))
        self._logs = [earlier.training(read_json(path)) for path in sorted(logs.glob("training_*.json"))]
        if not self._logs:
            raise UserError(f"{logs}: no training_<i>.json found; the training writes one for each partial model")
        self._precompute = self._logs[0]["precompute"]
        self._parameters = self._logs[0]["parameters"]
        with open_jar(model) as archive:
            self._cpsign = description(archive)["info"]["cpsignVersion"]
        source = ingestion / "source.json"
        self.source: dict[str, Any] = read_json(source) if source.exists() else {}
        self.workflow: str = read_json(ingestion / "configuration.json")["workflow_name"]
        self.seed: int = self._parameters["seed"]
        self.salt: str = self._ingestion["salt"]

    def training(self) -> dict[str, Any]:
        """The kind of model and the sizes of what it was trained on."""
        splits = [split for log in self._logs for split in log["splits"]]
        return {
            "model_name": self._parameters["model_name"],
            "type": f"{self._parameters['predictor_type']} {self._parameters['model_type']}",
            "splits": self._parameters["total_splits"],
            "scorer": self._parameters["scorer"],
            "tuning": self._precompute["tuning"],
            "nonconformity": self._parameters["nonconformity"],
            "sampling": self._parameters["sampling"],
            "compounds": self._precompute["rows"]["used"],
            "classes": self._precompute["classes"],
            "features": self._precompute["features"],
            # stratified splits can differ by one compound, and the smallest decides what can be promised
            "proper": min(split["proper"] for split in splits),
            "calibration": min(split["calibration"] for split in splits),
            "calibration_by_class": {
                label: min(split["calibration_by_class"].get(label, 0) for split in splits)
                for label in self._precompute["classes"]
            },
        }

    def data(self) -> dict[str, Any]:
        """Where the rows come from and what ingestion found in them; None for what it did not look for."""
        return {
            **{name: self.source.get(name) for name in ("release", "fingerprint")},
            **{name: self._ingestion.get(name) for name in ("censored", "replicates", "desalted", "warnings")},
        }

    @property
    def split(self) -> dict[str, Any]:
        """How the test compounds were chosen: ``{by, share, salt, from_year, share_of_from_year}``."""
        split: dict[str, Any] = self._ingestion["split"]
        return split

    def rows(self, test_used: int, test_dropped: dict[str, int]) -> dict[str, Any]:
        """``{read, used, training, test, dropped: {reason: n}}``, where read = used + all that were dropped."""
        dropped: Counter[str] = Counter()
        for reasons in (self._ingestion["rows"]["dropped"], self._precompute["rows"]["dropped"], test_dropped):
            dropped.update(reasons)
        training = self._precompute["rows"]["used"]
        return {
            "read": self._ingestion["rows"]["read"],
            "used": training + test_used,
            "training": training,
            "test": test_used,
            "dropped": dict(dropped.most_common()),
        }

    def versions(self) -> dict[str, str]:
        """Versions of what made the model."""
        return {"collection": version("cpsign-workflow"), "cpsign": self._cpsign, "java": self._logs[0]["java"]}

    def timings(self) -> dict[str, float]:
        """Seconds of each step; training is the sum over its parameter files, which may have run side by side."""
        return {
            "ingestion": round(sum(self._ingestion["timings"].values()), 3),
            "precompute": self._precompute["seconds"],
            "training": round(sum(log["seconds"] for log in self._logs), 3),
        }


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file that a step before wrote or, with a byte order mark perhaps, the user."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error})") from error
    return content
