# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of a real pachd 2.7.6 against those of the server at hand: an embedded pachd of the test's own, or the
one at PACHD_ADDRESS (with PACHD_TOKEN), which is emptied. The pipelines' image is PACHD_TEST_IMAGE (alpine).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import more
import pytest
from record import SCENARIOS, record

HERE = Path(__file__).resolve().parent
RECORDED = ("pachd-2.7.6.json", "pachd-2.7.6-more.json")
EXPECTED: dict[str, list[dict[str, Any]]] = {
    name: steps for file in RECORDED for name, steps in json.loads((HERE / file).read_text()).items()
}
SCENARIOS += more.SCENARIOS
FIRST = "which of several failed datums is named: here the first by id, there whichever ended first"
DIFFERENCES: dict[tuple[str, str], str] = {
    ("specs", "create name with slash"): "an input's name becomes a folder: no slash in it",
    ("pipelines_more", "list jq bad"): "another jq library words its errors otherwise",
    ("jobs_more", "why"): FIRST,
    ("jobs_more", "again"): FIRST,
    ("others", "version"): "no Go program: no go_version, no platform",
    ("others", "activate license"): "there is nothing to be licensed: not served",
}
"""(scenario, step) -> why the embedded pachd's answer has to be another one."""
ADDRESS = os.environ.get("PACHD_ADDRESS")
TOKEN = "conformance"


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    image = os.environ.get("PACHD_TEST_IMAGE", "alpine")
    if ADDRESS:
        yield record(ADDRESS, os.environ.get("PACHD_TOKEN"), image, None)
        return
    folder = tmp_path_factory.mktemp("conformance")
    (folder / "token").write_text(TOKEN)
    program = os.environ.get("EMBEDDED_PACHD", str(HERE.parents[1] / ".venvs/pachd/bin/embedded-pachd"))
    command = [program, "serve", "--root", str(folder / "store"), "--address", "127.0.0.1:0"]
    with subprocess.Popen(
        [*command, "--token-file", str(folder / "token")], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.search(r"127\.0\.0\.1:\d+", line)
            assert found, line
            yield record(found.group(), TOKEN, image, None)
        finally:
            server.terminate()


STEPS = [(scenario, step) for scenario, steps in EXPECTED.items() for step in steps]


@pytest.mark.parametrize(("scenario", "expected"), STEPS, ids=[f"{name}-{step['step']}" for name, step in STEPS])
def test_answer_is_that_of_a_real_pachd(
    answers: dict[str, list[dict[str, Any]]], scenario: str, expected: dict[str, Any]
) -> None:
    found = next((step for step in answers[scenario] if step["step"] == expected["step"]), None)
    if not ADDRESS and (scenario, expected["step"]) in DIFFERENCES:
        assert found != expected, "it agrees: take it off the list of differences"
    else:
        assert found == expected


def test_every_recorded_scenario_is_played() -> None:
    assert {scenario.__name__ for scenario in SCENARIOS} == set(EXPECTED)


def test_differences_are_of_recorded_steps() -> None:
    assert set(DIFFERENCES) <= {(scenario, step["step"]) for scenario, step in STEPS}
