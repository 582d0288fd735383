# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/validity.md is what tests/bench/bench_validity.py writes; and a short run of the same."""

import re
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[4] / "tests/bench"
sys.path.insert(0, str(BENCH))
import bench_validity as bench  # noqa: E402  # not a package: it is called as a program

PAGE = bench.DOCUMENT.read_text(encoding="utf-8")


def tables(page: str) -> list[list[list[str]]]:
    """The tables of a page: lines of fields, the header first, without the rule."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE)
    return [[line.strip("| ").split(" | ") for line in block.splitlines() if "---" not in line] for block in blocks]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[bench.Cell]]:
    """FreeSolv in both ways, with one split and with several, by fixed salts."""
    freesolv = [data for data in bench.data_sets() if data.name.startswith("FreeSolv")]
    found: dict[int, list[bench.Cell]] = {1: [], 3: []}
    for data in freesolv:
        for salt in ("a", "b"):
            folder = tmp_path_factory.mktemp("validity")
            for splits, of_splits in found.items():
                of_splits += bench.cells(data, splits, salt, folder)
    return found


def test_short_run_is_valid(cells: dict[int, list[bench.Cell]]) -> None:
    level = bench.bonferroni(cells[1])
    assert len(cells[1]) == (1 + 2) * 2 * len(bench.SIGNIFICANCES)
    assert [cell for cell in cells[1] if not cell.inside(level)] == []
    assert [cell for cell in cells[3] if not cell.not_above(level)] == []


def test_written_page_has_the_form_of_a_new_one(cells: dict[int, list[bench.Cell]]) -> None:
    new = bench.page(cells[1], cells[3], [], ["a", "b"])
    assert PAGE.startswith(bench.INTRODUCTION)
    assert re.findall(r"^#.*", PAGE, re.MULTILINE) == re.findall(r"^#.*", new, re.MULTILINE)
    assert [table[0] for table in tables(PAGE)] == [table[0] for table in tables(new)]


def test_written_page_is_of_all_data_sets_and_valid() -> None:
    one, several, probabilities = tables(PAGE)
    names = {data.name for data in bench.data_sets()}
    classes = {data.name for data in bench.data_sets() if data.cpsign["ptype"] == 1}
    assert {line[0] if line[0] in names else line[0].rsplit(": ", 1)[0] for line in one[1:]} == names
    assert [line[0] for line in several] == [line[0] for line in one]
    assert {line[0] for line in probabilities[1:]} == classes
    salts = re.search(r"(\d+) fresh salts", PAGE)
    assert salts
    assert int(salts[1]) >= 10
    for table in (one, several):
        held, of = zip(*((int(number) for number in line[-1].split(" of ")) for line in table[1:]), strict=True)
        assert set(of) == {int(salts[1]) * len(bench.SIGNIFICANCES)}
        assert sum(held) >= 0.95 * sum(of)
