# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bubblewrap command line of one step: what it sees of this machine, and nothing more.

Its root is an empty tmpfs. Bound into it are /usr with the library folders, an /etc made for steps, the image's folders
(all read-only) and the datum's own /pfs and /tmp. It has user, pid, ipc, uts and (unless asked) network namespaces of
its own and no capabilities, and dies with the server.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from embedded_pachd.pps import etc
from embedded_pachd.pps.images import Environment

LINKED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
MARK = "EMBEDDED_PACHD_STEP"
"""Variable of bwrap itself (not of the step): the step's folder, so that leftovers of a dead server can be told."""
NAMESPACES = ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One step's view. `etc`, `pfs`, `tmp` are folders of this machine; `files` are contents by their path inside."""

    environment: Environment
    etc: Path
    pfs: Path
    tmp: Path
    working_dir: str = "/"
    network: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)


def arguments(sandbox: Sandbox, variables: Mapping[str, str], file_fds: Mapping[str, int], info_fd: int) -> list[str]:
    """bwrap's options, to be handed over by `--args`: then neither they nor the variables are on any command line,
    and no variable (LD_PRELOAD) reaches bwrap itself. `file_fds` maps paths inside to descriptors of their content."""
    words = [*NAMESPACES, *(() if sandbox.network else ("--unshare-net",)), "--hostname", "step"]
    words += ["--uid", str(etc.UID), "--gid", str(etc.UID)]
    words += ["--die-with-parent", "--new-session", "--info-fd", str(info_fd), *_system()]
    words += ["--ro-bind", str(sandbox.etc), "/etc"]
    for name in etc.NETWORK if sandbox.network else ():
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    words += ["--proc", "/proc", "--dev", "/dev", "--bind", str(sandbox.pfs), "/pfs"]
    words += ["--bind", str(sandbox.tmp), "/tmp", "--symlink", "../tmp", "/var/tmp"]  # noqa: S108 - inside the sandbox
    for folder in sandbox.environment.folders:
        words += ["--ro-bind", str(folder), str(folder)]
    for folder_inside in sorted({posixpath.dirname(path) for path in file_fds}):
        words += ["--tmpfs", folder_inside]
    for path, fd in file_fds.items():
        words += ["--perms", "0444", "--file", str(fd), path]
    words += ["--unsetenv", MARK]
    for name, value in variables.items():
        words += ["--setenv", name, value]
    return [*words, "--chdir", sandbox.working_dir]


@cache
def _system() -> tuple[str, ...]:
    """/usr, and the library folders as this machine has them: links into /usr, or folders of their own."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in LINKED:
        folder = Path("/", name)
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            words += ["--ro-bind", str(folder), str(folder)]
    return tuple(words)
