# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's default output, where a failure is its message and nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plain
type: stdout
short_description: The default output with plain failures
version_added: 1.0.0
author:
  - pharmbio.cpsign contributors (@pharmbio)
description:
  - As P(ansible.builtin.default#callback), but a task that failed with a message shows that message once, without the
    place in the playbook and the result around it.
  - Roles that check their arguments, and files that are included, are not announced.
  - A task without a condition is announced when it starts, also where skipped ones are not shown.
  - Any verbosity brings all of it back.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set it as stdout callback in the configuration.
"""

from typing import Any

from ansible import constants as C
from ansible.executor.task_result import CallbackTaskResult
from ansible.plugins.callback.default import CallbackModule as Default

CHECK_OF_ARGUMENTS = "ansible.builtin.validate_argument_spec"


class CallbackModule(Default):  # type: ignore[misc]  # Ansible has no types
    """What differs from the default."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "pharmbio.cpsign.plain"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Without skipped hosts the default waits for the result, as the task may be skipped; this one can not be."""
        super().v2_playbook_on_task_start(task, is_conditional)
        if not task.when and task.action != CHECK_OF_ARGUMENTS and self._last_task_banner != task._uuid:
            self._print_task_banner(task)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        """A program's failure keeps the default's details: there the message alone says little."""
        details = self._display.verbosity or ignore_errors or result.task.loop or "rc" in result.result
        if details or not result.result.get("msg"):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        if self._last_task_banner != result.task._uuid:
            self._print_task_banner(result.task)
        self._handle_warnings(result.result)
        message = str(result.result["msg"]).rstrip()
        self._display.display(f"\n{message}", color=C.COLOR_ERROR, stderr=self.get_option("display_failed_stderr"))

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Arguments that are right are not worth a line."""
        if self._display.verbosity or result.task.action != CHECK_OF_ARGUMENTS:
            super().v2_runner_on_ok(result)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """The tasks of the file follow anyway."""
        if self._display.verbosity:
            super().v2_playbook_on_include(included_file)
