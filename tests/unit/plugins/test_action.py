# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the action plugin slices a wait, with a clock and a module of our own."""

from __future__ import annotations

import signal
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.pharmbio.cpsign.plugins.action import pachyderm_job
from ansible_collections.pharmbio.cpsign.plugins.plugin_utils import live


class Clock:
    """Stands still but for what the module under it takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def job(pipeline: str, state: str, done: int = 0) -> dict[str, Any]:
    counts = {"data_processed": done, "data_skipped": 0, "data_failed": 0, "data_recovered": 0, "data_total": 2}
    return {"pipeline": pipeline, "state": state, **counts}


class Play:
    """One run of the plugin: `calls` are the arguments of each call of the module, `lines` what was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]], **arguments: Any) -> None:
        self.calls: list[dict[str, Any]] = []
        self.lines: list[str] = []
        clock = Clock()
        monkeypatch.setattr(pachyderm_job, "time", clock)
        display = MagicMock()
        display.return_value.display.side_effect = lambda text: self.lines.extend(text.split("\n"))
        monkeypatch.setattr(live, "Display", display)
        task = MagicMock(args=arguments, check_mode=arguments.pop("check", False), async_val=arguments.pop("async_", 0))
        self.plugin = pachyderm_job.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())

        def module(module_args: dict[str, Any], **others: Any) -> dict[str, Any]:
            self.calls.append(module_args)
            clock.now += module_args.get("timeout", 0)
            return answers[len(self.calls) - 1]

        monkeypatch.setattr(self.plugin, "_execute_module", module)

    def run(self) -> dict[str, Any]:
        result: dict[str, Any] = self.plugin.run(None, {})
        return result


def test_slices_grow_and_only_changes_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = {"jobs": [job("a", "running"), job("b", "created")], "done": False}
    further = {"jobs": [job("a", "success", 2), job("b", "created")], "done": False}
    ended = {"jobs": [job("a", "success", 2), job("b", "success", 2)], "done": True}
    play = Play(monkeypatch, [waiting, waiting, further, ended], commit_set="1")
    assert play.run() is ended
    assert [(call["timeout"], call["until"]) for call in play.calls] == [
        (2, "change"),
        (5, "change"),
        *[(10, "change")] * 2,
    ]
    assert [line.split() for line in play.lines] == [
        ["2", "s", "a", "running", "0/2", "datums"],
        ["2", "s", "b", "created", "0/2", "datums"],
        ["17", "s", "a", "success", "2/2", "datums"],
        ["27", "s", "b", "success", "2/2", "datums"],
    ]


def test_the_last_slice_fails_with_the_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = {"jobs": [], "done": False}
    late = {
        "jobs": [job("a", "running")],
        "failed": True,
        "done": False,
        "msg": "not finished after 3 s: a@1 (running)",
    }
    play = Play(monkeypatch, [waiting, late], pipeline="a", timeout=5)
    assert play.run()["msg"] == "not finished after 3 s: a@1 (running) (waited 5 s in all)"
    assert [(call["timeout"], call["until"]) for call in play.calls] == [(2, "change"), (3, "finished")]


def test_no_time_at_all_is_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(
        monkeypatch, [{"jobs": [], "failed": True, "msg": "not finished", "done": False}], commit_set="1", timeout=0
    )
    assert play.run()["msg"] == "not finished (waited 0 s in all)"
    assert [(call["timeout"], call["until"]) for call in play.calls] == [(0, "finished")]


@pytest.mark.parametrize("timeout", [60, 1])
def test_a_failure_ends_it(monkeypatch: pytest.MonkeyPatch, timeout: int) -> None:
    failed = {"failed": True, "msg": "job a@1 ended in state failure", "jobs": [job("a", "failure")]}
    play = Play(monkeypatch, [failed], commit_set="1", timeout=timeout)
    assert play.run() == {**failed, "msg": "job a@1 ended in state failure"}, "it has nothing to do with the time"
    assert len(play.lines) == 1


def test_an_answer_that_says_nothing_of_jobs_is_not_waited_on(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, [{"unreachable": True}], commit_set="1")
    assert play.run() == {"unreachable": True}


@pytest.mark.parametrize(
    "arguments",
    [{"state": "retried"}, {"until": "change"}, {"check": True}, {"async_": 60}],
)
def test_what_does_not_wait_is_left_to_the_module(monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]) -> None:
    answer = {"changed": False}
    play = Play(monkeypatch, [answer], pipeline="a", **arguments)
    assert play.run() is answer
    assert [call["pipeline"] for call in play.calls] == ["a"]


def test_a_timeout_of_nothing_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, [{"jobs": [], "done": True}], commit_set="1", timeout=None)
    play.run()
    assert play.calls[0]["timeout"] == 2


def test_a_timeout_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleActionFail, match="timeout: expected seconds, found 'soon'"):
        Play(monkeypatch, [], pipeline="a", timeout="soon").run()


def test_ctrl_c_waits_until_all_lines_are_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[object] = []

    class Shows:
        def display(self, text: str) -> None:
            signal.raise_signal(signal.SIGINT)
            events.append(text.count("\n"))

    play = Play(monkeypatch, [{"jobs": [job("a", "success"), job("b", "success")], "done": True}], commit_set="1")
    monkeypatch.setattr(live, "Display", Shows)
    before = signal.signal(signal.SIGINT, lambda *_unused: events.append("interrupted"))
    try:
        play.run()
    finally:
        signal.signal(signal.SIGINT, before)
    assert events == [1, "interrupted"]
