# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trained model: the commits of ``<workflow>-aggregate`` that hold it, and its metrics.json."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpsign_workflow.provenance import read_json

RELEASE = "release"
"""The branch of ``<workflow>-aggregate`` whose head is in use."""


@dataclass(frozen=True)
class TrainedModel:
    """One model of a workflow."""

    workflow: str
    commit: str
    """The id of the commit that trained it, which is the name of its folder in ``models/<workflow>``."""
    repeats: tuple[str, ...]
    """The commits that hold the same files, because they were pushes for another workflow."""
    finished: str
    """When it was trained, as pachd writes times."""
    size: int
    """Bytes of its files."""
    released: bool
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Server:
    """What ``pachyderm_info`` returned of pachd (newest first), and where metrics.json were fetched to."""

    repos: list[dict[str, Any]]
    commits: list[dict[str, Any]]
    jobs: list[dict[str, Any]]
    """Of the pipelines ``<workflow>-aggregate``."""
    metrics: Path
    """Holds ``<workflow>/<commit>/metrics.json``."""

    def models(self, workflow: str) -> list[TrainedModel]:
        """The models of a workflow, newest first.

        A model whose commit was pruned is none any more, although a commit that another workflow needs may repeat it.
        """
        repo = f"{workflow}-aggregate"
        skipped = {job["id"] for job in self.jobs if job["pipeline"] == repo and not job["data_processed"]}
        found: dict[str, list[dict[str, Any]]] = {}
        for commit in self.commits:
            if commit["repo"] == repo and self._metrics(workflow, commit["id"]).exists():
                text = self._metrics(workflow, commit["id"]).read_text(encoding="utf-8")
                found.setdefault(text, []).append(commit)
        released = self.heads(repo).get(RELEASE)
        return [
            TrainedModel(
                workflow=workflow,
                commit=trained["id"],
                repeats=(repeats := tuple(commit["id"] for commit in later)),
                finished=trained["finished"],
                size=trained["size_bytes"],
                released=released in (trained["id"], *repeats),
                metrics=json.loads(text),
            )
            for text, (*later, trained) in found.items()
            if trained["id"] not in skipped
        ]

    def heads(self, repo: str) -> dict[str, str]:
        """The head of each branch of a repo."""
        return {
            branch["name"]: branch["head"] for info in self.repos if info["name"] == repo for branch in info["branches"]
        }

    def _metrics(self, workflow: str, commit: str) -> Path:
        return self.metrics / workflow / commit / "metrics.json"


def read_server(answer: Path, metrics: Path) -> Server:
    """``answer`` is a JSON file with the ``repos``, ``commits`` and ``jobs`` that ``pachyderm_info`` returned."""
    content = read_json(answer)
    return Server(content["repos"], content["commits"], content["jobs"], metrics)


def read_releases(folder: Path, workflow: str) -> dict[str, dict[str, Any]]:
    """What ``promote.yml`` wrote down of the releases of a workflow, by commit; ``folder`` holds ``releases/``."""
    return {path.stem: read_json(path) for path in folder.glob(f"releases/{workflow}/*.json")}


def figures(metrics: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Name and value of the figures of goodness of fit, the key figure first."""
    test = metrics["test"]
    for key, name in {
        "r2": "R2",
        "balanced_accuracy": "balanced accuracy",
        "rmse": "RMSE",
        "mae": "MAE",
        "mcc": "MCC",
        "auc": "AUC",
        "brier": "Brier score",
        "log_loss": "log loss",
    }.items():
        if test.get(key) is not None:
            yield name, float(test[key])
