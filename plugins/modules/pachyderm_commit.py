#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pachyderm_commit
short_description: Squash or drop commit sets of Pachyderm
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Removes commit sets, that is all commits in all repos that one push or update made. Those that are gone already are
    no change.
extends_documentation_fragment:
  - pharmbio.cpsign.connection
options:
  commit_sets:
    description:
      - The ids of the commit sets, in any order; the newest goes first.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(squashed) removes the commits and keeps their files in the commits that follow. Pachyderm refuses when none
        follows.
      - V(dropped) removes the newest commits together with their files, for instance one that was left open.
    type: str
    choices: [squashed, dropped]
    required: true
seealso:
  - module: pharmbio.cpsign.pachyderm_file
"""

EXAMPLES = r"""
- name: Take back the last push and what it computed
  pharmbio.cpsign.pachyderm_commit:
    commit_sets: ["{{ pushed.commit }}"]
    state: dropped
"""

RETURN = r"""
commit_sets:
  description: The ids of the commit sets that were there, the newest first.
  type: list
  elements: str
  returned: success
  sample: [3fb0e1a7c0c34d1e9d7a2b6c5d4e3f21]
"""

from ansible_collections.pharmbio.cpsign.plugins.module_utils._commit_sets import CommitTask, plan_commit_sets
from ansible_collections.pharmbio.cpsign.plugins.module_utils._module import run


def main() -> None:
    """Run the module."""
    run(CommitTask, plan_commit_sets)


if __name__ == "__main__":
    main()
