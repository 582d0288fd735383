# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``train``: some splits of a conformal predictor."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cpsign_workflow.cpsign import dataset, jvm, predictor
from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import Scorer, TrainingParameters
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import read_json
from cpsign_workflow.training_data import check_calibration, check_size

TRAINING_ENTRY = "workflow/training.json"
"""Entry of a model's jar: ``{"precomputed_sha256": …, "parameters": {…}}``, the same in every part of a training."""


def run(parameters: Path, precomputed: Path, output: Path) -> None:
    """Write ``models/partial_model_<i>.jar`` and ``logs/training_<i>.json`` for the parameter file that is mounted."""
    started = time.monotonic()
    # passed on in the log, because aggregation does not read the precompute pipeline
    summary = read_json(precomputed / "precompute.json")
    wanted = _tuned(_read_parameters(parameters / "training"), summary)
    jar = precomputed / "precomputed.jar"
    source = payload_sha256(jar)
    jvm.start()
    data = dataset.load(jar)
    check_size(wanted, int(data.getDataset().size()))
    model = predictor.untrained(wanted, data)
    say(f"train: splits {_listed(wanted.splits)} of {wanted.total_splits}, {int(data.size()):,} compounds")
    splits = [_train_split(model, split, wanted) for split in wanted.splits]

    path = output / "models" / f"partial_model_{wanted.index}.jar"
    path.parent.mkdir(parents=True, exist_ok=True)
    predictor.save(model, path, {TRAINING_ENTRY: _training_entry(wanted, source)})
    log = {
        "parameters": asdict(wanted),
        "splits": splits,
        "java": jvm.java_version(),
        "seconds": round(time.monotonic() - started, 3),
        "precompute": summary,
    }
    log_path = output / "logs" / f"training_{wanted.index}.json"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    log_path.write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")
    say(f"train: {path.name} written, {log['seconds']:.1f} s")


def _tuned(wanted: TrainingParameters, summary: dict[str, Any]) -> TrainingParameters:
    """``wanted`` with what tuning has found."""
    if not summary["tuning"]:
        return wanted
    found = {**wanted.scorer.parameters, **summary["tuning"]["chosen"]}
    return replace(wanted, scorer=Scorer(wanted.scorer.name, found))


def _train_split(model: Any, split: int, wanted: TrainingParameters) -> dict[str, Any]:
    started = time.monotonic()
    sizes = predictor.split_sizes(model, split, wanted)
    check_calibration(wanted, split, sizes)
    predictor.train_split(model, split, wanted)
    seconds = time.monotonic() - started
    say(
        f"train: split {split + 1} of {wanted.total_splits} trained on {sizes.proper:,} compounds, "
        f"calibrated on {sizes.calibration:,}, {seconds:.1f} s"
    )
    return {"split": split, **asdict(sizes), "seconds": round(seconds, 3)}


def _training_entry(wanted: TrainingParameters, precomputed_sha256: str) -> str:
    shared = {name: value for name, value in asdict(wanted).items() if name not in {"index", "splits"}}
    return json.dumps({"precomputed_sha256": precomputed_sha256, "parameters": shared}, indent=2, sort_keys=True)


def _read_parameters(folder: Path) -> TrainingParameters:
    files = sorted(folder.glob("parameters_*.json"))
    if len(files) != 1:
        raise UserError(f"{folder}: one parameters_<i>.json is expected, {len(files)} found")
    wanted = TrainingParameters.read(files[0])
    impossible = [split + 1 for split in wanted.splits if not 0 <= split < wanted.total_splits]
    if impossible or not wanted.splits:
        raise UserError(f"{files[0]}: there are splits 1 to {wanted.total_splits}, listed are {impossible or 'none'}")
    return wanted


def _listed(splits: tuple[int, ...]) -> str:
    return ", ".join(str(split + 1) for split in splits)
