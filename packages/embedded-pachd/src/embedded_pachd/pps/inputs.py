# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of a pipeline's inputs: walking it, its names, the branches it reads."""

from __future__ import annotations

from collections.abc import Iterator

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.names import BranchName, RepoName

KINDS = ("cross", "join", "group", "union")


def children(node: pps_pb2.Input) -> list[pps_pb2.Input]:
    """The inputs directly below a cross, join, group or union, in order."""
    return [child for kind in KINDS for child in getattr(node, kind)]


def visit(node: pps_pb2.Input) -> Iterator[pps_pb2.Input]:
    """Every node of the tree, children before their parent (the order in which pachd reports faults)."""
    for child in children(node):
        yield from visit(child)
    yield node


def leaves(node: pps_pb2.Input) -> Iterator[pps_pb2.Input]:
    """The pfs and cron inputs of the tree, from left to right."""
    return (each for each in visit(node) if each.HasField("pfs") or each.HasField("cron"))


def sorting_name(node: pps_pb2.Input) -> str:
    """The name by which pachd orders siblings: that of the first pfs input below, empty for cron."""
    if node.HasField("pfs"):
        return str(node.pfs.name)
    below = children(node)
    return sorting_name(below[0]) if below else ""


def sort_siblings(node: pps_pb2.Input) -> None:
    """Reorder siblings as pachd stores them: stable, innermost first, by the names as submitted."""
    for each in visit(node):
        for kind in KINDS:
            siblings = getattr(each, kind)
            ordered = [pps_pb2.Input.FromString(s.SerializeToString()) for s in sorted(siblings, key=sorting_name)]
            del siblings[:]
            siblings.extend(ordered)


def branches(node: pps_pb2.Input) -> list[BranchName]:
    """Everything the tree reads, from left to right: the provenance of the output branch."""
    return [leaf_branch(leaf) for leaf in leaves(node)]


def leaf_branch(leaf: pps_pb2.Input) -> BranchName:
    """The branch that a pfs or cron input reads."""
    if leaf.HasField("pfs"):
        return BranchName(RepoName(leaf.pfs.repo, leaf.pfs.repo_type, leaf.pfs.project), leaf.pfs.branch)
    return BranchName(RepoName(leaf.cron.repo, project=leaf.cron.project), "master")
