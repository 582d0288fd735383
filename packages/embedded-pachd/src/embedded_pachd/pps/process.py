# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one command of a step to its end: its input, its lines of output, its time limit, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Protocol

from embedded_pachd.pps.cancellation import Cancellation

LONGEST_LINE = 64 * 1024  # bytes; longer lines of output are cut into several
READ = 64 * 1024
LONGEST_POLL = 1_000_000.0  # seconds; poll takes no more than a C int of milliseconds


class TimedOut(Exception):
    """The command did not end within its time limit and was killed."""


class Children(Protocol):
    """All that a command has started, however it detached itself."""

    def kill(self) -> None: ...

    def wait(self) -> None:
        """Return when nothing of it runs any more."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a command. `watch` is called once it runs."""

    argv: Sequence[str]
    env: Mapping[str, str]
    watch: Callable[[], Children]
    pass_fds: Sequence[int] = ()


def memory_file(content: bytes) -> FileIO:
    """An unnamed file in memory, positioned at its start: content that never touches a disk."""
    file = FileIO(os.memfd_create("step"), "r+")
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
    file.seek(0)
    return file


def run(
    launch: Launch, stdin: bytes, seconds: float | None, on_line: Callable[[str], None], cancellation: Cancellation
) -> int:
    """The command's exit code (negative: killed by that signal). TimedOut when `seconds` pass first."""
    with memory_file(stdin) as input_file:
        process = subprocess.Popen(
            launch.argv,
            stdin=input_file,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(launch.env),
            pass_fds=tuple(launch.pass_fds),
            start_new_session=True,
            umask=0o022,
        )
    with process:
        children = launch.watch()

        def kill() -> None:
            process.kill()
            children.kill()

        try:
            with cancellation.killing(kill):
                return _follow(process, None if seconds is None else time.monotonic() + seconds, on_line)
        finally:
            kill()
            children.wait()


def _follow(process: subprocess.Popen[bytes], deadline: float | None, on_line: Callable[[str], None]) -> int:
    """Pass on lines until the output is closed, then wait for the exit code."""
    assert process.stdout is not None  # noqa: S101 - asked for above
    output = process.stdout.fileno()
    ready = select.poll()
    ready.register(output, select.POLLIN)
    rest = b""
    while True:
        left = _left(deadline)
        if not ready.poll(None if left is None else min(left, LONGEST_POLL) * 1000):
            if left is None or left > LONGEST_POLL:
                continue
            raise TimedOut
        data = os.read(output, READ)
        if not data:
            break
        rest = _emit(rest + data, on_line)
    if rest:
        on_line(rest.decode(errors="replace"))
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(_left(deadline))
    raise TimedOut


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _emit(data: bytes, on_line: Callable[[str], None]) -> bytes:
    """Pass on the whole lines of `data`; give back the rest."""
    *lines, rest = data.split(b"\n")
    for line in lines:
        for start in range(0, len(line) or 1, LONGEST_LINE):
            on_line(line[start : start + LONGEST_LINE].decode(errors="replace"))
    if len(rest) > LONGEST_LINE:
        on_line(rest.decode(errors="replace"))
        return b""
    return rest
