# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of structures in other processes is what is asked in this one."""

import os
import subprocess
import sys
import time
from operator import attrgetter
from pathlib import Path

import pytest

from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest import processes
from cpsign_workflow.ingest.curation import Compound
from cpsign_workflow.ingest.processes import asked


def reversed_text(smiles: str) -> tuple[int, str]:
    return os.getpid(), smiles[::-1]


def dead(smiles: str) -> str:
    if smiles == "1100":
        os._exit(9)
    return smiles


def compounds(number: int) -> list[Compound]:
    return [Compound("", str(place), "1", "") for place in range(number)]


def test_in_order_and_elsewhere_once_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "FEW", 1_000)
    found = list(asked(reversed_text, compounds(3_500), attrgetter("smiles")))
    assert [compound.smiles for compound, _unused in found] == [str(place) for place in range(3_500)]
    assert all(text == compound.smiles[::-1] for compound, (_unused, text) in found)
    pids = [pid for _unused, (pid, _text) in found]
    assert set(pids[:1_000]) == {os.getpid()}
    assert os.getpid() not in pids[1_000:]


def test_few_need_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "FEW", 1_000)
    found = asked(reversed_text, compounds(1_000), attrgetter("smiles"))
    assert {pid for _unused, (pid, _text) in found} == {os.getpid()}


def test_they_end_when_their_parent_is_killed() -> None:
    program = (
        "from test_processes import asked, attrgetter, compounds, processes, reversed_text\n"
        "processes.FEW = 0\n"
        "for _compound, (pid, _text) in asked(reversed_text, compounds(300), attrgetter('smiles')):\n"
        "    print(pid, flush=True); input()\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    ) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.02)


def test_a_process_that_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "FEW", 1_000)
    with pytest.raises(UserError, match="most often memory ran out"):
        list(asked(dead, compounds(1_500), attrgetter("smiles")))
