#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_secret
short_description: Keep the secrets that Pachyderm pipelines use
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Creates, replaces and deletes secrets in pachd, one or many in a task.
  - pachd never shows a value again. What was written last is therefore remembered on this machine as a keyed digest,
    together with the secret's creation time on the server. When both are as remembered the secret is unchanged;
    otherwise it is written. That time is in whole seconds; a secret that somebody else replaces within the second in
    which this module wrote it is not noticed.
  - No value appears in a result, a diff, a log or a process list.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  name:
    description:
      - The secret's name. Either this or O(secrets) is needed.
    type: str
  data:
    description:
      - The keys of the secret and their values. Needed for O(state=present).
    type: dict
  secrets:
    description:
      - Many secrets, each with the options of the same names.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The secret's name.
        type: str
        required: true
      data:
        description:
          - The keys of the secret and their values.
        type: dict
  state:
    description:
      - Whether the secrets shall exist.
    type: str
    choices: [present, absent]
    default: present
  restart_pipelines:
    description:
      - Restart the pipelines that use a secret which is written, since their workers keep the value they started with.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds to wait for unfinished jobs of these pipelines, and for other tasks that write secrets of the
        same server with the same O(digests_dir), before anything is changed.
    type: int
    default: 3600
  digests_dir:
    description:
      - The folder for digests, made readable by its owner only. Controllers that write the same secrets should share
        it, so that they write one after the other and know what the other wrote.
    type: path
    default: ~/.local/state/pharmbio.cpsign/secrets
seealso:
  - module: pharmbio.cpsign.pachyderm_pipeline
"""

EXAMPLES = r"""
- name: What ingestion reads the database with
  pharmbio.cpsign.pachyderm_secret:
    name: chembl-reader
    data:
      user: chembl_reader
      password: "{{ lookup('ansible.builtin.file', 'reader.password') }}"

- name: Two secrets, whose pipelines go on with the old values until they are restarted
  pharmbio.cpsign.pachyderm_secret:
    secrets:
      - name: chembl-reader
        data:
          password: "{{ lookup('ansible.builtin.file', 'reader.password') }}"
      - name: keycloak
        data:
          user: uploader
    restart_pipelines: false
    timeout: 60
    digests_dir: digests

- name: A secret nobody uses any more
  pharmbio.cpsign.pachyderm_secret:
    name: keycloak
    state: absent
"""

RETURN = r"""
secrets:
  description: The names of the secrets that the task is about.
  type: list
  elements: str
  returned: success
  sample: [chembl-reader]
pipelines:
  description: The names of the pipelines that were restarted.
  type: list
  elements: str
  returned: success
  sample: []
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run_each
from ansible_collections.pharmbio.cpsign.plugins.module_utils._secrets import Secret, SecretTask, plan_secrets


def main() -> None:
    """Run the module."""
    run_each(SecretTask, Secret, "secrets", plan_secrets, required_one_of=[["name", "secrets"]])


if __name__ == "__main__":
    main()
