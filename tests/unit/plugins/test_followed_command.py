# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a program appear while it runs, and its result is that of ansible.builtin.command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible_collections.pharmbio.cpsign.plugins.action import followed_command
from ansible_collections.pharmbio.cpsign.plugins.modules import followed_command as documented

Shown = list[str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    lines = Shown()
    monkeypatch.setattr(followed_command, "show", lines.append)
    return lines


def run(
    *argv: str, check: bool = False, environment: dict[str, str] | None = None, no_log: bool = False, **options: Any
) -> dict[str, Any]:
    arguments = {"argv": list(argv), **options}
    task = MagicMock(args=arguments, check_mode=check, async_val=0, environment=[environment], no_log=no_log)
    templar = MagicMock()
    templar.template.side_effect = lambda given: given
    plugin = followed_command.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), templar, MagicMock())
    result: dict[str, Any] = plugin.run(None, {})
    return result


def program(text: str, **options: Any) -> dict[str, Any]:
    return run(sys.executable, "-c", text, **options)


def test_each_line_is_shown_before_the_next_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    text = f"""
import pathlib, sys, time
print("one", flush=True)
while not pathlib.Path({str(seen)!r}).exists():
    time.sleep(0.01)
print("two")
sys.stderr.write("aside")
"""
    monkeypatch.setattr(followed_command, "show", lambda line: seen.touch() if line == "  one" else None)
    assert program(text) == {
        "changed": True,
        "rc": 0,
        "stdout": "one\ntwo",
        "stdout_lines": ["one", "two"],
        "stderr": "aside",
    }


def test_stderr_is_followed_and_stdout_kept(shown: Shown) -> None:
    result = program(
        "import sys; sys.stderr.write('half\\nall\\n'); print(sys.stdin.read())", follow="stderr", stdin="{}"
    )
    assert shown == ["  half", "  all"]
    assert (result["stdout"], result["stderr"]) == ("{}", "half\nall")


def test_no_log_shows_no_line(shown: Shown) -> None:
    assert program("print('secret')", no_log=True)["stdout"] == "secret"
    assert shown == []


def test_the_tasks_environment_is_added(shown: Shown) -> None:
    program("import os; print(os.environ['COLOUR'], 'PATH' in os.environ)", environment={"COLOUR": "green"})
    assert shown == ["  green True"]


def test_an_exit_code_fails_the_task(shown: Shown) -> None:
    result = program("import sys; sys.exit('no such model')", stdin="x" * 1_000_000)  # which nobody reads
    assert result["failed"]
    assert (result["rc"], result["stderr"], result["msg"]) == (1, "no such model", "non-zero return code")
    assert shown == []


def test_a_program_that_is_missing_fails_the_task(shown: Shown) -> None:
    result = run("/nowhere/predict")
    assert result == {"changed": False, "failed": True, "rc": 2, "msg": "/nowhere/predict: No such file or directory"}


def test_check_mode_runs_nothing(shown: Shown, tmp_path: Path) -> None:
    assert run("touch", str(tmp_path / "made"), check=True)["skipped"]
    assert not list(tmp_path.iterdir())


def test_wrong_options_are_refused() -> None:
    with pytest.raises(AnsibleError, match="follow must be one of: stdout, stderr"):
        run("true", follow="both")


def test_the_documentation_is_that_of_the_options() -> None:
    options = yaml.safe_load(documented.DOCUMENTATION)["options"]
    for option in options.values():
        del option["description"]
    assert options == followed_command.OPTIONS
