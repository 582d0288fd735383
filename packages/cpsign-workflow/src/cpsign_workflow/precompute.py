# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``precompute``: compounds to descriptors."""

import json
import time
from pathlib import Path
from typing import Any

from cpsign_workflow import cores
from cpsign_workflow.cpsign import dataset, jvm, tuning
from cpsign_workflow.cpsign.compounds import count_rows, in_words
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import PrecomputeParameters
from cpsign_workflow.progress import say


def run(data: Path, parameters: Path, output: Path) -> None:
    """Write ``precomputed.jar`` and ``precompute.json`` (rows read, used, dropped by reason; features; seconds)."""
    started = time.monotonic()
    wanted = PrecomputeParameters.read(parameters / "precompute" / "parameters.json")
    jvm.start(cores.available())
    table = data / "data" / "compounds.tsv.gz"
    rows = count_rows(table)
    say(f"precompute: signatures of {rows:,} compounds on {cores.available()} cores")
    descriptors, dropped = dataset.build(table, wanted)
    _check_values(descriptors, dropped)
    used = int(descriptors.size())
    dataset.save(descriptors, output / "precomputed.jar")
    summary = {
        "rows": {"read": rows, "used": used, "dropped": dropped},
        "classes": dataset.class_sizes(descriptors, descriptors.getTextualLabels()),
        "features": int(descriptors.getNumAttributes()),
        "tuning": tuning.search(descriptors, wanted.tuning) if wanted.tuning else None,
        "seconds": round(time.monotonic() - started, 3),
    }
    (output / "precompute.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    say(
        f"precompute: {used:,} of {rows:,} compounds used, {summary['features']:,} signatures, "
        f"{summary['seconds']:.1f} s"
    )


def _check_values(descriptors: Any, dropped: dict[str, int]) -> None:
    """Raise :class:`UserError` when there is nothing to tell apart."""
    classes = dataset.class_sizes(descriptors.getDataset(), descriptors.getTextualLabels())
    if empty := [label for label, n in classes.items() if n == 0]:
        raise UserError(f"no compound of class {', '.join(empty)} can be used; left out: {in_words(dropped)}")
    values = descriptors.getLabelFrequencies()
    if values.size() == 1:
        (value,) = values.keySet()
        raise UserError(f"all {int(descriptors.size()):,} compounds have the value {value}: nothing to learn")
