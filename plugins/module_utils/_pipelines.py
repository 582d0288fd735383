# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines: specs applied in the order of the data's flow, and only where they differ from what pachd has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ._errors import UserError, raise_all
from ._names import ALL_PIPELINES, ALL_REPOS, pipeline_of
from ._pachd import Pachd
from ._pipeline_inputs import in_dag_order, input_repos, pipeline_name
from ._plan import Call, Change, Plan, carry_out
from ._running_jobs import clear_running_jobs
from ._spec_check import spec_problems
from ._spec_files import SourcedSpec, read_specs
from ._spec_migration import migrate
from ._spec_normal import REQUEST, comparable, normal_form, shown, spec_of

OWNER_LABEL = "pharmbio.cpsign/owner"
LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
Info = dict[str, Any]


@dataclass(frozen=True)
class PipelineTask:
    """The options of pachyderm_pipeline."""

    specs: tuple[dict[str, Any], ...] = ()
    src: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    state: Literal["present", "absent", "started", "stopped"] = "present"
    reprocess: Literal["auto", "always", "never"] = "auto"
    running_jobs: Literal["wait", "fail", "kill"] = "wait"
    timeout: int = 3600
    owner: str | None = None
    purge: bool = False
    force: bool = False


def plan_pipelines(pachd: Pachd, task: PipelineTask) -> Plan:
    """The changes that make the pipelines as described; nothing is asked of the server before every spec is sound."""
    sound = _sound_specs(pachd, read_specs(task.specs, task.src), whole=task.state != "absent")
    specs = [_owned(spec, task.owner) for spec in in_dag_order(sound)]
    existing = {info["pipeline"]["name"]: info for info in pachd.each("pps.ListPipeline", ALL_PIPELINES)}
    names = list(dict.fromkeys([*map(pipeline_name, specs), *task.names]))
    if task.purge and not names:
        raise UserError("purge: no pipeline is described, so all would go; name those to delete, with state absent")
    if task.owner is not None and not LABEL.fullmatch(task.owner):
        raise UserError(f"owner: {task.owner!r}: Kubernetes allows 63 letters, digits, -, _ and . in a label")
    if task.state == "absent":
        changes = list(_deletions(pachd, names, existing, [], task.force))
    else:
        updates = (_update(pachd, spec, existing.get(pipeline_name(spec)), task.reprocess) for spec in specs)
        changes = [change for update in updates for change in update]
        _refuse_missing_repos(pachd, specs, changes)
        changes += _starts_and_stops(names, existing, specs, task.state)
        if task.purge:
            left_over = [name for name, info in existing.items() if name not in names and _owner(info) == task.owner]
            changes += _deletions(pachd, left_over, existing, specs, task.force)

    def apply() -> dict[str, Any]:
        disturbed = [change.name for change in changes if change.after and change.name in existing]
        if task.running_jobs != "kill":
            clear_running_jobs(pachd, disturbed, task.timeout if task.running_jobs == "wait" else 0)
        carry_out(pachd, changes)
        return {}

    return Plan(tuple(changes), {"pipelines": names}, apply)


def _sound_specs(pachd: Pachd, sourced: list[SourcedSpec], whole: bool) -> list[dict[str, Any]]:
    """The specs in canonical form. To delete a pipeline its name is enough, so then only that is looked at."""
    problems: list[str] = []
    specs: list[dict[str, Any]] = []
    origins: dict[str, str] = {}
    for source in sourced:
        spec, translated = migrate(source.spec if whole else {"pipeline": source.spec.get("pipeline") or {}})
        pachd.warnings += [f"{source.origin}: {line}" for line in translated]
        found = spec_problems(spec, pachd.library.message(REQUEST).DESCRIPTOR)
        found = [line for line in found if whole or line.startswith("pipeline")]
        problems += [f"{source.origin}: {line}" for line in found]
        if not found:
            try:
                canonical = pachd.library.tidy(REQUEST, spec)
            except UserError as error:
                problems.append(f"{source.origin}: {error}")
                continue
            name = pipeline_name(canonical)
            first = origins.setdefault(name, source.origin)
            if first != source.origin:
                problems.append(f"{source.origin}: pipeline.name: {name} is already described in {first}")
            # without the project, 2.12 can neither run it again nor give it new defaults
            specs.append({**canonical, "pipeline": pipeline_of(name)})
    raise_all(problems)
    return specs


def _update(pachd: Pachd, spec: dict[str, Any], info: Info | None, reprocess: str) -> Iterator[Change]:
    """At most one change. pachd makes a job and a version of every update, so equal specs must not be sent."""
    name = pipeline_name(spec)
    if info is None:
        yield Change(name, {}, normal_form(spec), (Call("pps.CreatePipeline", spec),))
        return
    after, before = comparable(spec, info, pachd.library)
    if after == before:
        return
    # pachd hashes only a datum's files: without reprocessing it would skip every datum though the code is another.
    again = reprocess == "always" or (reprocess == "auto" and after.get("transform") != before.get("transform"))
    yield Change(name, before, after, (Call("pps.CreatePipeline", {**spec, "update": True, "reprocess": again}),))


def _starts_and_stops(
    names: list[str], existing: dict[str, Info], specs: list[dict[str, Any]], state: str
) -> list[Change]:
    known = {*existing, *map(pipeline_name, specs)}
    unknown = [name for name in names if name not in known]
    raise_all([f"pipeline {name} does not exist, and no spec of it is given" for name in unknown])
    if state == "present":
        return []
    stop = state == "stopped"
    method = "pps.StopPipeline" if stop else "pps.StartPipeline"
    different = [name for name in names if existing.get(name, {}).get("stopped", False) != stop]
    return [
        Change(name, {"stopped": not stop}, {"stopped": stop}, (Call(method, {"pipeline": pipeline_of(name)}),))
        for name in different
    ]


def _deletions(
    pachd: Pachd, names: list[str], existing: dict[str, Info], updated: list[dict[str, Any]], force: bool
) -> Iterator[Change]:
    """Readers go before those they read; what stays counts as it will be once it is `updated`."""
    known = {name: spec_of(info, pachd.library) for name, info in existing.items()}
    doomed = [known[name] for name in names if name in known]
    leaving = {pipeline_name(spec) for spec in doomed}
    staying = {name: spec for name, spec in known.items() if name not in leaving}
    staying.update((pipeline_name(spec), spec) for spec in updated)
    problems = [
        f"pipeline {repo} is read by {name}; delete that first, or set force"
        for name, spec in staying.items()
        for repo in input_repos(spec.get("input") or {})
        if repo in leaving
    ]
    raise_all([] if force else problems)
    for spec in reversed(in_dag_order(doomed)):
        name = pipeline_name(spec)
        call = Call("pps.DeletePipeline", {"pipeline": pipeline_of(name), "force": force})
        yield Change(name, shown(existing[name], pachd.library), {}, (call,))


def _owned(spec: dict[str, Any], owner: str | None) -> dict[str, Any]:
    if owner is None:
        return spec
    metadata = spec.get("metadata", {})
    return {**spec, "metadata": {**metadata, "labels": {**metadata.get("labels", {}), OWNER_LABEL: owner}}}


def _owner(info: Info) -> str | None:
    owner: str | None = info.get("details", {}).get("metadata", {}).get("labels", {}).get(OWNER_LABEL)
    return owner


def _refuse_missing_repos(pachd: Pachd, specs: list[dict[str, Any]], changes: list[Change]) -> None:
    """pachd would stop at the first such pipeline, with a text about branches."""
    changed = {change.name for change in changes}
    inputs = {pipeline_name(spec): spec.get("input", {}) for spec in specs}
    reads = {name: set(input_repos(tree)) for name, tree in inputs.items() if name in changed}
    if not any(reads.values()):
        return
    have = {info["repo"]["name"] for info in pachd.each("pfs.ListRepo", ALL_REPOS)} | set(inputs)
    missing = [(name, repo) for name, repos in sorted(reads.items()) for repo in sorted(repos - have)]
    texts = [f"pipeline {name} reads repo {repo}, which does not exist" for name, repo in missing]
    if pachd.read_only:  # an earlier task may only have said that it would make it
        pachd.warnings += texts
    else:
        raise_all(texts)
