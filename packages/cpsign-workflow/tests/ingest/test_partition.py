# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which compounds are kept back: by structure, by time, by scaffold."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules import drugs
from rdkit import Chem
from rdkit.Chem import rdinchi
from workflows import Result, Workflow, filler, table

from cpsign_workflow.configuration import HoldOut
from cpsign_workflow.ingest.curation import Compound
from cpsign_workflow.ingest.partition import Partition, is_drawn
from cpsign_workflow.ingest.structure import scaffold_of

MakeWorkflow = Callable[[str, str | bytes], Workflow]
SIDES = ("data", "test")


def kept_back(compounds: Iterable[Compound], test: HoldOut, scratch: Path) -> set[str]:
    return {compound.key for compound, is_test in Partition(test, scratch).divide(compounds) if is_test}


class TestRandom:
    @pytest.mark.parametrize(("by", "number"), [("random", 150), ("scaffold", 80), ("time", 80)])
    def test_no_key_is_on_both_and_stereoisomers_and_salts_share_one(
        self, by: str, number: int, file_workflow: MakeWorkflow
    ) -> None:
        """ChEMBL's drugs, each also without stereo and as a hydrochloride, from different years."""
        smiles = drugs()[:number]
        flat = [text.replace("@", "").replace("/", "").replace("\\", "") for text in smiles]
        forms = (smiles, flat, [f"{text}.Cl" for text in flat])
        rows = [
            (text, place % 2, 1990 + place % 17 + 5 * form)
            for form, texts in enumerate(forms)
            for place, text in enumerate(texts)
        ]
        workflow = file_workflow("t.csv", table(*rows, header=("smiles", "value", "year")))
        workflow.configuration["test"] = {"by": by, "share": 0.4}
        result = workflow.run()
        sides = [self.first_blocks(result, side) for side in SIDES]
        assert min(map(len, sides)) > number / 6
        assert not sides[0] & sides[1]
        assert result.report()["rows"]["used"] <= number
        assert result.report()["split"]["by"] == by

    @staticmethod
    def first_blocks(result: Result, side: str) -> set[str]:
        """Computed again from what was written, not taken from the column of keys."""
        structures = [Chem.MolFromSmiles(row["smiles"]) for row in result.table(f"{side}/compounds.tsv.gz")]
        return {rdinchi.MolToInchiKey(structure)[:14] for structure in structures}

    @settings(deadline=None)
    @given(st.sets(st.text("ABCDEFGH", min_size=14, max_size=14), min_size=1), st.floats(0.01, 0.98), st.text())
    def test_a_larger_share_keeps_the_test_compounds(self, keys: set[str], share: float, salt: str) -> None:
        for key in keys:
            assert is_drawn(key, salt, share + 0.01) >= is_drawn(key, salt, share)

    def test_the_share_is_what_was_asked_for_and_salts_differ(self) -> None:
        keys = [f"{number:014d}" for number in range(20_000)]
        sides = [[is_drawn(key, salt, 0.15) for key in keys] for salt in ("one", "two")]
        margin = 4 * math.sqrt(0.15 * 0.85 / len(keys))
        assert all(abs(sum(side) / len(keys) - 0.15) < margin for side in sides)
        both = sum(one and two for one, two in zip(*sides, strict=True)) / len(keys)
        assert abs(both - 0.15**2) < margin


class TestTime:
    def test_the_newest_are_kept_back(self, tmp_path: Path) -> None:
        compounds = [Compound(f"{number:04d}", "C", "1", str(2000 + number % 20)) for number in range(2_000)]
        found = kept_back(compounds, HoldOut("time", 0.15, "salt"), tmp_path)
        years = Counter(compound.year for compound in compounds if compound.key in found)
        assert years == {"2019": 100, "2018": 100, "2017": 100}
        assert list(tmp_path.iterdir()) == []

    def test_part_of_a_year_is_drawn_when_the_share_ends_in_it(self, tmp_path: Path) -> None:
        compounds = [Compound(f"{number:05d}", "C", "1", str(2000 + number % 4)) for number in range(20_000)]
        test = HoldOut("time", 0.35, "salt")
        found = kept_back(compounds, test, tmp_path)
        years = Counter(compound.year for compound in compounds if compound.key in found)
        assert set(years) == {"2002", "2003"}
        assert years["2003"] == 5_000
        assert abs(years["2002"] - 2_000) < 4 * math.sqrt(5_000 * 0.4 * 0.6)
        assert kept_back(reversed(compounds), test, tmp_path) == found

    def test_what_has_no_year_counts_as_old(self, file_workflow: MakeWorkflow) -> None:
        rows = [
            (smiles, value, "" if number < 20 else 2000 + number) for number, (smiles, value) in enumerate(filler(1, 2))
        ]
        workflow = file_workflow("t.csv", table(*rows, ("O", 1, "soon"), header=("smiles", "value", "year")))
        workflow.configuration["test"] = {"by": "time"}
        result = workflow.run()
        newest = {smiles for smiles, _value, year in rows if year and int(year) >= 2034}
        assert newest <= {row["smiles"] for row in result.table("test/compounds.tsv.gz")}
        report = result.report()
        assert report["undated"] == 21
        assert report["split"]["from_year"] in (2033, 2034)

    def test_without_any_year(self, file_workflow: MakeWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
        workflow = file_workflow("t.csv", table(*filler(1, 2)))
        workflow.configuration["test"] = {"by": "time"}
        assert workflow.run().code == 1
        assert "no compound has a year: give the source a column 'year'" in capsys.readouterr().err


class TestScaffold:
    def test_no_scaffold_is_on_both_sides(self, file_workflow: MakeWorkflow) -> None:
        workflow = file_workflow("t.csv", table(*((smiles, number % 7) for number, smiles in enumerate(drugs()[:300]))))
        workflow.configuration["test"] = {"by": "scaffold", "share": 0.4}
        workflow.configuration["curation"] = {"largest_range": 7}
        result = workflow.run()
        scaffolds = [{scaffold_of(row["smiles"]) for row in result.table(f"{side}/compounds.tsv.gz")} for side in SIDES]
        assert scaffolds[0] & scaffolds[1] <= {""}  # what has no ring stands for itself
        assert min(map(len, scaffolds)) > 50

    def test_a_scaffold_has_no_stereo(self, tmp_path: Path) -> None:
        rings = ["C[C@H]1CCCC[C@@H]1N", "C[C@@H]1CCCC[C@@H]1O", "C1CCCCC1", "CCC1CCCCC1"]
        compounds = [Compound(str(number), smiles, "1", "") for number, smiles in enumerate(rings)]
        for salt in "abcdefgh":
            assert len(kept_back(compounds, HoldOut("scaffold", 0.5, salt), tmp_path)) in (0, 4)
