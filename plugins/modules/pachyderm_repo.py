#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_repo
short_description: Keep Pachyderm repos and their branches as described
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Creates, changes and deletes repos and branches, one or many in a task, in one transaction but for new branches
    without a head, of which Pachyderm takes one at a time.
  - What is there already and as described is left alone.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  name:
    description:
      - The repo's name. Either this or O(repos) is needed.
    type: str
  description:
    description:
      - What the repo is for. Without it an existing description stays.
    type: str
  branches:
    description:
      - Branches of the repo. Those that are not named are left alone.
    type: list
    elements: dict
    suboptions: &branch
      name:
        description:
          - The branch's name.
        type: str
        required: true
      head:
        description:
          - The id of the commit that the branch points to. Without it the branch stays where it is, and a new one
            begins with an empty commit.
        type: str
      state:
        description:
          - Whether the branch shall exist.
        type: str
        choices: [present, absent]
        default: present
  repos:
    description:
      - Many repos, each with the options of the same names.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The repo's name.
        type: str
        required: true
      description:
        description:
          - What the repo is for.
        type: str
      branches:
        description:
          - Branches of the repo.
        type: list
        elements: dict
        suboptions: *branch
  state:
    description:
      - Whether the repos shall exist. Deleting a repo deletes all its data.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Delete a repo though pipelines read it; they stop working then.
    type: bool
    default: false
seealso:
  - module: pharmbio.cpsign.pachyderm_file
  - module: pharmbio.cpsign.pachyderm_pipeline
"""

EXAMPLES = r"""
- name: A repo for configurations
  pharmbio.cpsign.pachyderm_repo:
    name: config
    description: What shall be trained

- name: Two repos, one with a branch
  pharmbio.cpsign.pachyderm_repo:
    repos:
      - name: raw
        description: As it was measured
      - name: curated
        branches:
          - name: staging

- name: A branch that points to a commit, and one that is gone
  pharmbio.cpsign.pachyderm_repo:
    name: config
    branches:
      - name: release
        head: "{{ pushed.commit }}"
      - name: staging
        state: absent

- name: No longer needed, though a pipeline may still read it
  pharmbio.cpsign.pachyderm_repo:
    name: raw
    state: absent
    force: true
"""

RETURN = r"""
repos:
  description: The names of the repos that the task is about; with O(state=absent) those that were there.
  type: list
  elements: str
  returned: success
  sample: [config]
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run_each
from ansible_collections.pharmbio.cpsign.plugins.module_utils._repos import Repo, RepoTask, plan_repos


def main() -> None:
    """Run the module."""
    run_each(RepoTask, Repo, "repos", plan_repos, required_one_of=[["name", "repos"]])


if __name__ == "__main__":
    main()
