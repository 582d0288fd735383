# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a node's files lie and which addresses it has. Everything follows from the node's name."""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from .command import NodeError

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pharmbio-cpsign"
# Folders that the node's programs write into, by fixed names of theirs: the node has its own in their place.
OWN_FOLDERS = ("/var/log", "/var/lib/cni", "/var/lib/containerd", "/var/lib/kubelet")


@dataclass(frozen=True)
class Node:
    """A node, running or not. Two nodes with different names do not meet."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]{1,8}", self.name):
            raise NodeError(f"node name {self.name!r}: must be 1 to 8 lower-case letters or digits")

    @property
    def folder(self) -> Path:
        return CACHE / "nodes" / self.name

    @property
    def pid_file(self) -> Path:
        """Process id and start time of the process whose end ends the node."""
        return self.folder / "pid"

    @property
    def kubeconfig(self) -> Path:
        """For a user who may do everything."""
        return self.folder / "kubeconfig"

    @property
    def limited_kubeconfig(self) -> Path:
        """For a user who may change things in namespace ``limited`` only."""
        return self.folder / "kubeconfig-limited"

    @property
    def expired_kubeconfig(self) -> Path:
        """For a user who might do everything, but whose certificate has ended."""
        return self.folder / "kubeconfig-expired"

    def own(self, folder: str) -> Path:
        """What the node sees as ``folder``, one of OWN_FOLDERS."""
        return self.folder / "root" / folder.lstrip("/")

    @property
    def link(self) -> str:
        """The network link on the machine's side."""
        return f"cpsign-{self.name}"

    @property
    def cgroup(self) -> str:
        """Below the root of every cgroup hierarchy: all cgroups of the node's pods."""
        return f"cpsign-node-{self.name}"

    @property
    def number(self) -> int:
        """1 to 254, the third number of all addresses."""
        return zlib.crc32(self.name.encode()) % 254 + 1

    @property
    def machine_address(self) -> str:
        """The machine, as pods see it."""
        return f"10.213.{self.number}.1"

    @property
    def address(self) -> str:
        """The node: API server, names, node ports."""
        return f"10.213.{self.number}.2"

    @property
    def pods(self) -> str:
        return f"10.214.{self.number}.0/24"

    @property
    def services(self) -> str:
        return f"10.215.{self.number}.0/24"

    @property
    def first_service(self) -> str:
        """Address of service ``kubernetes``: by Kubernetes' rule the first of the range."""
        return f"10.215.{self.number}.1"
