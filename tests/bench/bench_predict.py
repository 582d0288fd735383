# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of ``predict`` beside the number of structures, and beside CPSign's own loop.

.venvs/workflow/bin/python tests/bench/bench_predict.py [--trained-on COMPOUNDS] [STRUCTURES ...]

The plain way reads the same file with cpsign-api and predicts one molecule after the other; it neither standardises nor
looks for neighbours. Structures and figures are those of ``bench_training.py``; the model is trained on the first of
them (2,000), in 4 splits: the more it was trained on, the longer it thinks of a structure.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_ingest import digits, structures
from bench_training import PROGRAM, cost, ingest, precompute, train
from rdkit import RDLogger

PLAIN = """
import sys
from cpsign_workflow.cpsign import jvm
from cpsign_workflow.cpsign.jvm import java
jvm.start()
model, table, output = sys.argv[1:]
predictor = java("cheminf.io.ModelSerializer").loadChemPredictor(java("java.io.File")(model).toURI(), None)
source = java("chem.io.in.CSVFile")(java("java.io.File")(table).toURI()).setDelimiter(",")
confidences = java("java.util.Arrays").asList(0.8)
with open(output, "w") as lines:
    reader = source.getIterator(java("chem.io.in.ProgressTracker").createNoEarlyStopping())
    while reader.hasNext():
        molecule = reader.next()
        try:
            answer = predictor.predict(molecule, confidences)
        except java("cheminf.data.ChemDataset$DiscardedByChemFilter"):
            continue
        interval = answer.getInterval(0.8).getInterval()
        lines.write(f"{answer.getY_hat()},{interval.lowerEndpoint()},{interval.upperEndpoint()}\\n")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trained-on", type=int, default=2_000, metavar="COMPOUNDS")
    parser.add_argument("structures", type=int, nargs="*", default=[2_000, 20_000])
    wanted = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory(prefix="bench-predict-") as name:
        folder = Path(name)
        model = trained(folder, wanted.trained_on)
        print(f"  {'':42} {'seconds':>9} {'cpu':>9} {'peak MB':>9} {'x seconds':>9} {'x cpu':>9}")
        for number in wanted.structures:
            measure(folder, model, number)


def trained(folder: Path, compounds: int) -> Path:
    """The folder of a model; not measured here."""
    ingestion = ingest(folder, compounds)
    precompute(folder, ingestion, "precomputed", [])
    train(folder, ingestion, "trained", len(os.sched_getaffinity(0)))
    (folder / "result").mkdir()
    shutil.copytree(folder / "trained" / "out" / "models", folder / "training" / "models")
    shutil.copytree(folder / "trained" / "out" / "logs", folder / "training" / "logs")
    mounts = ["--training", folder / "training", "--test", ingestion, "--data", ingestion, "--report", ingestion]
    command = [PROGRAM, "aggregate", *mounts, "--output", folder / "result"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "result" / "model.jar"


def measure(folder: Path, model: Path, number: int) -> None:
    print(f"{number:,} structures")
    table, known = folder / "structures.csv", structures()
    with table.open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["smiles"])
        lines.writerows([digits(place // len(known), "CNOS", 5) + known[place % len(known)]] for place in range(number))
    plain = cost([[sys.executable, "-c", PLAIN, str(model), str(table), str(folder / "plain.csv")]])
    plain.show("plain: CPSign's own loop")
    options = ["--model", model, "--input", table, "--output"]
    one = cost([["taskset", "-c", str(min(os.sched_getaffinity(0))), PROGRAM, "predict", *options, folder / "1.csv"]])
    one.show("predict, 1 core", plain)
    cores = len(os.sched_getaffinity(0))
    every = cost([[PROGRAM, "predict", *options, folder / "all.csv"]])
    every.show(f"predict, {cores} cores", plain)
    print(
        f"  {number / plain.seconds:,.0f} a second plainly, {number / every.seconds:,.0f} on {cores} cores: "
        f"{plain.seconds / every.seconds:.2f} times as fast; by processor time, which other work on the machine does "
        f"not change, {plain.cpu / (every.cpu / cores):.2f} times"
    )


if __name__ == "__main__":
    main()
