# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the tests' own, beside one that may be running."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from onenode import machine
from onenode.layout import Node
from onenode.programs import Programs, built


@dataclass(frozen=True)
class Cluster:
    """A running node and its programs."""

    node: Node
    programs: Programs

    def run(self, program: str, *words: str, stdin: str | None = None, limited: bool = False) -> str:
        """What a program such as kubectl prints; CalledProcessError when it fails."""
        return subprocess.run(
            [self.programs[program], *words],
            env=self.environment(limited=limited),
            input=stdin,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def kubectl(self, *words: str, stdin: str | None = None, limited: bool = False) -> str:
        return self.run("kubectl", *words, stdin=stdin, limited=limited)

    def environment(self, *, limited: bool = False) -> dict[str, str]:
        kubeconfig = self.node.limited_kubeconfig if limited else self.node.kubeconfig
        return {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": f"{self.programs['.']}:{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def programs() -> Programs:
    return built()


@pytest.fixture(scope="session")
def cluster(programs: Programs) -> Iterator[Cluster]:
    node = Node("test")
    machine.stop(node)
    machine.start(node, programs)
    yield Cluster(node, programs)
    machine.stop(node)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart of one ConfigMap."""
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: trivial\nversion: 1.0.0\n")
    (folder / "templates/settings.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: {{ .Values.colour }}\n"
    )
    return folder
