# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a step's command without a sandbox, for a server in a container, which is itself the sandbox.

As in a worker of pachd, /pfs/<input> and /pfs/out are links into the datum's own folder, and secrets are files at their
mount paths while the command runs. There is one /pfs, so one command of the whole server runs at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded_pachd.errors import PachdError
from embedded_pachd.pps import leftovers
from embedded_pachd.pps.process import Launch
from embedded_pachd.pps.sandbox import MARK
from embedded_pachd.pps.scratch import Scratch

PFS = Path("/pfs")
_alone = threading.Lock()


@contextmanager
def direct(
    scratch: Scratch, working_dir: str, files: Mapping[str, bytes], values: Mapping[str, str], argv: Sequence[str]
) -> Iterator[Launch]:
    """A launch of `argv` beside the server; PachdError when /pfs or a secret's path cannot be written."""
    with _alone, ExitStack() as stack:
        for entry in scratch.pfs.iterdir():
            stack.enter_context(_present(PFS / entry.name, entry))
        for path, content in files.items():
            stack.enter_context(_present(Path(path), content))
        marked = {**values, "TMPDIR": str(scratch.tmp), MARK: str(scratch.pfs)}
        yield Launch(["env", f"--chdir={working_dir}", *argv], marked, lambda: _Marked(scratch.pfs))


@contextmanager
def _present(path: Path, content: Path | bytes) -> Iterator[None]:
    """A link to `content`, or a file of these bytes, which is there inside the block only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # of a server that was killed
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.touch(mode=0o600)
            path.write_bytes(content)
    except OSError as error:
        raise PachdError(
            f"cannot make {path}: {error.strerror}; without a sandbox the server must be able to"
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Marked:
    """All processes of the step, which their environment tells."""

    pfs: Path

    def kill(self) -> None:
        leftovers.kill(str(self.pfs))

    def wait(self) -> None:
        while leftovers.kill(str(self.pfs)):
            pass
