# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live lines for a wait: the module is called in slices, and what changed since the last one is shown.

A module cannot print while it runs, and gRPC has no place in the controller's process (it does not survive the forks).
"""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.pharmbio.cpsign.plugins.plugin_utils.live import show

SLICES = (2.0, 5.0, 10.0)  # seconds; each call of the module costs half a second of a core that the jobs may need
DEFAULT_TIMEOUT = 3600


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """Wait for jobs with a line for each that changed; everything else is left to the module."""

    TRANSFERS_FILES = False
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module: once, or slice by slice when it is to wait."""
        super().run(tmp, task_vars)
        given = dict(self._task.args)
        waits = given.get("state", "finished") == "finished" and given.get("until", "finished") == "finished"
        if not waits or self._task.check_mode or self._task.async_val:
            return self._module(given, task_vars)
        return self._wait(given, task_vars)

    def _module(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name="pharmbio.cpsign.pachyderm_job",
            module_args=arguments,
            task_vars=task_vars,
            wrap_async=bool(self._task.async_val),
        )
        return result

    def _wait(self, given: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        start = time.monotonic()
        wanted = given.get("timeout")
        timeout = self._seconds(DEFAULT_TIMEOUT if wanted is None else wanted)
        shown: dict[str, str] = {}
        slices = list(SLICES)
        while True:
            left = timeout - (time.monotonic() - start)
            length = slices.pop(0) if len(slices) > 1 else slices[0]
            last = left <= length
            arguments = {
                **given,
                "timeout": max(0, int(left if last else length)),
                "until": "finished" if last else "change",
            }
            result = self._module(arguments, task_vars)
            self._show(result.get("jobs", ()), shown, time.monotonic() - start)
            time_is_over = result.get("failed") and result.get("done") is False
            if time_is_over:
                result["msg"] = f"{result['msg']} (waited {timeout:g} s in all)"
            if last or result.get("failed") or result.get("done", True):
                return result

    @staticmethod
    def _seconds(value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise AnsibleActionFail(f"timeout: expected seconds, found {value!r}") from error

    @staticmethod
    def _show(jobs: Any, shown: dict[str, str], elapsed: float) -> None:
        """`shown` is the state of each pipeline as last printed; it is brought up to date."""
        lines = []
        for job in jobs:
            done = job["data_processed"] + job["data_skipped"] + job["data_failed"] + job["data_recovered"]
            status = f"{job['state']:<10} {done}/{job['data_total']} datums"
            if shown.get(job["pipeline"]) != status:
                shown[job["pipeline"]] = status
                lines.append(f"  {elapsed:6.0f} s  {job['pipeline']:<32} {status}")
        if lines:
            show("\n".join(lines))
