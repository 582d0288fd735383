# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cgroup in which kubelet makes those of pods: what a node leaves in the kernel after its last process."""

from __future__ import annotations

import os
from pathlib import Path

from .layout import Node

CGROUPS = Path("/sys/fs/cgroup")


def _hierarchies() -> list[Path]:
    """Roots of all cgroup hierarchies: one with cgroup v2, one a controller with v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in CGROUPS.iterdir() if (path / "cgroup.procs").exists() and not path.is_symlink()]


def make(node: Node) -> None:
    for hierarchy in _hierarchies():
        (hierarchy / node.cgroup).mkdir()


def remove(node: Node) -> bool:
    """Remove the node's cgroups from the leaves up; false while one still has a process that is ending."""
    for hierarchy in _hierarchies():
        for folder, _below, _files in os.walk(hierarchy / node.cgroup, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                return False
    return True
