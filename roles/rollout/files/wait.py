# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a Deployment or StatefulSet is ready, or say at once why it will not be.

Reads ``{kubeconfig, context, namespace, kind, name, timeout, unschedulable}`` as JSON from stdin (the last two in
seconds), writes why it is not ready to stdout, nothing when it is; and to stderr what it waits for, whenever that
changes.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

PAUSE = 1.0
HOPELESS = {
    "CrashLoopBackOff": "crashes again and again",
    "ImagePullBackOff": "cannot pull its image",
    "InvalidImageName": "has an image name that cannot be one",
    "ErrImageNeverPull": "may not pull its image, and the node does not have it",
    "CreateContainerConfigError": "cannot be configured",
    "CreateContainerError": "cannot be created",
    "RunContainerError": "cannot be started",
}
EVENTS = 8  # shown at most
LOG_LINES = 20


class Hopeless(Exception):
    """Why it will not become ready by waiting."""


class Rollout:
    """One workload in one namespace, seen through the API."""

    def __init__(self, asked: dict[str, Any]) -> None:
        from kubernetes import client, config

        api = config.new_client_from_config(asked["kubeconfig"], asked["context"] or None)
        self._core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
        self._namespace, self._name = asked["namespace"], asked["name"]
        readers = {"Deployment": apps.read_namespaced_deployment, "StatefulSet": apps.read_namespaced_stateful_set}
        self._read = readers[asked["kind"]]
        self._unschedulable: float = asked["unschedulable"]
        self._began = time.monotonic()

    def missing(self) -> str:
        """What is not there yet; nothing when all replicas are, of the newest revision, ready for its minReadySeconds.

        Raises:
            Hopeless: when it will not come by waiting.
        """
        found = self._read(self._name, self._namespace)
        wanted = found.spec.replicas
        status = found.status
        if (status.observed_generation or 0) < found.metadata.generation:
            return "its controller"
        if (status.updated_replicas or 0) == (status.available_replicas or 0) == (status.replicas or 0) == wanted:
            return ""
        for condition in status.conditions or ():
            if condition.type == "ReplicaFailure" and condition.status == "True":
                raise Hopeless(f"makes no pod: {condition.message}")
        pods = self._pods(found)
        return self._missing_in(pods[0]) if pods else "a pod"

    def _pods(self, found: Any) -> list[Any]:
        """Those that are not on their way out, newest first."""
        labels = ",".join(f"{key}={value}" for key, value in found.spec.selector.match_labels.items())
        pods = self._core.list_namespaced_pod(self._namespace, label_selector=labels).items
        here = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
        return sorted(here, key=lambda pod: pod.metadata.creation_timestamp, reverse=True)[:1]

    def _missing_in(self, pod: Any) -> str:
        name = pod.metadata.name
        for condition in pod.status.conditions or ():
            if condition.reason == "Unschedulable":
                if time.monotonic() - self._began > self._unschedulable:
                    raise Hopeless(f"finds no node: {condition.message}")
                return f"a node for pod {name}: {condition.message}"
        containers = (*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ()))
        waiting = [container for container in containers if container.state.waiting]
        for container in waiting:
            state = container.state.waiting
            if state.reason in HOPELESS:
                which = f"container {container.name}, image {container.image}"
                why = f"{HOPELESS[state.reason]} ({which}): {state.message or state.reason}"
                raise Hopeless(why + self.details(pod, container))
        if waiting:
            return f"container {waiting[0].name} of pod {name}: {waiting[0].state.waiting.reason}"
        return f"pod {name} to be ready"

    def why_late(self) -> str:
        """What is known of a workload that is not ready in time."""
        pods = self._pods(self._read(self._name, self._namespace))
        if not pods:
            return " It has no pod." + self._events(self._name)
        statuses = pods[0].status.container_statuses
        return f" Its pod is {pods[0].status.phase}." + self.details(pods[0], statuses[0] if statuses else None)

    def details(self, pod: Any, container: Any) -> str:
        return self._events(pod.metadata.name) + (self._log(pod.metadata.name, container) if container else "")

    def _events(self, name: str) -> str:
        """The last warnings and, where there are none, the last events, one line each."""
        found = self._core.list_namespaced_event(self._namespace, field_selector=f"involvedObject.name={name}").items
        chosen = [each for each in found if each.type != "Normal"] or found
        lines = "".join(f"\n  {each.reason}: {' '.join(each.message.split())}" for each in chosen[-EVENTS:])
        return f"\nEvents of {name}:{lines}" if lines else ""

    def _log(self, pod: str, container: Any) -> str:
        """The end of the log, of the run before when this one has not begun."""
        if not (container.restart_count or container.state.running or container.state.terminated):
            return ""
        from kubernetes.client import ApiException

        for previous in (bool(container.restart_count and not container.state.running), False):
            try:
                text = self._core.read_namespaced_pod_log(
                    pod, self._namespace, container=container.name, previous=previous, tail_lines=LOG_LINES
                )
            except ApiException:
                continue
            if text.strip():
                return f"\nIts log ends with:\n{text.rstrip()}"
        return "\nIts log is empty."


def wait(asked: dict[str, Any]) -> str:
    """Why the workload is not ready; empty when it is."""
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    what = f"{asked['kind']} {asked['name']} in namespace {asked['namespace']}"
    deadline = time.monotonic() + asked["timeout"]
    missing = ""
    try:
        rollout = Rollout(asked)
        while True:
            before = missing
            try:
                missing = rollout.missing()
            except (HTTPError, OSError) as error:  # the API server may be starting again
                missing = "the API server"
                if time.monotonic() > deadline:
                    return f"The API server does not answer any more while {what} starts: {error}. Run this again."
            if not missing:
                return ""
            if missing != before:
                print(f"waits for {missing}", file=sys.stderr, flush=True)
            if time.monotonic() > deadline:
                return f"{what} is not ready after {asked['timeout']} seconds.{rollout.why_late()}"
            time.sleep(PAUSE)
    except Hopeless as error:
        return f"{what} {error}"
    except ApiException as error:
        return f"{what} cannot be looked at: {error.status} {error.reason}"


def main() -> None:
    print(wait(json.load(sys.stdin)), end="")


if __name__ == "__main__":
    main()
