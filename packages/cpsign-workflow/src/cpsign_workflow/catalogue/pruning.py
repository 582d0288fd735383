# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commit sets may go so that each workflow keeps its newest models and the released one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cpsign_workflow.catalogue.trained_model import Server, TrainedModel


@dataclass(frozen=True)
class Pruning:
    """What goes."""

    commit_sets: tuple[str, ...]
    """Newest first: what was computed from a commit goes before it."""
    models: tuple[TrainedModel, ...]
    """Whose commit goes."""

    @property
    def bytes(self) -> int:
        """What pachd frees when it next collects garbage, less what others share.

        Nothing of a model that a kept commit repeats is freed.
        """
        gone = set(self.commit_sets)
        return sum(model.size for model in self.models if gone.issuperset(model.repeats))


def prune(server: Server, workflows: Sequence[str], keep: int, running: Sequence[str]) -> Pruning:
    """Choose among the commit sets of the workflows' repos.

    Kept are the heads of all branches (``release`` among them), commit sets with jobs that have not ended, the commits
    that trained the newest ``keep`` models of each workflow, whatever is not finished, one empty commit of each
    workflow (the release moves over it when a model is sent once more), and what any of these was computed from: pachd
    would refuse to remove it.
    """
    by_workflow = [server.models(workflow) for workflow in workflows]
    models = [model for found in by_workflow for model in found]
    newest = [model for found in by_workflow for model in found[:keep]]
    kept = {head for repo in server.repos for head in server.heads(repo["name"]).values()}
    kept.update(running, (commit["id"] for commit in server.commits if not commit["finished"]))
    kept.update(model.commit for model in [*newest, *(model for model in models if model.released)])
    kept.update(_empty(server))
    newest_first = sorted(server.commits, key=lambda commit: commit["started"], reverse=True)
    for commit in newest_first:
        if commit["id"] in kept:
            kept.update(commit["provenance"])
    gone = dict.fromkeys(commit["id"] for commit in newest_first if commit["id"] not in kept)
    return Pruning(tuple(gone), tuple(model for model in models if model.commit in gone))


def _empty(server: Server) -> Iterable[str]:
    """The oldest commit without files of each ``<workflow>-aggregate``; commits stand newest first."""
    return {
        commit["repo"]: commit["id"]
        for commit in server.commits
        if commit["repo"].endswith("-aggregate") and commit["finished"] and not commit["size_bytes"]
    }.values()
