#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_info
short_description: Read what a Pachyderm server has
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Returns the server's version, repos, pipelines, jobs, secrets (without values) and commits. Changes nothing.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  gather:
    description:
      - What to read; only that is asked of the server. Its version when not given.
    type: list
    elements: str
    choices: [version, repos, pipelines, jobs, secrets, commits]
  pipelines:
    description:
      - Only these pipelines and their jobs.
    type: list
    elements: str
  repos:
    description:
      - Only these repos and their commits.
    type: list
    elements: str
  limit:
    description:
      - How many jobs of each pipeline and commits of each repo to return, the newest first.
    type: int
    default: 20
seealso:
  - module: pharmbio.cpsign.pachyderm_job
"""

EXAMPLES = r"""
- name: What is there
  pharmbio.cpsign.pachyderm_info:
    gather: [version, repos, pipelines]
  register: server

- name: The newest commits of one repo
  pharmbio.cpsign.pachyderm_info:
    gather: [commits]
    repos: [config]

- name: The last job of one pipeline
  pharmbio.cpsign.pachyderm_info:
    gather: [jobs]
    pipelines: [count]
    limit: 1

- name: A server with TLS, from an authority of one's own
  pharmbio.cpsign.pachyderm_info:
    address: "grpcs://{{ pachd_host }}:{{ pachd_port }}"
    ca_file: ca.pem
    token: "{{ lookup('ansible.builtin.file', 'pachd.token') }}"
    connect_timeout: 60

- name: The server that pachctl would use
  pharmbio.cpsign.pachyderm_info:
    config: pachctl.json
    config_context: laboratory

- name: A server in a cluster, without pachctl port-forward
  pharmbio.cpsign.pachyderm_info:
    kubeconfig: kubeconfig
    context: laboratory
    namespace: pachyderm
"""

RETURN = r"""
version:
  description: The server's version.
  type: str
  returned: when asked for
  sample: 2.7.6
repos:
  description: The repos with their branches.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - {name: config, description: "", created: "2026-01-01T12:00:00Z", size_bytes: 9, branches: [{name: b, head: 3fb0}]}
pipelines:
  description: The pipelines with their state and their spec, the server's defaults left out.
  type: list
  elements: dict
  returned: when asked for
  sample: [{name: count, version: 1, state: running, reason: "", stopped: false, last_job_state: success, spec: {}}]
jobs:
  description: The newest jobs of each pipeline, as M(pharmbio.cpsign.pachyderm_job) returns them.
  type: list
  elements: dict
  returned: when asked for
  sample: []
secrets:
  description: The names of the secrets, never their values.
  type: list
  elements: dict
  returned: when asked for
  sample: [{name: chembl-reader, type: Opaque, created: "2026-01-01T12:00:00Z"}]
commits:
  description:
    - The newest commits of each repo; C(provenance) are the other commit sets that a commit was computed from.
    - C(branch) is empty where pachd does not tell it, as 2.12.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - {repo: config, branch: master, id: 3fb0, message: "", origin: user, started: "", finished: "", error: "",
       size_bytes: 9, provenance: []}
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._info import InfoTask, gather_info
from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run


def main() -> None:
    """Run the module."""
    run(InfoTask, gather_info)


if __name__ == "__main__":
    main()
