#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_file
short_description: Keep files in a Pachyderm repo, or fetch them from it
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Puts files into a branch, removes them, or makes a branch equal to a folder; what differs goes into one commit, all
    or nothing. Nothing differing means no commit and so no job.
  - Files are compared by size and by the hash that pachd keeps of them, computed from the local file; none is read
    back.
  - When somebody else commits to the same paths while a task compares them, the task changes nothing and says so.
  - The other way, O(state=fetched) brings files of a commit to a local folder.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  repo:
    description:
      - The repo.
    type: str
    required: true
  branch:
    description:
      - The branch to write to, or with O(state=fetched) to read the head of.
    type: str
    default: master
  commit:
    description:
      - The id of the commit (or commit set) to fetch from, instead of a branch's head.
    type: str
  commits:
    description:
      - The ids of many commits to fetch from, each into a folder of its id below O(dest). With none nothing is fetched.
    type: list
    elements: str
  path:
    description:
      - The path in the repo. With O(state=synced) and O(state=fetched) a folder of it; the whole repo when not given.
    type: str
  content:
    description:
      - What the file at O(path) shall hold, as text.
    type: str
  src:
    description:
      - The local file whose content O(path) shall hold; with O(state=synced) the local folder.
    type: path
  files:
    description:
      - Many files, each with the options of the same names.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The path in the repo.
        type: str
        required: true
      content:
        description:
          - What the file shall hold, as text. Either this or O(files[].src) is needed with O(state=present).
        type: str
      src:
        description:
          - The local file whose content it shall hold.
        type: path
  dest:
    description:
      - The local folder for O(state=fetched). It is made if need be; other files in it are left alone.
    type: path
  commit_message:
    description:
      - The commit's message.
    type: str
  include:
    description:
      - Globs of paths below O(path); only files that match one are synced or fetched. C(*) matches across folders too.
    type: list
    elements: str
  exclude:
    description:
      - Globs of paths below O(path) that are neither synced nor fetched.
    type: list
    elements: str
  state:
    description:
      - V(present) puts the files, V(absent) removes them (a folder with all that is in it).
      - V(synced) makes the folder O(path) of the branch equal to the local folder O(src), extra files removed.
      - V(fetched) brings what is at O(path) to the local folder O(dest). Each file is checked by size and hash before
        it takes its name.
    type: str
    choices: [present, absent, synced, fetched]
    default: present
notes:
  - An option that means nothing with the O(state) given is an error.
  - Links to folders are not followed by O(state=synced).
  - Files of 1 MB and more that have the same size on both sides need numpy to be compared.
seealso:
  - module: pharmbio.cpsign.pachyderm_repo
  - module: pharmbio.cpsign.pachyderm_job
"""

EXAMPLES = r"""
- name: Push a configuration
  pharmbio.cpsign.pachyderm_file:
    repo: config
    commit_message: Train with five splits
    files:
      - path: /configuration.json
        src: configuration.json
      - path: /source.json
        content: '{"release": "35"}'
  register: pushed

- name: One file on a branch of its own
  pharmbio.cpsign.pachyderm_file:
    repo: config
    branch: staging
    path: /configuration.json
    content: '{}'

- name: A folder, without its backups
  pharmbio.cpsign.pachyderm_file:
    repo: config
    path: /tables
    src: tables
    exclude: ["*.bak"]
    state: synced

- name: Bring it back
  pharmbio.cpsign.pachyderm_file:
    repo: config
    path: /tables
    dest: tables-of-master
    state: fetched

- name: The configuration as it was in one commit
  pharmbio.cpsign.pachyderm_file:
    repo: config
    commit: "{{ pushed.commit }}"
    dest: config-of-commit
    include: ["*.json"]
    state: fetched

- name: The same of many commits, each into a folder of its own
  pharmbio.cpsign.pachyderm_file:
    repo: config
    commits: ["{{ pushed.commit }}"]
    dest: configs
    state: fetched

- name: Remove one file
  pharmbio.cpsign.pachyderm_file:
    repo: config
    path: /source.json
    state: absent
"""

RETURN = r"""
commit:
  description:
    - The id of the commit that holds the files; the existing one when nothing differed. Null when there is none yet,
      and when many were fetched.
  type: str
  returned: success
  sample: 3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21
commits:
  description: The ids of the commits that were fetched, in the order asked for.
  type: list
  elements: str
  returned: with O(state=fetched)
  sample: [3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21]
paths:
  description: The paths in the repo that were sent, removed or fetched.
  type: list
  elements: str
  returned: success
  sample: [/configuration.json]
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._files import FileTask, plan_files
from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run


def main() -> None:
    """Run the module."""
    run(FileTask, plan_files, mutually_exclusive=[["content", "src"], ["commit", "commits"]])


if __name__ == "__main__":
    main()
