# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands ``models``, ``gate`` and ``prune``, which the playbooks of these names call."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from cpsign_workflow.catalogue import comparison, pruning, table
from cpsign_workflow.catalogue.gate import Check, Rules
from cpsign_workflow.catalogue.gate import gate as judge
from cpsign_workflow.catalogue.trained_model import TrainedModel, read_releases, read_server
from cpsign_workflow.errors import UserError


def models(
    answer: Path, metrics: Path, workflows: Sequence[str], compared: Sequence[str] | None, page: Path | None
) -> None:
    """Print a table of the workflows' models, or of two of them side by side."""
    server = read_server(answer, metrics)
    found = [model for workflow in workflows for model in server.models(workflow)]
    if compared is None:
        for workflow in workflows:
            print(f"{workflow}")
            of_workflow = [model for model in found if model.workflow == workflow]
            print("".join(f"  {line}\n" for line in table.lines(of_workflow)) if of_workflow else "  no model yet\n")
        return
    one, other = (table.find(found, commit) for commit in compared)
    lines = comparison.compare(one, other)
    if page is not None:
        page.write_text(comparison.page(lines), encoding="utf-8")
    print("\n".join(comparison.text(lines)))


def gate(answer: Path, metrics: Path, workflow: str, commit: str, rules: Rules) -> None:
    """Print ``{commit, released, passed, checks}``: the model's commit, that of the released one, and what was found.

    A model that was released before passed the gate then (or somebody answers for it): to go back to it must not wait.
    """
    found = read_server(answer, metrics).models(workflow)
    if not found:
        raise UserError(f"{workflow} has no trained model yet: train.yml makes one")
    candidate = table.find(found, commit) if commit else found[0]
    released = next((model for model in found if model.released), None)
    earlier = read_releases(metrics, workflow).get(candidate.commit)
    if candidate is released:
        checks = [Check(True, "it is the released model")]
    elif earlier is not None:
        checks = [Check(True, f"it was released before, on {earlier['released']}")]
    else:
        checks = judge(candidate.metrics, released.metrics if released else None, rules)
    print(
        json.dumps(
            {
                "commit": candidate.commit,
                "released": _commit(released),
                "passed": all(check.passed for check in checks),
                "checks": [asdict(check) for check in checks],
            }
        )
    )


def prune(answer: Path, metrics: Path, workflows: Sequence[str], keep: int, running: Sequence[str]) -> None:
    """Print ``{commit_sets, models: [{workflow, commit, bytes}], bytes}``."""
    if keep < 1:
        raise UserError(f"keep={keep}: at least the newest model of each workflow stays")
    chosen = pruning.prune(read_server(answer, metrics), workflows, keep, running)
    gone = [{"workflow": model.workflow, "commit": model.commit, "bytes": model.size} for model in chosen.models]
    print(json.dumps({"commit_sets": chosen.commit_sets, "models": gone, "bytes": chosen.bytes}))


def _commit(model: TrainedModel | None) -> str | None:
    return model.commit if model else None
