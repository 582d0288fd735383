# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of rows: keys, duplicates, labels, the two sides of the test."""

import csv
import gzip
import io
import math
import random
from collections.abc import Callable

import pytest
from chembl_structure_pipeline import standardizer  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdinchi
from workflows import Result, Workflow, data_file

from cpsign_workflow.configuration import HoldOut
from cpsign_workflow.ingest.duplicates import Merged, merge
from cpsign_workflow.ingest.partition import is_test
from cpsign_workflow.ingest.structure import structure_of

MakeWorkflow = Callable[[str, str | bytes], Workflow]


def table(*rows: tuple[str, object]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows([("smiles", "value"), *rows])
    return stream.getvalue()


def filler(*values: object) -> list[tuple[str, object]]:
    """Compounds enough for both sides, with these values in turn."""
    return [("N" + "C" * length, values[length % len(values)]) for length in range(40)]


class TestKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),  # enantiomers of alanine
            ("F/C=C/F", "F/C=C\\F"),
            ("CC(C)NCC(O)COc1ccccc1", "Cl.CC(C)NCC(O)COc1ccccc1"),  # a hydrochloride
            ("CC(=O)[O-].[Na+]", "CC(=O)O"),
            ("CC(=O)O[Na]", "CC(=O)O"),  # the same drawn with a bond
            ("[39K]Oc1ccccc1", "Oc1ccccc1"),
            ("OC(=O)CC", "CCC(O)=O"),
            ("CCO.O", "CCO"),  # a hydrate
            ("[2H]C([2H])([2H])O", "CO"),
        ],
    )
    def test_stereoisomers_salts_solvates_and_isotopes_share_one(self, one: str, other: str) -> None:
        first, second = structure_of(one, None), structure_of(other, None)
        assert first
        assert second
        assert first.key == second.key

    def test_constitutional_isomers_do_not(self) -> None:
        keys = {structure.key for smiles in ("CCCO", "CC(C)O", "COCC") if (structure := structure_of(smiles, None))}
        assert len(keys) == 3

    @pytest.mark.parametrize("smiles", ["C(", "c1ccccc1C)", "Q", "C(C)(C)(C)(C)C", "", "ethanol"])
    def test_unreadable(self, smiles: str) -> None:
        assert structure_of(smiles, None) is None

    @pytest.mark.parametrize("key", ["", "not a key", "abcdefghijklmn-UHFFFAOYSA-N"])
    def test_a_malformed_key_of_the_source_is_not_used(self, key: str) -> None:
        assert structure_of("CCO", key) == structure_of("CCO", None)

    def test_a_mixture_of_unknown_parts_stands_for_its_largest(self) -> None:
        structure = structure_of("CCCCCCCCc1ccncc1.CCCCc1ccncc1", None)
        assert structure
        assert Chem.MolFromSmiles(structure.smiles).GetNumAtoms() == 14
        assert structure.desalted

    @pytest.mark.parametrize("salt", ["CC(=O)[O-].[Na+]", "CC(=O)O[Na]", "CC(=O)[O-].CC(=O)[O-].[Mg+2]"])
    def test_the_part_that_stands_for_a_salt_is_neutral(self, salt: str) -> None:
        structure = structure_of(salt, None)
        assert structure
        assert structure.smiles == "CC(=O)O"

    def test_a_metal_complex_is_no_salt_of_its_ligand(self) -> None:
        ferrocene, ligand = structure_of("[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1", None), structure_of("C1C=CC=C1", None)
        assert ferrocene
        assert ligand
        assert ferrocene.key != ligand.key
        assert "Fe" in ferrocene.smiles

    def test_remembered_salts_change_no_structure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """ChEMBL's code as it comes, which parses every salt and solvent again for each molecule, gives the same."""
        with data_file("chembl_drugs.csv").open() as stream:
            salts = [row["smiles"] for row in csv.DictReader(stream) if "." in row["smiles"]]
        assert len(salts) > 100
        remembered = [structure_of(smiles, None) for smiles in salts]
        monkeypatch.setattr(standardizer, "Chem", Chem)
        assert remembered == [structure_of(smiles, None) for smiles in salts]


class TestDuplicates:
    def test_the_median_stands_for_values_that_agree(self, file_workflow: MakeWorkflow) -> None:
        same = [("OCC", 1.0), ("CCO", 1.2), ("C(C)O", 1.9)]
        result = file_workflow("t.csv", table(*same, *filler(1))).run()
        assert [(row["smiles"], row["value"]) for row in result.compounds() if row["smiles"] in ("CCO", "OCC")] == [
            ("CCO", "1.2")
        ]
        assert result.report()["rows"]["dropped"] == {"merged with another row of the structure": 2}

    def test_values_too_far_apart_are_dropped_and_listed(self, file_workflow: MakeWorkflow) -> None:
        result = file_workflow("t.csv", table(("OCC", 1.0), ("CCO", 2.001), *filler(1))).run()
        assert not {"CCO", "OCC"} & {row["smiles"] for row in result.compounds()}
        assert [(row["smiles"], row["value"]) for row in result.table("report/dropped.tsv.gz")] == [
            ("CCO", "2.001"),
            ("OCC", "1.0"),
        ]

    def test_the_more_frequent_label_wins_and_a_tie_is_dropped(self) -> None:
        rows = [Merged("C", "a"), Merged("C", "b"), Merged("C", "a")]
        assert merge("classification", rows) == Merged("C", "a")
        assert isinstance(merge("classification", rows[:2]), str)

    @settings(deadline=None)
    @given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), st.randoms(use_true_random=False))
    def test_the_order_of_the_rows_does_not_matter(self, values: list[float], shuffle: random.Random) -> None:
        rows = [Merged("C" * (number % 3 + 1), repr(value)) for number, value in enumerate(values)]
        first = merge("regression", rows)
        shuffle.shuffle(rows)
        assert merge("regression", rows) == first
        assert isinstance(first, Merged) == (max(values) - min(values) <= 1)


class TestLabels:
    @staticmethod
    def classification(workflow: Workflow, **changes: object) -> Result:
        workflow.configuration["cpsign"] = {"ptype": 1}
        workflow.configuration |= changes
        return workflow.run()

    def test_threshold_makes_two_classes(self, file_workflow: MakeWorkflow) -> None:
        workflow = file_workflow("t.csv", table(*filler(0.5, 1, 1.5), ("O", "high")))
        result = self.classification(workflow, classes={"threshold": 1, "below": "low", "above": "high"})
        report = result.report()
        assert report["rows"]["dropped"] == {"value is not a number": 1}
        assert sum(report["classes"]["low"].values()) == 14
        assert sum(report["classes"]["high"].values()) == 26

    def test_labels_are_found_in_other_forms_of_a_number(self, file_workflow: MakeWorkflow) -> None:
        workflow = file_workflow("t.csv", table(*filler("1.00", "0"), ("O", "2"), ("CO", "")))
        workflow.configuration["cpsign"] = {"ptype": 1, "labels": [0, 1]}
        result = workflow.run()
        assert {row["value"] for row in result.compounds()} == {"0", "1"}
        assert result.report()["rows"]["dropped"] == {"no value": 1, "value is not one of the labels": 1}

    def test_one_class_only(self, file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
        workflow = file_workflow("t.csv", table(*filler(1)))
        assert self.classification(workflow, classes={"threshold": 5, "below": "low", "above": "high"}).code == 1
        assert "no training compound has the label 'high'" in capsys.readouterr().err


class TestSides:
    def test_no_key_is_on_both_and_stereoisomers_and_salts_share_one(self, file_workflow: MakeWorkflow) -> None:
        """ChEMBL's drugs, each also without stereo and as a hydrochloride."""
        with data_file("chembl_drugs.csv").open() as stream:
            smiles = [row["smiles"] for row in csv.DictReader(stream)][:300]
        flat = [text.replace("@", "").replace("/", "").replace("\\", "") for text in smiles]
        salts = [f"{text}.Cl" for text in flat]
        result = file_workflow("t.csv", table(*((text, 1) for text in (*smiles, *flat, *salts)))).run()
        sides = [self.first_blocks(result, side) for side in ("data", "test")]
        assert min(map(len, sides)) > 100
        assert not sides[0] & sides[1]
        assert result.report()["rows"]["used"] <= 300

    @staticmethod
    def first_blocks(result: Result, side: str) -> set[str]:
        """Computed again from what was written, not taken from the column of keys."""
        structures = [Chem.MolFromSmiles(row["smiles"]) for row in result.table(f"{side}/compounds.tsv.gz")]
        return {rdinchi.MolToInchiKey(structure)[:14] for structure in structures}

    @settings(deadline=None)
    @given(st.sets(st.text("ABCDEFGH", min_size=14, max_size=14), min_size=1), st.floats(0.01, 0.98), st.text())
    def test_a_larger_share_keeps_the_test_compounds(self, keys: set[str], share: float, salt: str) -> None:
        for key in keys:
            assert is_test(key, HoldOut(share + 0.01, salt)) >= is_test(key, HoldOut(share, salt))

    def test_the_share_is_what_was_asked_for_and_salts_differ(self) -> None:
        keys = [f"{number:014d}" for number in range(20_000)]
        sides = [[is_test(key, HoldOut(0.15, salt)) for key in keys] for salt in ("one", "two")]
        margin = 4 * math.sqrt(0.15 * 0.85 / len(keys))
        assert all(abs(sum(side) / len(keys) - 0.15) < margin for side in sides)
        both = sum(one and two for one, two in zip(*sides, strict=True)) / len(keys)
        assert abs(both - 0.15**2) < margin


def test_compounds_are_sorted_and_gzip_says_nothing_of_time_or_name(file_workflow: MakeWorkflow) -> None:
    result = file_workflow("t.csv", table(*filler(1))).run()
    content = (result.output / "data" / "compounds.tsv.gz").read_bytes()
    assert content[3:8] == bytes(5)  # flags (no name) and time of RFC 1952
    lines = gzip.decompress(content).decode().splitlines()
    assert lines[0] == "key\tsmiles\tvalue"
    assert lines[1:] == sorted(lines[1:])
