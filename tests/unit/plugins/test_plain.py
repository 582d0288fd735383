# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback leaves to Ansible's default, and what it says itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.pharmbio.cpsign.plugins.callback.plain import CallbackModule

CHECK = "ansible.builtin.validate_argument_spec"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The callback with a display that remembers; `left` are the events that it left to the default."""
    callback = CallbackModule()
    callback._display = MagicMock(verbosity=0)
    callback.left = []
    for event in ("v2_runner_on_failed", "v2_runner_on_ok", "v2_playbook_on_include", "v2_playbook_on_task_start"):
        monkeypatch.setattr(Default, event, lambda _self, *_rest, event=event: callback.left.append(event))
    for shown in ("_print_task_banner", "_handle_warnings"):
        monkeypatch.setattr(callback, shown, MagicMock())
    monkeypatch.setattr(callback, "get_option", lambda _name: True)
    return callback


def result(action: str = "debug", loop: Any = None, **values: Any) -> Any:
    return SimpleNamespace(task=SimpleNamespace(_uuid="1", action=action, loop=loop), result=values)


def lines(plain: Any) -> list[str]:
    return [call.args[0] for call in plain._display.display.call_args_list]


def test_a_failure_is_its_message(plain: Any) -> None:
    plain.v2_runner_on_failed(result(msg="no such file\n", changed=False))
    assert (lines(plain), plain.left) == (["\nno such file"], [])
    assert plain._display.display.call_args.kwargs["stderr"] is True
    plain._handle_warnings.assert_called_once()
    plain._print_task_banner.assert_called_once()


def test_a_banner_is_not_printed_twice(plain: Any) -> None:
    plain._last_task_banner = "1"
    plain.v2_runner_on_failed(result(msg="no such file"))
    plain._print_task_banner.assert_not_called()


@pytest.mark.parametrize(
    ("failed", "ignored", "verbosity"),
    [
        (result(msg="non-zero return code", rc=1), False, 0),
        (result(msg="one of the items", loop=[1]), False, 0),
        (result(msg=""), False, 0),
        (result(msg="m"), True, 0),
        (result(msg="m"), False, 1),
    ],
)
def test_what_needs_more_than_its_message_is_left_to_the_default(
    plain: Any, failed: Any, ignored: bool, verbosity: int
) -> None:
    plain._display.verbosity = verbosity
    plain.v2_runner_on_failed(failed, ignored)
    assert (lines(plain), plain.left) == ([], ["v2_runner_on_failed"])


@pytest.mark.parametrize(("action", "verbosity", "told"), [("debug", 0, 1), (CHECK, 0, 0), (CHECK, 1, 1)])
def test_arguments_that_are_right_are_not_announced(plain: Any, action: str, verbosity: int, told: int) -> None:
    plain._display.verbosity = verbosity
    plain.v2_runner_on_ok(result(action))
    assert plain.left == ["v2_runner_on_ok"] * told


@pytest.mark.parametrize("verbosity", [0, 1])
def test_included_files_are_not_announced(plain: Any, verbosity: int) -> None:
    plain._display.verbosity = verbosity
    plain.v2_playbook_on_include(MagicMock())
    assert plain.left == ["v2_playbook_on_include"] * verbosity


@pytest.mark.parametrize(
    ("conditions", "action", "last", "times"),
    [([], "command", None, 1), (["x"], "command", None, 0), ([], CHECK, None, 0), ([], "command", "1", 0)],
)
def test_a_task_that_can_not_be_skipped_is_announced_when_it_starts(
    plain: Any, conditions: list[str], action: str, last: str | None, times: int
) -> None:
    plain._last_task_banner = last
    plain.v2_playbook_on_task_start(SimpleNamespace(_uuid="1", when=conditions, action=action), False)
    assert plain.left == ["v2_playbook_on_task_start"]
    assert plain._print_task_banner.call_count == times
