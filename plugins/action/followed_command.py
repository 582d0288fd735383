# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program on the controller whose lines are shown as it writes them; ansible.builtin.command is silent meanwhile."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.pharmbio.cpsign.plugins.plugin_utils.live import show

OPTIONS = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "stdin": {"type": "str", "default": ""},
    "follow": {"type": "str", "choices": ["stdout", "stderr"], "default": "stdout"},
}


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """Run the program and give what ansible.builtin.command gives."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the program in this process's group, so that Ctrl-C reaches it. Check mode runs nothing."""
        super().run(tmp, task_vars)
        given = self.validate_argument_spec(argument_spec=OPTIONS)[1]
        if self._task.check_mode:
            return {"changed": False, "skipped": True, "msg": "Check mode runs no program."}
        environment = dict[str, Any]()
        self._compute_environment_string(environment)
        added = {name: str(value) for name, value in environment.items()}
        try:
            tell = None if self._task.no_log else show
            code, output = _follow(given["argv"], given["stdin"], {**os.environ, **added}, given["follow"], tell)
        except OSError as error:
            return {"changed": False, "failed": True, "rc": error.errno, "msg": f"{given['argv'][0]}: {error.strerror}"}
        failure = {"failed": True, "msg": "non-zero return code"} if code else {}
        return {"changed": True, "rc": code, "stdout_lines": output["stdout"].splitlines(), **output, **failure}


def _follow(
    argv: list[str], stdin: str, environment: dict[str, str], followed: str, tell: Callable[[str], None] | None
) -> tuple[int, dict[str, str]]:
    """The exit code, and {stdout, stderr}; a line is told as it comes. Raises OSError.

    The program has to read stdin before it writes.
    """
    other = "stderr" if followed == "stdout" else "stdout"
    lines = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as kept:
        streams: dict[str, Any] = {"stdin": subprocess.PIPE, followed: subprocess.PIPE, other: kept}
        program: Any = subprocess.Popen(argv, env=environment, encoding="utf-8", errors="replace", **streams)
        with program:
            with suppress(BrokenPipeError), program.stdin as pipe:  # it may end without having read
                pipe.write(stdin)
            for line in getattr(program, followed):
                if tell:
                    tell(f"  {line.rstrip()}")
                lines.append(line)
        kept.seek(0)
        return program.returncode, {followed: "".join(lines).rstrip("\n"), other: kept.read().rstrip("\n")}
