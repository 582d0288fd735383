# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptors do not depend on how many cores computed them, and tuning looks only at what is reserved for it."""

import json
from pathlib import Path
from typing import Any

import pytest
from steps import LABELS, Rows, classified, compounds, logs, precomputed, trained, write_table

from cpsign_workflow import cores
from cpsign_workflow.cpsign import dataset, slices
from cpsign_workflow.cpsign.jvm import java
from cpsign_workflow.digest import entry_digests
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.partition import is_drawn

BAD: Rows = [("X1", "C1CC", "1"), ("X2", "C", "1"), ("X3", "CCCCCC", "much")]
TUNE: dict[str, Any] = {"grid": {"C": [0.001, 1], "svrEpsilon": [0.01, 0.1]}}


def in_one_pass(table: Path, jar: Path, labels: tuple[str, ...]) -> None:
    """CPSign's own way."""
    whole = java("cheminf.data.ChemDataset")(java("cheminf.descriptors.SignaturesDescriptor")(1, 3))
    whole.setProgressTracker(java("chem.io.in.ProgressTracker").createNoEarlyStopping())
    whole.initializeDescriptors()
    source = java("chem.io.in.CSVFile")(java("java.io.File")(str(table)).toURI())
    reader = source.setDelimiter("\t").setSmilesColumnHeader("smiles").getIterator(whole.getProgressTracker())
    whole.add(reader, "value", *([java("data.NamedLabels")(list(labels))] if labels else []))
    dataset.save(whole, jar)


@pytest.mark.parametrize("labels", [(), LABELS], ids=["regression", "classification"])
def test_the_same_on_any_number_of_cores_as_in_one_pass(
    labels: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*BAD, *(classified(compounds(120)) if labels else compounds(120))]
    flags = {"ptype": 1 if labels else 2}
    one = precomputed(tmp_path / "one", rows, flags)
    in_one_pass(tmp_path / "one" / "data" / "compounds.tsv.gz", tmp_path / "plain.jar", labels)
    assert entry_digests(one / "precomputed.jar") == entry_digests(tmp_path / "plain.jar")
    for workers, rows_of_a_slice in ((1, 50), (2, 50), (3, 7), (8, 1)):
        monkeypatch.setattr(cores, "available", lambda workers=workers: workers)
        monkeypatch.setattr(slices, "ROWS", rows_of_a_slice)
        several = precomputed(tmp_path / f"{workers} {rows_of_a_slice}", rows, flags)
        assert entry_digests(several / "precomputed.jar") == entry_digests(one / "precomputed.jar")
        counted = json.loads((several / "precompute.json").read_text())["rows"]
        assert counted == json.loads((one / "precompute.json").read_text())["rows"]
        assert sum(counted["dropped"].values()) + counted["used"] == len(rows)


def test_equal_values(tmp_path: Path) -> None:
    rows = [(key, smiles, "1.5") for key, smiles, _unused in compounds(50)]
    with pytest.raises(UserError, match=r"all \d+ compounds have the value 1.5: nothing to learn"):
        precomputed(tmp_path, rows, {"ptype": 2})


def test_stereoisomers_differ_by_stereo_signatures(tmp_path: Path) -> None:
    isomers = [("A", "C[C@H](F)C(=O)O", "1"), ("B", "C[C@@H](F)C(=O)O", "2")]
    for kind, vectors in (("standard", 1), ("stereo", 2)):
        folder = precomputed(tmp_path / kind, isomers, {"ptype": 2, "signatures-generator": kind})
        records = dataset.load(folder / "precomputed.jar").getDataset()
        assert len({str(record.getFeatures()) for record in records}) == vectors


def reserved(rows: Rows, seed: int = 1) -> set[str]:
    return {key for key, _unused, _unused in rows if is_drawn(key, f"tune {seed}", dataset.RESERVED_SHARE)}


def tuning_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "precompute.json").read_text())["tuning"]
    return found


def test_tuning_tries_every_combination_and_training_takes_the_best(tmp_path: Path) -> None:
    rows = compounds(400)
    data = precomputed(tmp_path, rows, {"ptype": 2}, TUNE)
    found = tuning_of(data)
    assert found["compounds"] <= len(reserved(rows))
    assert [each["parameters"] for each in found["grid"]] == [
        {"C": cost, "svrEpsilon": tube} for cost in (0.001, 1) for tube in (0.01, 0.1)
    ]
    best = min(found["grid"], key=lambda each: each["score"])
    assert found["chosen"] == best["parameters"]
    trained(tmp_path, data, {"ptype": 2, "nr-models": 2}, splits_per_file=1)
    for log in logs(tmp_path):
        assert log["parameters"]["scorer"] == {"name": "LinearSVR", "parameters": found["chosen"]}


def test_tuning_sees_neither_calibration_nor_test_compounds(tmp_path: Path) -> None:
    """Other values for all compounds but the reserved ones do not change what tuning finds."""
    rows = compounds(400)
    kept = reserved(rows)
    others = [row if row[0] in kept else (*row[:2], str(place)) for place, row in enumerate(rows)]
    first, second = (
        precomputed(tmp_path / name, table, {"ptype": 2}, TUNE) for name, table in (("a", rows), ("b", others))
    )
    assert tuning_of(first) == tuning_of(second)
    compounds_in_all = json.loads((first / "precompute.json").read_text())["rows"]["used"]
    trained(tmp_path, first, {"ptype": 2, "sampling-strategy": "Folded:folds=3"})
    (log,) = logs(tmp_path)
    calibrated = sum(split["calibration"] for split in log["splits"])
    assert calibrated == compounds_in_all - tuning_of(first)["compounds"]
    assert all(split["proper"] + split["calibration"] == compounds_in_all for split in log["splits"])


def test_tuning_of_classes(tmp_path: Path) -> None:
    tune = {"grid": {"C": [0.0001, 1]}, "metric": "ROC_AUC", "folds": 2}
    found = tuning_of(precomputed(tmp_path, classified(compounds(400)), {"ptype": 1}, tune))
    best = max(found["grid"], key=lambda each: each["score"])
    assert found["chosen"] == best["parameters"]
    assert 0.5 < best["score"] <= 1


def test_too_few_compounds_to_tune(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tune: \d+ compounds are reserved for tuning .* too few for 50 folds"):
        precomputed(tmp_path, compounds(100), {"ptype": 2}, {**TUNE, "folds": 50})


def test_nothing_is_reserved_without_tuning(tmp_path: Path) -> None:
    data = precomputed(tmp_path, compounds(60), {"ptype": 2})
    assert tuning_of(data) is None
    assert dataset.load(data / "precomputed.jar").getModelingExclusiveDataset().isEmpty()


def test_table_without_rows(tmp_path: Path) -> None:
    write_table(tmp_path / "x.tsv.gz", [])
    with pytest.raises(UserError, match="there are no compounds in it"):
        precomputed(tmp_path, [], {"ptype": 2})
