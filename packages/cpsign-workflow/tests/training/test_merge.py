# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only complete models of one training come out of a merge."""

from pathlib import Path

import pytest
from freesolv_training import REGRESSION, Training, freesolv, permuted

from cpsign_workflow import standardisation
from cpsign_workflow.digest import open_jar, payload_sha256
from cpsign_workflow.errors import UserError
from cpsign_workflow.merge import merge


def refusal(partial_models: list[Path], folder: Path) -> str:
    with pytest.raises(UserError) as refused:
        merge(partial_models, folder / "model.jar")
    assert not (folder / "model.jar").exists()
    return str(refused.value)


def other(folder: Path, rows: list[dict[str, str]] | None = None, **flags: object) -> Path:
    """The first partial model of another training, under the name of a second one."""
    training = Training(folder, {**REGRESSION, **flags}, splits_per_model=1, rows=rows or freesolv())
    training.ingest()
    training.precompute()
    training.train()
    return training.partial_models[0].rename(folder / "partial_model_9.jar")


def test_no_partial_model(tmp_path: Path) -> None:
    assert "no partial model" in refusal([], tmp_path)


def test_missing_splits_are_named(regression: Training, tmp_path: Path) -> None:
    first, _unused, third, _unused, fifth = regression.partial_models
    assert refusal([first, third, fifth], tmp_path).startswith("split 2, 4 of 5 is missing")


def test_double_split_is_named_with_both_files(regression: Training, tmp_path: Path) -> None:
    again = tmp_path / "partial_model_7.jar"
    again.write_bytes(regression.partial_models[2].read_bytes())
    message = refusal([*regression.partial_models, again], tmp_path)
    assert "split 3 stands in both partial_model_3.jar and partial_model_7.jar" in message


def test_other_seed(regression: Training, tmp_path: Path) -> None:
    message = refusal([*regression.partial_models[1:], other(tmp_path / "other", seed=2)], tmp_path)
    assert "partial_model_9.jar is not of the same training as partial_model_2.jar" in message
    assert "parameters.seed is 2 instead of 1" in message


def test_other_settings(regression: Training, tmp_path: Path) -> None:
    message = refusal([*regression.partial_models[1:], other(tmp_path / "other", cost=3)], tmp_path)
    assert "parameters.scorer.parameters.C is 3.0 instead of null" in message


def test_other_values_of_the_same_structures(regression: Training, tmp_path: Path) -> None:
    foreign = other(tmp_path / "other", rows=permuted(freesolv()))
    assert "precomputed_sha256 is " in refusal([*regression.partial_models[1:], foreign], tmp_path)


def test_what_is_no_partial_model(regression: Training, tmp_path: Path) -> None:
    text = tmp_path / "partial_model_1.jar"
    text.write_text("not a jar")
    assert "partial_model_1.jar: not a jar file" in refusal([text], tmp_path)
    precomputed = regression.precomputed / "precomputed.jar"
    assert "precomputed.jar: not a partial model" in refusal([precomputed], tmp_path)


def test_what_read_the_structures_is_in_the_model_and_no_part_of_its_payload(
    regression: Training, tmp_path: Path
) -> None:
    section = standardisation.manifest_section({"rdkit": "1.2.3", "chembl_structure_pipeline": "4"})
    merge(regression.partial_models, tmp_path / "with.jar", section)
    merge(regression.partial_models, tmp_path / "without.jar")
    assert payload_sha256(tmp_path / "with.jar") == payload_sha256(tmp_path / "without.jar")
    for name, found in (("with", {"rdkit": "1.2.3", "chembl_structure_pipeline": "4"}), ("without", {})):
        with open_jar(tmp_path / f"{name}.jar") as jar:
            assert standardisation.of_model(jar) == found
    with open_jar(regression.model) as jar:
        assert standardisation.of_model(jar) == standardisation.versions()
