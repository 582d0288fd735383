# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sorting more lines than memory holds, by the system's own ``sort`` (coreutils), in the order of their bytes."""

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

from cpsign_workflow.errors import UserError

MEMORY: Final = "32M"
BUFFER_BYTES: Final = 1 << 20


class ExternalSort:
    """Take lines by :meth:`add`, give them back sorted by :meth:`lines`, with spilled runs in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._complaint = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed in __exit__
        self._process = subprocess.Popen(
            ["sort", "-S", MEMORY, "--parallel=1", "-T", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaint,
            bufsize=BUFFER_BYTES,
            env={**os.environ, "LC_ALL": "C"},
        )
        # Both are pipes, as asked for above.
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        for pipe in (self._stdin, self._stdout):
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()
        self._complaint.close()

    def add(self, *fields: str) -> None:
        """Add one line of fields without tab or newline. Raises :class:`UserError` when ``sort`` has given up."""
        try:
            self._stdin.write(("\t".join(fields) + "\n").encode("utf-8"))
        except BrokenPipeError as error:
            raise self._failure() from error

    def lines(self) -> Iterator[list[str]]:
        """The fields of each line, sorted; nothing may be added any more."""
        try:
            self._stdin.close()
        except BrokenPipeError as error:
            raise self._failure() from error
        for line in io.TextIOWrapper(self._stdout, encoding="utf-8", newline="\n"):
            yield line[:-1].split("\t")
        if self._process.wait() != 0:
            raise self._failure()

    def _failure(self) -> UserError:
        self._process.wait()
        self._complaint.seek(0)
        text = self._complaint.read().decode("utf-8", "replace").strip()
        return UserError(f"sorting the rows failed: {text or f'sort ended with {self._process.returncode}'}")
