# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of the steps beside the number of compounds.

.venvs/workflow/bin/python tests/bench/bench_training.py [COMPOUNDS ...]

The plain way is the same calls of cpsign-api in one process, one after the other. Structures are those of
``bench_ingest.py``, the value is their computed logP. ``seconds`` is what a clock shows, ``cpu`` what all cores worked,
which a busy machine does not change; speed-ups are of both.
"""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench_ingest import digits, structures
from rdkit import Chem, RDLogger
from rdkit.Chem import Crippen

SIZES = (1_000, 10_000, 100_000)
SPLITS = 4
PROGRAM = Path(sys.executable).parent / "cpsign-workflow"
PLAIN = """
import sys
from pathlib import Path
from cpsign_workflow.cpsign import jvm, prediction
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.cpsign.jvm import java
jvm.start()
table, test, splits, model = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
java("commons.GlobalConfig").getInstance().setRNGSeed(1)
dataset = java("cheminf.data.ChemDataset")(java("cheminf.descriptors.SignaturesDescriptor")(1, 3))
dataset.setProgressTracker(java("chem.io.in.ProgressTracker").createNoEarlyStopping())
dataset.initializeDescriptors()
source = java("chem.io.in.CSVFile")(java("java.io.File")(table).toURI())
dataset.add(source.setDelimiter("\\t").setSmilesColumnHeader("smiles").getIterator(), "value")
scorer = java("ml.algorithms.svm.LinearSVR")()
icp = java("ml.cp.icp.ICPRegressor")(java("ml.cp.nonconf.regression.NormalizedNCM")(scorer))
icp.setPValueCalculator(java("ml.cp.nonconf.calc.StandardPValue")())
acp = java("ml.cp.acp.ACPRegressor")(icp, java("ml.sampling.RandomSampling")(splits, 0.2))
acp.setSeed(1)
predictor = java("cheminf.ChemCPRegressor")(acp)
predictor.setDataset(dataset)
predictor.withModelInfo(java("ml.io.ModelInfo")("plain", java("commons.Version").parseVersion("1.0.0"), ""))
predictor.train()
java("cheminf.io.ModelSerializer").saveModel(predictor, java("java.io.File")(model), None, [])
prediction.predict(predictor, Compounds(Path(test)))
"""


@dataclass(frozen=True)
class Cost:
    """Of one or several processes."""

    seconds: float
    cpu: float
    peak_mb: float

    def show(self, what: str, beside: "Cost | None" = None) -> None:
        ratio = f"{self.seconds / beside.seconds:9.2f} {self.cpu / beside.cpu:9.2f}" if beside else ""
        print(f"  {what:42} {self.seconds:9.1f} {self.cpu:9.1f} {self.peak_mb:9.0f} {ratio}", flush=True)


def main() -> None:
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    print(f"  {'':42} {'seconds':>9} {'cpu':>9} {'peak MB':>9} {'x seconds':>9} {'x cpu':>9}")
    for number in [int(text) for text in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory(prefix="bench-training-") as name:
            measure(Path(name), number)


def measure(folder: Path, number: int) -> None:
    print(f"{number:,} compounds, {SPLITS} splits")
    configure(folder / "config", number)
    ingestion = folder / "ingestion"
    ingested = cost([[PROGRAM, "ingest", "--input", folder / "config", "--output", ingestion]])
    ingested.show("ingest, every key computed")
    table, test = ingestion / "data" / "compounds.tsv.gz", ingestion / "test" / "compounds.tsv.gz"
    arguments = [str(table), str(test), str(SPLITS), str(folder / "plain.jar")]
    plain = cost([[sys.executable, "-c", PLAIN, *arguments]])
    plain.show("plain: cpsign-api in one process")

    one_core = precompute(folder, ingestion, "one", ["taskset", "-c", str(min(os.sched_getaffinity(0)))])
    one_core.show("precompute, 1 core")
    all_cores = precompute(folder, ingestion, "precomputed", [])
    all_cores.show(f"precompute, {len(os.sched_getaffinity(0))} cores", one_core)

    one_worker = train(folder, ingestion, "trained_1", 1)
    one_worker.show(f"train, 1 worker, {SPLITS} files")
    two_workers = train(folder, ingestion, "trained_2", 2)
    two_workers.show(f"train, 2 workers, {SPLITS} files", one_worker)

    (folder / "training").mkdir()
    shutil.copytree(folder / "trained_1" / "out" / "models", folder / "training" / "models")
    shutil.copytree(folder / "trained_1" / "out" / "logs", folder / "training" / "logs")
    options = ["--training", folder / "training", "--test", ingestion, "--data", ingestion, "--report", ingestion]
    (folder / "result").mkdir()
    aggregate = cost([[PROGRAM, "aggregate", *options, "--output", folder / "result"]])
    aggregate.show("aggregate, with report")
    for workers, trained in (("1 worker", one_worker), ("2 workers", two_workers)):
        steps = (all_cores, trained, aggregate)
        total = Cost(sum(s.seconds for s in steps), sum(s.cpu for s in steps), max(s.peak_mb for s in steps))
        total.show(f"precompute + train ({workers}) + aggregate", plain)
    again = ingested.seconds + two_workers.seconds + aggregate.seconds
    print(f"  ingest beside ingest + train (2 workers) + aggregate: {ingested.seconds / again:.0%}")


def configure(config: Path, number: int) -> None:
    """Generated compounds in a file, and a configuration."""
    config.mkdir()
    known = structures()
    with (config / "values.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["smiles", "value"])
        for place in range(number):
            turn, structure = divmod(place, len(known))
            smiles = digits(turn, "CNOS", 5) + known[structure]
            table.writerow([smiles, round(Crippen.MolLogP(Chem.MolFromSmiles(smiles)), 3)])
    configuration = {
        "workflow_name": "bench",
        "source": {"file": "values.csv", "smiles": "smiles", "value": "value"},
        "parallellism": {"splits_per_model": 1},
        "cpsign": {"ptype": 2, "nr-models": SPLITS},
    }
    (config / "configuration.json").write_text(json.dumps(configuration))


def precompute(folder: Path, ingestion: Path, output: str, prefix: Sequence[str]) -> Cost:
    (folder / output).mkdir()
    options = ["--data", ingestion, "--parameters", ingestion, "--output", folder / output]
    return cost([[*prefix, PROGRAM, "precompute", *options]])


def train(folder: Path, ingestion: Path, name: str, workers: int) -> Cost:
    """Each parameter file in a process of its own, as datums are; ``workers`` at a time."""
    commands = []
    for parameters in sorted((ingestion / "training").iterdir()):
        mount = folder / name / parameters.stem
        (mount / "training").mkdir(parents=True)
        shutil.copy(parameters, mount / "training")
        options = ["--parameters", mount, "--precomputed", folder / "precomputed", "--output", folder / name / "out"]
        commands.append([PROGRAM, "train", *options])
    return cost(commands, workers)


def cost(commands: Sequence[Sequence[str | Path]], workers: int = 1) -> Cost:
    """Run the commands, ``workers`` at a time."""
    before, started = cpu_of_children(), time.monotonic()
    with ThreadPoolExecutor(workers) as threads:
        peaks = list(threads.map(peak_of, commands))
    return Cost(time.monotonic() - started, cpu_of_children() - before, max(peaks))


def peak_of(command: Sequence[str | Path]) -> float:
    """Run the command; returns its largest resident size in MB."""
    with tempfile.NamedTemporaryFile("r") as figure:
        subprocess.run(
            ["/usr/bin/time", "-f", "%M", "-o", figure.name, *command], check=True, stdout=subprocess.DEVNULL
        )
        return int(figure.read()) / 1024


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
