# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of a pipeline's inputs, and the order of pipelines that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ._errors import UserError

COMBINATIONS = ("cross", "union", "join", "group")


def leaves(tree: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All pfs and cron inputs of an input, with their kind."""
    for kind in ("pfs", "cron"):
        if isinstance(tree.get(kind), dict):
            yield kind, tree[kind]
    for kind in COMBINATIONS:
        for child in tree.get(kind) or ():
            yield from leaves(child)


def input_repos(tree: Mapping[str, Any]) -> Iterator[str]:
    """The repos that an input reads (a cron input's own repo is not one of them)."""
    for kind, leaf in leaves(tree):
        if kind == "pfs" and leaf.get("repo"):
            yield leaf["repo"]


def pipeline_name(spec: Mapping[str, Any]) -> str:
    """A pipeline's name is also that of its output repo."""
    name: str = spec["pipeline"]["name"]
    return name


def in_dag_order(specs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The specs, each after those whose output it reads; otherwise as they came.

    Raises:
        UserError: when pipelines read each other in a circle.
    """
    by_name = {pipeline_name(spec): spec for spec in specs}
    graph = {name: [r for r in input_repos(spec.get("input") or {}) if r in by_name] for name, spec in by_name.items()}
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise UserError(f"these pipelines read each other in a circle: {' -> '.join(error.args[1])}") from error
