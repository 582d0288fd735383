# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``aggregate``: one model out of its parts, judged on the compounds that were kept back."""

import json
import shutil
import time
from pathlib import Path

from cpsign_workflow import metrics, report
from cpsign_workflow.cpsign import jvm, prediction
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.merge import merge
from cpsign_workflow.predictions import Predictions
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import Provenance, read_json


def run(training: Path, test: Path, report_mount: Path, output: Path) -> None:
    """Write ``model.jar``, ``metrics.json``, ``report.html``, ``plots/*.svg`` and ``configuration.json``."""
    started = time.monotonic()
    model = output / "model.jar"
    parts = list((training / "models").glob("partial_model_*.jar"))
    say(f"aggregate: {len(parts)} partial models")
    merge(parts, model)

    predictions, compounds = _predict(model, test / "test" / "compounds.tsv.gz")
    provenance = Provenance(report_mount / "report", training / "logs", model)
    sizes = provenance.training()
    summary = {
        "workflow": provenance.workflow,
        "training": sizes,
        "rows": provenance.rows(test_used=len(predictions.keys), test_dropped=compounds.dropped()),
        "test": metrics.test_metrics(predictions),
        "calibration": metrics.calibration(predictions, sizes),
        "seed": provenance.seed,
        "salt": provenance.salt,
        "versions": provenance.versions(),
        "user": provenance.source.get("user"),
        "data": {name: provenance.source.get(name) for name in ("release", "fingerprint")},
        "payload_sha256": payload_sha256(model),
    }
    say("aggregate: drawing the report")
    plots = report.draw(predictions, summary)
    summary["timings"] = {**provenance.timings(), "aggregate": round(time.monotonic() - started, 3)}

    text = json.dumps(summary, indent=2, allow_nan=False)
    (output / "metrics.json").write_text(text + "\n", encoding="utf-8")
    configuration = report_mount / "report" / "configuration.json"
    shutil.copyfile(configuration, output / "configuration.json")
    report.write(output, summary, plots, read_json(configuration))
    say(f"aggregate: {report.verdict(summary)}, {time.monotonic() - started:.1f} s")


def _predict(model: Path, table: Path) -> tuple[Predictions, Compounds]:
    jvm.start()
    compounds = Compounds(table)
    say(f"aggregate: predicting {compounds.rows:,} test compounds")
    predictions = prediction.predict(prediction.load(model), compounds)
    if not predictions.keys:
        raise UserError(f"none of {compounds.rows:,} test compounds can be predicted: {compounds.why()}")
    return predictions, compounds
