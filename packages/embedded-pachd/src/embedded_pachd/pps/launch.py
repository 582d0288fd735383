# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a step's command in the sandbox, with its files and options handed over in memory."""

from __future__ import annotations

import os
import re
import select
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from io import FileIO

from embedded_pachd.pps.images import ImageError
from embedded_pachd.pps.process import Launch, memory_file
from embedded_pachd.pps.sandbox import Sandbox, arguments, with_accounts

INFO_BYTES = 4096
FIRST_PROCESS = re.compile(rb'"child-pid": (\d+)')


@contextmanager
def sandboxed(sandbox: Sandbox, variables: Mapping[str, str], argv: Sequence[str]) -> Iterator[Launch]:
    """A launch of `argv` in the sandbox; its descriptors are open only inside."""
    with ExitStack() as stack:

        def memory(content: bytes) -> int:
            return stack.enter_context(memory_file(content)).fileno()

        info, info_inside = (stack.enter_context(FileIO(fd)) for fd in os.pipe())
        files = {path: memory(content) for path, content in with_accounts(sandbox.files).items()}
        options = arguments(sandbox, variables, files, info_inside.fileno())
        args = memory("".join(f"{word}\0" for word in options).encode())

        def watch() -> Callable[[], None]:
            info_inside.close()
            return _namespace_waiter(info.read(INFO_BYTES))

        yield Launch(
            argv=[bubblewrap(), "--args", str(args), "--", *argv],
            env={},
            pass_fds=[args, info_inside.fileno(), *files.values()],
            watch=watch,
        )


@cache
def bubblewrap() -> str:
    """Where bwrap is; ImageError when it is not installed."""
    found = shutil.which("bwrap")
    if not found:
        raise ImageError("bubblewrap is not installed: install the package 'bubblewrap', steps run in its sandbox")
    return found


def _namespace_waiter(info: bytes | None) -> Callable[[], None]:
    """A function that returns when the first process of the step's pid namespace is gone: the kernel ends all others
    before it. `info` is what bwrap told of the namespace, empty when it failed before making one."""
    pid = FIRST_PROCESS.search(info or b"")
    try:
        first = os.pidfd_open(int(pid[1])) if pid else None
    except ProcessLookupError:
        first = None

    def wait() -> None:
        if first is not None:
            ended = select.poll()
            ended.register(first, select.POLLIN)
            ended.poll()
            os.close(first)

    return wait
