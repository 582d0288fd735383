# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Precompute, train and merge without ingestion and report, on a part of FreeSolv: seconds for each kind of model."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from freesolv_training import CLASSES, freesolv

from cpsign_workflow import precompute, train
from cpsign_workflow.configuration import flags
from cpsign_workflow.merge import merge

Rows = list[tuple[str, str, str]]
LABELS = (str(CLASSES["below"]), str(CLASSES["above"]))


def compounds(number: int = 250) -> Rows:
    """Key, structure and value of the first compounds of FreeSolv."""
    return [(f"KEY{place}", row["smiles"], row["value"]) for place, row in enumerate(freesolv()[:number])]


def classified(rows: Rows) -> Rows:
    """The same with two classes for the values."""
    return [(key, smiles, LABELS[float(value) >= float(str(CLASSES["threshold"]))]) for key, smiles, value in rows]


def write_table(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as table:
        table.write("key\tsmiles\tvalue\n")
        table.writelines("\t".join(row) + "\n" for row in rows)


def precomputed(folder: Path, rows: Rows, chosen: dict[str, Any], tune: dict[str, Any] | None = None) -> Path:
    """Run ``precompute`` for these flags; returns its output folder."""
    write_table(folder / "data" / "compounds.tsv.gz", rows)
    labels = LABELS if flags.model_type_of(chosen) == "classification" else ()
    flags.precompute_parameters(chosen, labels, tune).write(folder / "precompute" / "parameters.json")
    output = folder / "precomputed"
    output.mkdir()
    precompute.run(folder, folder, output)
    return output


def trained(folder: Path, data: Path, chosen: dict[str, Any], splits_per_file: int | None = None) -> list[Path]:
    """Run ``train`` for each parameter file; returns the partial models."""
    for parameters in flags.training_parameters(chosen, "few", splits_per_file):
        mount = folder / f"mount_{parameters.index}"
        parameters.write(mount / "training" / f"parameters_{parameters.index}.json")
        train.run(mount, data, folder)
    return sorted((folder / "models").iterdir())


def merged(parts: Sequence[Path], folder: Path) -> Path:
    """The whole model."""
    folder.mkdir(parents=True, exist_ok=True)
    merge(list(parts), folder / "model.jar")
    return folder / "model.jar"


def logs(folder: Path) -> list[dict[str, Any]]:
    """What the trainings in ``folder`` say of themselves."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "logs").iterdir())]
