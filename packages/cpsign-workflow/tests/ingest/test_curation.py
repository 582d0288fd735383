# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of rows: keys, duplicates, labels."""

import gzip
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from chembl_structure_pipeline import standardizer  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules import drugs
from rdkit import Chem
from workflows import Result, Workflow, filler, table, values_of

from cpsign_workflow.ingest.curation import Compound, curate
from cpsign_workflow.ingest.duplicates import Measurements, merge_labels
from cpsign_workflow.ingest.rows import Row
from cpsign_workflow.ingest.structure import structure_of

MakeWorkflow = Callable[[str, str | bytes], Workflow]


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
        first, second = structure_of(one), structure_of(other)
        assert first
        assert second
        assert first.key == second.key

    def test_constitutional_isomers_do_not(self) -> None:
        keys = {structure.key for smiles in ("CCCO", "CC(C)O", "COCC") if (structure := structure_of(smiles))}
        assert len(keys) == 3

    @pytest.mark.parametrize("smiles", ["C(", "c1ccccc1C)", "Q", "C(C)(C)(C)(C)C", "", "ethanol"])
    def test_unreadable(self, smiles: str) -> None:
        assert structure_of(smiles) is None

    @pytest.mark.parametrize(
        ("smiles", "key", "expected"),
        [
            ("CCO", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", "LFQSCWFLJHTTHZ"),
            ("C[C@H](/C=C/F)c1ccc(Br)c[nH+]1", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", "LFQSCWFLJHTTHZ"),
            ("CCO.Cl", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", ""),  # it describes the salt
            ("CCO[Na]", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", ""),
            ("CCO", "", ""),
            ("CCO", "not a key", ""),
            ("CCO", "abcdefghijklmn-UHFFFAOYSA-N", ""),
            ("ethyl alcohol?", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", None),
        ],
    )
    def test_the_key_of_the_source_is_used_where_it_is_that_of_the_parent(
        self, smiles: str, key: str, expected: str | None, tmp_path: Path
    ) -> None:
        compound = curate(Row(smiles, "1", key), values_of(tmp_path))
        assert (compound.key if isinstance(compound, Compound) else None) == expected

    def test_a_mixture_of_unknown_parts_stands_for_its_largest(self) -> None:
        structure = structure_of("CCCCCCCCc1ccncc1.CCCCc1ccncc1")
        assert structure
        assert Chem.MolFromSmiles(structure.smiles).GetNumAtoms() == 14
        assert structure.desalted

    @pytest.mark.parametrize("salt", ["CC(=O)[O-].[Na+]", "CC(=O)O[Na]", "CC(=O)[O-].CC(=O)[O-].[Mg+2]"])
    def test_the_part_that_stands_for_a_salt_is_neutral(self, salt: str) -> None:
        structure = structure_of(salt)
        assert structure
        assert structure.smiles == "CC(=O)O"

    def test_a_metal_complex_is_no_salt_of_its_ligand(self) -> None:
        ferrocene, ligand = structure_of("[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1"), structure_of("C1C=CC=C1")
        assert ferrocene
        assert ligand
        assert ferrocene.key != ligand.key
        assert "Fe" in ferrocene.smiles

    def test_remembered_salts_change_no_structure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """ChEMBL's code as it comes, which parses every salt and solvent again for each molecule, gives the same."""
        salts = [smiles for smiles in drugs() if "." in smiles]
        assert len(salts) > 100
        remembered = [structure_of(smiles) for smiles in salts]
        monkeypatch.setattr(standardizer, "Chem", Chem)
        assert remembered == [structure_of(smiles) for smiles in salts]


class TestDuplicates:
    def test_the_median_stands_for_values_that_agree(self, file_workflow: MakeWorkflow) -> None:
        same = [("OCC", 1.0), ("CCO", 1.2), ("C(C)O", 1.9)]
        result = file_workflow("t.csv", table(*same, *filler(1, 2))).run()
        assert [(row["smiles"], row["value"]) for row in result.compounds() if row["smiles"] in ("CCO", "OCC")] == [
            ("CCO", "1.2")
        ]
        assert result.report()["rows"]["dropped"] == {"merged with another row of the structure": 2}

    def test_values_too_far_apart_are_dropped_and_listed(self, file_workflow: MakeWorkflow) -> None:
        result = file_workflow("t.csv", table(("OCC", 1.0), ("CCO", 2.001), *filler(1, 2))).run()
        assert not {"CCO", "OCC"} & {row["smiles"] for row in result.compounds()}
        assert [(row["smiles"], row["value"]) for row in result.table("report/dropped.tsv.gz")] == [
            ("CCO", "2.001"),
            ("OCC", "1.0"),
        ]

    def test_the_range_that_is_merged_may_be_another(self, file_workflow: MakeWorkflow) -> None:
        workflow = file_workflow("t.csv", table(("OCC", 1.0), ("CCO", 2.5), *filler(1, 2)))
        workflow.configuration["curation"] = {"largest_range": 1.5}
        assert {row["value"] for row in workflow.run().compounds() if row["smiles"] == "CCO"} == {"1.75"}

    def test_the_report_tells_how_far_repeated_measurements_differ(self, file_workflow: MakeWorkflow) -> None:
        repeated = [("OCC", 1.0), ("CCO", 1.4), ("CCS", 2.0), ("SCC", 2.1), ("C(C)S", 2.2), ("CCF", 1), ("FCC", 9)]
        report = file_workflow("t.csv", table(*repeated, *filler(1, 2))).run().report()
        deviations = [1.0 - 1.2, 1.4 - 1.2, 2.0 - 2.1, 0.0, 2.2 - 2.1]
        expected = math.sqrt(sum(deviation**2 for deviation in deviations) / (5 - 2))
        assert report["replicates"] == {
            "compounds": 2,
            "rows": 5,
            "standard_deviation": pytest.approx(expected, rel=1e-12),
        }

    def test_the_more_frequent_label_wins_and_a_tie_is_dropped(self) -> None:
        rows = [Compound("K", "C", label, "") for label in ("a", "b", "a")]
        assert merge_labels(rows) == Compound("K", "C", "a", "")
        assert isinstance(merge_labels(rows[:2]), str)

    def test_a_compound_is_known_since_its_first_paper(self) -> None:
        rows = [Compound("K", "C", "1.0", year) for year in ("2020", "", "1999", "2005")]
        assert Measurements(1).merge(rows) == Compound("K", "C", "1.0", "1999")

    @settings(deadline=None)
    @given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), st.randoms(use_true_random=False))
    def test_the_order_of_the_rows_does_not_matter(self, values: list[float], shuffle: random.Random) -> None:
        rows = [Compound("K", "C" * (number % 3 + 1), repr(value), "") for number, value in enumerate(values)]
        first = Measurements(1).merge(rows)
        shuffle.shuffle(rows)
        assert Measurements(1).merge(rows) == first
        assert isinstance(first, Compound) == (max(values) - min(values) <= 1)


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

    def test_a_tie_is_dropped_and_listed(self, file_workflow: MakeWorkflow) -> None:
        workflow = file_workflow("t.csv", table(("CCO", "a"), ("OCC", "b"), *filler("a", "b")))
        workflow.configuration["cpsign"] = {"ptype": 1, "labels": "a b"}
        result = workflow.run()
        assert result.report()["rows"]["dropped"] == {"as many labels for as against in one structure": 2}
        assert {row["smiles"] for row in result.table("report/dropped.tsv.gz")} == {"CCO", "OCC"}
        assert result.report()["replicates"]["standard_deviation"] is None


def test_compounds_are_sorted_and_gzip_says_nothing_of_time_or_name(file_workflow: MakeWorkflow) -> None:
    result = file_workflow("t.csv", table(*filler(1, 2))).run()
    content = (result.output / "data" / "compounds.tsv.gz").read_bytes()
    assert content[3:8] == bytes(5)  # flags (no name) and time of RFC 1952
    lines = gzip.decompress(content).decode().splitlines()
    assert lines[0] == "key\tsmiles\tvalue"
    assert lines[1:] == sorted(lines[1:])
