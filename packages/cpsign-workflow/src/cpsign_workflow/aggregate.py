# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``aggregate``: one model out of its parts, judged on the compounds that were kept back."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from cpsign_workflow import metrics, neighbours, predictions_table, report, standardisation
from cpsign_workflow.before import Before
from cpsign_workflow.chemistry import Chemistry, look_at
from cpsign_workflow.cpsign import jvm, prediction
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.merge import merge, training_source
from cpsign_workflow.neighbours import Neighbours
from cpsign_workflow.predictions import Predictions
from cpsign_workflow.progress import say
from cpsign_workflow.provenance import Provenance, read_json


def run(training: Path, data: Path, test: Path, report_mount: Path, output: Path) -> None:
    """Write model.jar, metrics.json, report.html, plots/*.svg, configuration.json and two tables.

    These are predictions.tsv.gz, of the test compounds, and training.fps.gz, the fingerprints of the others.
    """
    started = time.monotonic()
    model, configuration = output / "model.jar", report_mount / "report" / "configuration.json"
    table = test / "test" / "compounds.tsv.gz"
    parts = list((training / "models").glob("partial_model_*.jar"))
    say(f"aggregate: {len(parts)} partial models")
    read_with = read_json(report_mount / "report" / "ingestion.json")["versions"]
    merge(parts, model, standardisation.manifest_section(read_with))

    predictions, compounds = _predict(model, table)
    fingerprints = output / neighbours.FILE
    neighbours.write(fingerprints, data / "data" / "compounds.tsv.gz", training_source(model))
    chemistry = look_at(predictions.keys, table, Neighbours.read(fingerprints))
    predictions_table.write(output / "predictions.tsv.gz", predictions, chemistry)
    provenance = Provenance(report_mount / "report", training / "logs", model)
    before = Before.find(report_mount / "report" / "before", provenance)
    summary = {
        **_figures(predictions, chemistry, provenance.training()),
        "rows": provenance.rows(test_used=len(predictions.keys), test_dropped=compounds.dropped()),
        "workflow": provenance.workflow,
        "data": provenance.data(),
        "seed": provenance.seed,
        "salt": provenance.salt,
        "split": provenance.split,
        "test_looks": 1 + (before.test_looks if before else 0),
        "before": before.compare(output / "predictions.tsv.gz", table) if before else None,
        "versions": provenance.versions(),
        "user": provenance.source.get("user"),
        "payload_sha256": payload_sha256(model),
    }
    say("aggregate: drawing the report")
    pictures = report.draw(predictions, chemistry, summary)
    summary["timings"] = {**provenance.timings(), "aggregate": round(time.monotonic() - started, 3)}

    text = json.dumps(summary, indent=2, allow_nan=False)
    (output / "metrics.json").write_text(text + "\n", encoding="utf-8")
    shutil.copyfile(configuration, output / "configuration.json")
    report.write(output, summary, pictures, read_json(configuration))
    say(f"aggregate: {report.verdict(summary)}, {time.monotonic() - started:.1f} s")


def _figures(predictions: Predictions, chemistry: Chemistry, sizes: dict[str, Any]) -> dict[str, Any]:
    """What is computed from the test compounds; ``sizes`` are those of the training."""
    return {
        "training": sizes,
        "test": metrics.test_metrics(predictions),
        "calibration": metrics.calibration(predictions, sizes),
        "probability_bins": metrics.probability_bins(predictions),
        "validity": metrics.validity(predictions, chemistry, sizes),
    }


def _predict(model: Path, table: Path) -> tuple[Predictions, Compounds]:
    jvm.start()
    compounds = Compounds(table)
    say(f"aggregate: predicting {compounds.rows:,} test compounds")
    predictions = prediction.predict(prediction.load(model), compounds)
    if not predictions.keys:
        raise UserError(f"none of {compounds.rows:,} test compounds can be predicted: {compounds.why()}")
    return predictions, compounds
