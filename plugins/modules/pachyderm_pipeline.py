#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_pipeline
short_description: Keep Pachyderm pipelines as their specs describe them
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Creates, updates, deletes, starts and stops pipelines. In Pachyderm an update is never without effect (it ends
    running jobs and starts new ones), so a spec is compared with what the server has, its defaults left out on both
    sides, and only sent when it differs.
  - From pachd 2.8 on it is compared with what was sent last, so that the defaults of a cluster or project are no
    difference. A key whose value is false, 0 or empty does not reach pachd, and cannot undo such a default.
  - All specs of a task are checked before anything is sent, and every mistake is reported at once with its file and
    key.
  - Pipelines are created in the order of the data's flow, in one transaction, and deleted in the reverse order.
  - Pipelines and the repos they read are those of the project C(default).
  - Specs written for Pachyderm 1.7 are translated, with a warning for each key.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  specs:
    description:
      - Pipeline specs, in the words of C(pachctl create pipeline).
    type: list
    elements: dict
  src:
    description:
      - Files with specs, as JSON or YAML; a file may hold several.
    type: list
    elements: path
  names:
    description:
      - Names of pipelines, for states that need no spec.
    type: list
    elements: str
  state:
    description:
      - V(present) creates and updates; what is stopped stays stopped.
      - V(absent) deletes the pipelines with their output.
      - V(started) and V(stopped) also apply specs where they are given, and start or stop.
    type: str
    choices: [present, absent, started, stopped]
    default: present
  reprocess:
    description:
      - Whether an update computes again what was computed before. Pachyderm by itself skips every datum whose files
        are the same, though the code be another.
      - V(auto) reprocesses when the C(transform) changed (command, image, environment, secrets), V(always) at each
        update, V(never) leaves it to Pachyderm.
    type: str
    choices: [auto, always, never]
    default: auto
  running_jobs:
    description:
      - What to do when a pipeline that is to be updated or stopped has unfinished jobs, which that would kill.
      - V(wait) waits for them as long as O(timeout) says, V(fail) fails at once, V(kill) goes on.
    type: str
    choices: [wait, fail, kill]
    default: wait
  timeout:
    description:
      - How many seconds to wait for running jobs.
    type: int
    default: 3600
  owner:
    description:
      - A name that is put on each pipeline as the label C(pharmbio.cpsign/owner), by Kubernetes' rules for labels.
    type: str
  purge:
    description:
      - Delete the pipelines of O(owner) that the task does not name, after the others were applied. A task that names
        none is refused, and with O(state=absent) there is nothing to purge.
    type: bool
    default: false
  force:
    description:
      - Delete a pipeline though others read its output.
    type: bool
    default: false
seealso:
  - module: pharmbio.cpsign.pachyderm_job
  - module: pharmbio.cpsign.pachyderm_repo
"""

EXAMPLES = r"""
- name: A pipeline that counts lines
  pharmbio.cpsign.pachyderm_pipeline:
    specs:
      - pipeline:
          name: count
        transform:
          image: alpine
          cmd: [sh]
          stdin: ["wc -l /pfs/config/*.json > /pfs/out/lines"]
        input:
          pfs:
            repo: config
            glob: /

- name: All specs of a folder, without waiting for running jobs
  pharmbio.cpsign.pachyderm_pipeline:
    src: "{{ query('ansible.builtin.fileglob', 'pipelines/*.json') }}"
    running_jobs: kill

- name: Exactly these pipelines, what this team no longer describes is deleted
  pharmbio.cpsign.pachyderm_pipeline:
    src: "{{ query('ansible.builtin.fileglob', 'pipelines/*.json') }}"
    owner: modelling
    purge: true

- name: Compute everything again with each change, after waiting ten minutes for running jobs
  pharmbio.cpsign.pachyderm_pipeline:
    src: ["pipelines/copy.json"]
    reprocess: always
    timeout: 600

- name: Stop it for the night
  pharmbio.cpsign.pachyderm_pipeline:
    names: [count]
    state: stopped

- name: Remove it and its output, though others read that
  pharmbio.cpsign.pachyderm_pipeline:
    names: [count]
    state: absent
    force: true
"""

RETURN = r"""
pipelines:
  description: The names of the pipelines that the task is about, in the order of the data's flow.
  type: list
  elements: str
  returned: success
  sample: [count]
problems:
  description: Each mistake found in the specs.
  type: list
  elements: str
  returned: when specs are wrong
  sample: ["count.json: transform.cmd: missing"]
running_jobs:
  description: The jobs that stood in the way.
  type: list
  elements: str
  returned: when jobs were still running
  sample: ["count@3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21"]
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pipelines import PipelineTask, plan_pipelines


def main() -> None:
    """Run the module."""
    run(
        PipelineTask,
        plan_pipelines,
        required_one_of=[["specs", "src", "names"]],
        required_if=[["purge", True, ["owner"]]],
    )


if __name__ == "__main__":
    main()
