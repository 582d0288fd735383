# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: exit codes, and a start that loads no more than its subcommand needs."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from cpsign_workflow import check, cli

HEAVY = {"rdkit", "pymysql", "jpype", "matplotlib", "numpy", "jsonschema", "sqlparse", "chembl_structure_pipeline"}


def loaded_after(code: str) -> set[str]:
    """Top-level packages in a fresh interpreter after ``code``."""
    report = "; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_command_line_alone_loads_nothing_heavy() -> None:
    assert not loaded_after("from cpsign_workflow import cli; cli._parser()") & HEAVY


def test_a_check_loads_neither_chemistry_nor_java(tmp_path: Path) -> None:
    config = tmp_path / "configuration.json"
    config.write_text('{"workflow_name": "W", "source": {"file": "a.sdf", "value": "v"}, "cpsign": {"ptype": 2}}')
    loaded = loaded_after(
        f"from cpsign_workflow import cli; assert cli.main(['check', '--config', {str(config)!r}]) == 0"
    )
    assert loaded & HEAVY == {"jsonschema"}


def test_a_fault_of_the_program_ends_with_two_and_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(check, "check", broken)
    assert cli.main(["check", "--config", "any"]) == 2
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/pfs/a file"), "/pfs/a file: Permission denied"),
        (OSError("cannot read"), "cannot read"),
    ],
)
def test_a_system_that_refuses_ends_with_one_line(
    error: OSError, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(check, "check", refused)
    assert cli.main(["check", "--config", "any"]) == 1
    assert capsys.readouterr().err == f"cpsign-workflow check: {line}\n"


def test_an_interrupt_ends_with_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "check", interrupted)
    assert cli.main(["check", "--config", "any"]) == 130
    assert capsys.readouterr().err == "cpsign-workflow check: interrupted\n"
