# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``precompute``: compounds to descriptors."""

import json
import time
from pathlib import Path

from cpsign_workflow.cpsign import dataset, jvm
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import PrecomputeParameters
from cpsign_workflow.progress import say


def run(data: Path, parameters: Path, output: Path) -> None:
    """Write ``precomputed.jar`` and ``precompute.json`` (rows read, used, dropped by reason; features; seconds)."""
    started = time.monotonic()
    wanted = PrecomputeParameters.read(parameters / "precompute" / "parameters.json")
    jvm.start()
    compounds = Compounds(data / "data" / "compounds.tsv.gz")
    say(f"precompute: signatures of {compounds.rows:,} compounds")
    descriptors = dataset.build(compounds, wanted)
    used = int(descriptors.size())
    classes = dataset.class_sizes(descriptors, descriptors.getTextualLabels())
    if empty := [label for label, n in classes.items() if n == 0]:
        raise UserError(f"no compound of class {', '.join(empty)} can be used; left out: {compounds.why()}")
    dataset.save(descriptors, output / "precomputed.jar")
    summary = {
        "rows": {"read": compounds.rows, "used": used, "dropped": compounds.dropped()},
        "classes": classes,
        "features": int(descriptors.getNumAttributes()),
        "tuning": None,
        "seconds": round(time.monotonic() - started, 3),
    }
    (output / "precompute.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    say(
        f"precompute: {used:,} of {compounds.rows:,} compounds used, {summary['features']:,} signatures, "
        f"{summary['seconds']:.1f} s"
    )
