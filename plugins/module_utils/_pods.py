# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Kubernetes says of a pod: whether it runs, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STARTING = ("ContainerCreating", "PodInitializing")  # waiting for these is no trouble
CRASHES = 3  # from so many on nobody hopes any more; Kubernetes waits longer before each new try


@dataclass(frozen=True)
class PodState:
    """A pod that `runs`, or what keeps it from it; `hopeless` when a container cannot start, or crashes each time."""

    name: str
    runs: bool
    trouble: str = ""
    hopeless: bool = False

    def __str__(self) -> str:
        return f"pod {self.name}: {self.trouble or ('runs' if self.runs else 'is starting')}"


def state_of(pod: Any) -> PodState:
    """From the client's V1Pod."""
    name, status = pod.metadata.name, pod.status
    containers = [*(status.init_container_statuses or ()), *(status.container_statuses or ())]
    troubles = [text for container in containers if (text := _container_trouble(container))]
    if troubles:
        return PodState(name, False, "; ".join(troubles), any(map(_is_hopeless, containers)))
    for condition in status.conditions or ():
        if condition.type == "PodScheduled" and condition.status != "True":
            return PodState(name, False, f"{condition.reason}: {condition.message}")
    return PodState(name, status.phase == "Running" and all(one.ready for one in status.container_statuses or ()))


def _stuck(container: Any) -> Any:
    waiting = container.state.waiting
    return waiting if waiting and waiting.reason not in STARTING else None


def _is_hopeless(container: Any) -> bool:
    stuck = _stuck(container)
    return bool(stuck) and (stuck.reason != "CrashLoopBackOff" or container.restart_count >= CRASHES)


def _container_trouble(container: Any) -> str:
    """Why a container does not run; nothing when it does, is about to, or ended well."""
    stuck = _stuck(container)
    ended = container.state.terminated or (stuck and container.last_state.terminated)
    crash = f"{ended.reason}, exit code {ended.exit_code}" if ended and ended.exit_code else ""
    text = ": ".join(part for part in ((stuck.reason, stuck.message, crash) if stuck else (crash,)) if part)
    return f"container {container.name}: {text}" if text else ""
