#!/usr/bin/python
# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: followed_command
short_description: Run a program on the controller and show its lines as they come
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - Does what M(ansible.builtin.command) does, but for long work that says how far it is, each line is shown at once and
    not at the end.
  - Runs on the controller, whatever the host of the play is, with the environment of the task.
options:
  argv:
    description:
      - The program and its arguments.
    type: list
    elements: str
    required: true
  stdin:
    description:
      - What the program reads from its standard input, before it writes anything.
    type: str
    default: ""
  follow:
    description:
      - Whose lines are shown.
    type: str
    choices: [stdout, stderr]
    default: stdout
attributes:
  check_mode:
    description: Can run in check mode and tell what would change, without changing anything.
    support: none
  diff_mode:
    description: Shows what changes, with C(--diff).
    support: none
seealso:
  - module: ansible.builtin.command
"""

EXAMPLES = r"""
- name: Read a large dump, and show how far it is
  pharmbio.cpsign.followed_command:
    argv: [python3, read.py, /data/chembl_36_mysql.tar.gz]
    follow: stderr
  register: found

- name: Use what it wrote to its standard output
  ansible.builtin.debug:
    msg: "{{ found.stdout | from_json }}"
"""

RETURN = r"""
rc:
  description: The exit code; the task fails when it is not 0.
  type: int
  returned: when the program ran
  sample: 0
stdout:
  description: What the program wrote to its standard output.
  type: str
  returned: when the program ran
  sample: '{"tables": {}}'
stdout_lines:
  description: The same, line by line.
  type: list
  elements: str
  returned: when the program ran
  sample: ['{"tables": {}}']
stderr:
  description: What the program wrote to its standard error.
  type: str
  returned: when the program ran
  sample: 1.2 of 1.9 GB
"""
