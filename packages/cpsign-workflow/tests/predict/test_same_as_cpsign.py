# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers are those of CPSign, of the report, and the same on any number of cores, in the order of the input."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from calling import predict, predicted, written
from freesolv_training import Training
from molecules import drugs
from steps import classified, compounds, merged, precomputed, trained, write_table

from cpsign_workflow import cores
from cpsign_workflow.cpsign import jvm, prediction
from cpsign_workflow.cpsign.compounds import Compounds
from cpsign_workflow.cpsign.jvm import java
from cpsign_workflow.ingest import processes
from cpsign_workflow.ingest.compressed import rows
from cpsign_workflow.predict import run
from cpsign_workflow.predictions import ClassificationPredictions

ONE_FRAGMENT = [smiles for smiles in drugs() if "." not in smiles]


@pytest.fixture(scope="module")
def probabilities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Venn-ABERS model."""
    return small(tmp_path_factory.mktemp("probabilities"), {"ptype": 5, "sampling-strategy": "RandomStratified"})


@pytest.fixture(scope="module")
def transductive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("transductive"), {"ptype": 3})


def small(folder: Path, flags: dict[str, Any]) -> Path:
    parts = trained(folder, precomputed(folder, classified(compounds(150)), flags), flags)
    return merged(parts, folder / "whole")


def plain(model: Path, structures: list[str]) -> list[Any]:
    """CPSign's own way: its reader of SMILES, its model, one molecule after the other."""
    jvm.start()
    parser = java("org.openscience.cdk.smiles.SmilesParser")(
        java("org.openscience.cdk.silent.SilentChemObjectBuilder").getInstance()
    )
    loaded = java("cheminf.io.ModelSerializer").loadChemPredictor(java("java.io.File")(str(model)).toURI(), None)
    confidences = java("java.util.Arrays").asList(0.8, 0.95)
    extra = [confidences] if isinstance(loaded, java("cheminf.ChemCPRegressor")) else []
    return [loaded.predict(parser.parseSmiles(smiles), *extra) for smiles in structures]


def test_intervals(regression: Training, tmp_path: Path) -> None:
    structures = ONE_FRAGMENT[:120]
    source = written(tmp_path / "in.csv", structures)
    found = predicted(regression.model, source, tmp_path / "out.csv", "--confidences", "0.8,0.95")
    for row, answer in zip(found, plain(regression.model, structures), strict=True):
        assert float(row["predicted"]) == answer.getY_hat()
        for confidence in (0.8, 0.95):
            interval = answer.getInterval(confidence).getInterval()
            assert float(row[f"lower {confidence}"]) == interval.lowerEndpoint()
            assert float(row[f"upper {confidence}"]) == interval.upperEndpoint()


def test_p_values_and_sets(classification: Training, tmp_path: Path) -> None:
    structures = ONE_FRAGMENT[:60]
    source = written(tmp_path / "in.csv", structures)
    found = predicted(classification.model, source, tmp_path / "out.jsonl", "--confidences", "0.8,0.95")
    for row, answer in zip(found, plain(classification.model, structures), strict=True):
        p_values = {str(label): float(answer.get(label)) for label in answer.keySet()}
        assert {label: row[f"p {label}"] for label in p_values} == p_values
        assert row["predicted"] == max(p_values, key=lambda label: p_values[label])
        assert set(row["set 0.8"]) == {label for label, p in p_values.items() if p > 0.2}
        assert set(row["set 0.95"]) == {label for label, p in p_values.items() if p > 0.05}


def test_probabilities(probabilities: Path, tmp_path: Path) -> None:
    structures = ONE_FRAGMENT[:40]
    found = predicted(probabilities, written(tmp_path / "in.csv", structures), tmp_path / "out.csv")
    for row, answer in zip(found, plain(probabilities, structures), strict=True):
        by_label = {str(label): float(p) for label, p in answer.getProbabilities().items()}
        assert {label: float(row[f"probability {label}"]) for label in by_label} == by_label
        assert float(row["p0 volatile"]) <= float(row["probability volatile"]) <= float(row["p1 volatile"])


def test_transductive_ones_do_not_depend_on_what_was_asked_before(transductive: Path, tmp_path: Path) -> None:
    structures = [smiles for _key, smiles, _value in compounds(160)[150:]]
    write_table(tmp_path / "table.tsv.gz", [(str(n), smiles, "") for n, smiles in enumerate(reversed(structures))])
    table = Compounds(tmp_path / "table.tsv.gz")
    known = prediction.predict(prediction.load(transductive), table)
    assert isinstance(known, ClassificationPredictions)
    by_structure = {structures[-1 - int(key)]: p for key, p in zip(known.keys, known.p_values.tolist(), strict=True)}
    for row in predicted(transductive, written(tmp_path / "in.csv", structures), tmp_path / "out.jsonl"):
        if row["error"] is None:
            assert [row["p soluble"], row["p volatile"]] == by_structure.pop(row["smiles"])
    assert not by_structure


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_those_of_the_report(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    training: Training = request.getfixturevalue(kind)
    found = predicted(training.model, training.ingestion / "test" / "compounds.tsv.gz", tmp_path / "out.csv")
    answered = {row["key"]: row for row in found if not row["error"]}
    reported = {row["key"]: row for row in rows(training.result / "predictions.tsv.gz")}
    assert answered.keys() == reported.keys()
    names = {"lower": "lower 0.8", "upper": "upper 0.8"}
    for key, row in reported.items():
        same = {name: answered[key][names.get(name, name)] for name in row.keys() - {"key", "smiles", "observed"}}
        assert same == {name: row[name] for name in same}
        assert answered[key]["smiles"] == row["smiles"]


def test_a_salt_is_asked_about_as_its_parent(regression: Training, tmp_path: Path) -> None:
    salts = [smiles for smiles in drugs() if "." in smiles][:25]
    found = predicted(regression.model, written(tmp_path / "in.csv", salts), tmp_path / "out.jsonl")
    parents = [row["parent"] for row in found]
    assert all(parents)
    again = predicted(regression.model, written(tmp_path / "parents.csv", parents), tmp_path / "again.jsonl")
    for salt, parent in zip(found, again, strict=True):
        assert parent["parent"] is None or "." in parent["smiles"]
        same = salt.keys() - {"smiles", "parent"}
        assert {name: salt[name] for name in same} == {name: parent[name] for name in same}


def test_one_and_two_cores_write_the_same_bytes_in_order(
    regression: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    structures = [f"{'C' * (place % 5)}{smiles}" for place, smiles in enumerate(ONE_FRAGMENT[:300])]
    structures[7] = structures[250] = "no structure at all"
    with gzip.open(tmp_path / "in.csv.gz", "wt") as lines:
        lines.write("smiles,number\n" + "".join(f"{smiles},{place}\n" for place, smiles in enumerate(structures)))
    for number in (1, 2):
        monkeypatch.setattr(cores, "available", lambda number=number: number)
        assert predict(regression.model, tmp_path / "in.csv.gz", tmp_path / f"{number}.csv") == 0
        monkeypatch.setattr(processes, "FEW", 20)
        monkeypatch.setattr(processes, "BATCH", 13)
        monkeypatch.setattr(run, "BATCH", 7)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
    lines_of = (tmp_path / "2.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in lines_of] == [str(place) for place in range(300)]
