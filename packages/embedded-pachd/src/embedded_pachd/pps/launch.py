# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a step's command in the sandbox, with its files and options handed over in memory."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from io import FileIO

from embedded_pachd.pps.images import ImageError
from embedded_pachd.pps.process import Launch, memory_file
from embedded_pachd.pps.sandbox import MARK, Sandbox, arguments

INFO_BYTES = 4096
FIRST_PROCESS = re.compile(rb'"child-pid": (\d+)')


@contextmanager
def sandboxed(sandbox: Sandbox, variables: Mapping[str, str], argv: Sequence[str]) -> Iterator[Launch]:
    """A launch of `argv` in the sandbox; its descriptors are open only inside."""
    with ExitStack() as stack:

        def memory(content: bytes) -> int:
            return stack.enter_context(memory_file(content)).fileno()

        info, info_inside = (stack.enter_context(FileIO(fd)) for fd in os.pipe())
        files = {path: memory(content) for path, content in sandbox.files.items()}
        options = arguments(sandbox, variables, files, info_inside.fileno())
        args = memory(_joined(options))
        descriptors = [args, info_inside.fileno(), *files.values()]

        def watch() -> Namespace:
            info_inside.close()
            return Namespace(info.read(INFO_BYTES))

        yield Launch([bubblewrap(), "--args", str(args), "--", *argv], {MARK: str(sandbox.pfs)}, watch, descriptors)


def _joined(options: Sequence[str]) -> bytes:
    """The options as `--args` wants them; a NUL inside one would be the start of another."""
    if any("\0" in word for word in options):
        raise ValueError("a NUL character in an option of the sandbox")
    return b"".join(os.fsencode(word) + b"\0" for word in options)


@cache
def bubblewrap() -> str:
    """Where bwrap is; ImageError when it is not installed."""
    found = shutil.which("bwrap")
    if not found:
        raise ImageError("bubblewrap is not installed: install the package 'bubblewrap', steps run in its sandbox")
    return found


class Namespace:
    """A step's pid namespace, held by its first process: when that ends, the kernel ends all others before it.

    It has to be killed beside bwrap itself: one that loses its parent while it is being set up waits for ever.
    """

    def __init__(self, info: bytes | None) -> None:
        """`info` is what bwrap told of the namespace, empty when it failed before making one."""
        pid = FIRST_PROCESS.search(info or b"")
        try:
            self._first = os.pidfd_open(int(pid[1])) if pid else None
        except ProcessLookupError:
            self._first = None

    def kill(self) -> None:
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def wait(self) -> None:
        if self._first is not None:
            ended = select.poll()
            ended.register(self._first, select.POLLIN)
            ended.poll()
            os.close(self._first)
