#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_job
short_description: Wait for Pachyderm jobs, try them again, stop or delete them
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Waits until the jobs of a commit set, or the newest job of a pipeline, have ended, and fails as soon as one fails,
    is killed or cannot run, or its pipeline is crashing or stopped. While it waits it shows a line for each job that
    changed.
  - Where Kubernetes can be asked (O(kubeconfig), O(context) or O(namespace)), it also fails when none of the pipeline's
    pods can start or all keep crashing, and says what Kubernetes tells of them.
  - Stops or deletes jobs, or starts them once more.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  commit_set:
    description:
      - The id of a commit set, which is also that of the commit that was pushed and of every job it started.
    type: str
  pipeline:
    description:
      - A pipeline; its newest job is meant. Needed for O(state=retried), refused with O(state=absent).
    type: str
  pipelines:
    description:
      - Only the jobs of these pipelines in O(commit_set); each must have one. All jobs of the set when not given.
    type: list
    elements: str
  state:
    description:
      - V(finished) waits. In check mode it looks once and does not wait.
      - V(retried) makes an empty commit on the branch that the pipeline's data come from, when its newest job did not
        succeed. Datums that succeeded are skipped.
      - V(stopped) stops jobs that have not ended, V(absent) deletes the jobs of a commit set.
    type: str
    choices: [finished, retried, stopped, absent]
    default: finished
  timeout:
    description:
      - How many seconds to wait.
    type: int
    default: 3600
  log_lines:
    description:
      - How many of the last lines of a failed job's log to return.
    type: int
    default: 20
  until:
    description:
      - V(change) comes back as soon as one more job has ended, or after O(timeout) seconds without failing. The live
        lines are made with it.
    type: str
    choices: [finished, change]
    default: finished
seealso:
  - module: pharmbio.cpsign.pachyderm_file
  - module: pharmbio.cpsign.pachyderm_pipeline
"""

EXAMPLES = r"""
- name: Wait for all that the push started
  pharmbio.cpsign.pachyderm_job:
    commit_set: "{{ pushed.commit }}"
    timeout: 7200

- name: Wait for two of its pipelines, with a longer log of what fails
  pharmbio.cpsign.pachyderm_job:
    commit_set: "{{ pushed.commit }}"
    pipelines: [count, copy]
    log_lines: 100

- name: Look again in ten seconds, or as soon as a job has ended
  pharmbio.cpsign.pachyderm_job:
    commit_set: "{{ pushed.commit }}"
    timeout: 10
    until: change

- name: Once more, if it failed
  pharmbio.cpsign.pachyderm_job:
    pipeline: count
    state: retried
  register: retry

- name: Stop the newest job
  pharmbio.cpsign.pachyderm_job:
    pipeline: count
    state: stopped
"""

RETURN = r"""
jobs:
  description: The jobs, each with its state, reason, datum counts and times.
  type: list
  elements: dict
  returned: success, and when jobs failed
  contains:
    pipeline:
      description: The pipeline.
      type: str
      sample: count
    id:
      description: The job's id, equal to that of its commit set.
      type: str
      sample: 3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21
    state:
      description: One of created, starting, running, egressing, finishing, success, failure, killed, unrunnable.
      type: str
      sample: success
    reason:
      description: Why it failed.
      type: str
      sample: ""
    data_processed:
      description: How many datums were computed.
      type: int
      sample: 1
    data_skipped:
      description: How many datums were taken over from an earlier job.
      type: int
      sample: 0
    data_failed:
      description: How many datums failed.
      type: int
      sample: 0
    data_recovered:
      description: How many datums failed and were accepted by the pipeline's error command.
      type: int
      sample: 0
    data_total:
      description: How many datums there are.
      type: int
      sample: 1
    created:
      description: When the job was made.
      type: str
      sample: "2026-01-01T12:00:00Z"
    started:
      description: When it began to run.
      type: str
      sample: "2026-01-01T12:00:00Z"
    finished:
      description: When it ended.
      type: str
      sample: "2026-01-01T12:00:01Z"
    log:
      description: The last lines that the code of a failed job printed.
      type: list
      elements: str
      sample: []
done:
  description: Whether all jobs have ended.
  type: bool
  returned: with O(state=finished)
  sample: true
commit_set:
  description: The commit set in which the jobs run again, or that of the newest job when nothing had to be done.
  type: str
  returned: with O(state=retried)
  sample: 3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._jobs import JobTask, plan_jobs
from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run


def main() -> None:
    """Run the module."""
    run(
        JobTask,
        plan_jobs,
        mutually_exclusive=[["commit_set", "pipeline"], ["pipeline", "pipelines"]],
        required_one_of=[["commit_set", "pipeline"]],
        required_if=[["state", "retried", ["pipeline"]]],
    )


if __name__ == "__main__":
    main()
