# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pachd 2.7 fills into a pipeline specification before it stores it."""

from __future__ import annotations

import posixpath
from collections import Counter

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps.inputs import leaves, sort_siblings

DEFAULT_IMAGE = "ubuntu:20.04"
DEFAULT_TRIES = 3
DEFAULT_BRANCH = "master"
DEFAULT_PROJECT = "default"
UNTIL_SUCCESS = "until_success"
EVERY_JOB = "every_job"


def fill(name: str, project: str, details: pps_pb2.PipelineInfo.Details) -> None:
    """Complete the details of pipeline `name` in place, as inspect_pipeline shows them."""
    details.transform.image = details.transform.image or DEFAULT_IMAGE
    if details.HasField("input"):
        fill_input(name, project, details.input)
    details.output_branch = details.output_branch or DEFAULT_BRANCH
    details.datum_tries = details.datum_tries or DEFAULT_TRIES
    details.reprocess_spec = details.reprocess_spec or UNTIL_SUCCESS
    if details.HasField("service"):
        details.service.type = details.service.type or "NodePort"
    if details.spout.HasField("service"):
        details.spout.service.type = details.spout.service.type or "NodePort"


def fill_input(name: str, project: str, tree: pps_pb2.Input) -> None:
    """Order the inputs and complete each pfs and cron input of pipeline `name` in `project`."""
    sort_siblings(tree)
    triggers: Counter[str] = Counter()
    for leaf in leaves(tree):
        if leaf.HasField("pfs"):
            _fill_pfs(name, project, leaf.pfs, triggers)
        else:
            _fill_cron(name, project, leaf.cron)


def _fill_pfs(name: str, project: str, pfs: pps_pb2.PFSInput, triggers: Counter[str]) -> None:
    if not pfs.branch and pfs.HasField("trigger"):
        triggers[pfs.repo] += 1
        pfs.branch = f"{name}-trigger-{triggers[pfs.repo]}"
        pfs.trigger.branch = pfs.trigger.branch or DEFAULT_BRANCH
    pfs.branch = pfs.branch or DEFAULT_BRANCH
    pfs.name = pfs.name or pfs.repo
    pfs.repo_type = pfs.repo_type or "user"
    pfs.project = pfs.project or project
    if pfs.glob:
        pfs.glob = clean_glob(pfs.glob)


def _fill_cron(name: str, project: str, cron: pps_pb2.CronInput) -> None:
    cron.project = cron.project or project
    cron.repo = cron.repo or f"{name}_{cron.name}"
    if not cron.HasField("start"):
        cron.start.GetCurrentTime()


def clean_glob(glob: str) -> str:
    """The form in which pachd keeps a glob: absolute, without repeated or trailing slashes."""
    return "/" + posixpath.normpath("/" + glob).lstrip("/")
