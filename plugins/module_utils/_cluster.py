# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes namespace that pachd runs in; the only file that knows the Kubernetes client."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._errors import UserError, missing_library
from ._forward import Forward
from ._pods import PodState, state_of

PACHD_LABEL = "app=pachd"  # as Pachyderm's chart puts it
PACHD_PORT = 1650  # of pachd's container, whatever its service has
SHORTEST_TIMEOUT = 5  # seconds for an answer, however small the patience
POLL_SECONDS = 1.0
PIPELINE_LABEL = "pipelineName"  # as pachd puts it on a pipeline's pods


class Cluster:
    """The cluster of a kubeconfig's context. Importing its client takes half a second, so it is made when needed.

    Raises:
        UserError: when the client is missing, or the kubeconfig or its context cannot be used; its methods also when
            the cluster does not answer or refuses.
    """

    def __init__(self, kubeconfig: Path | None, context: str | None, namespace: str | None, patience: float) -> None:
        try:
            import kubernetes.client
            import kubernetes.config
            import kubernetes.stream
            import urllib3
            import yaml
        except ImportError as error:
            raise missing_library("kubernetes", error) from error
        self._refused, self._unreachable = kubernetes.client.ApiException, urllib3.exceptions.HTTPError
        path = str(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
        unusable = (kubernetes.config.ConfigException, yaml.YAMLError, OSError, TypeError, ValueError, KeyError)
        try:
            contexts, active = kubernetes.config.list_kube_config_contexts(path)
            known = {one["name"]: one["context"] for one in contexts}
            self._context: str = context or active["name"]
            if self._context not in known:
                raise UserError(f"kubeconfig {path} has no context {context!r}; it has: {', '.join(sorted(known))}")
            settings = kubernetes.client.Configuration()
            settings.retries = False  # that nobody answers is told at once
            client = kubernetes.config.new_client_from_config(path, self._context, client_configuration=settings)
        except unusable as error:
            raise UserError(f"kubeconfig {path} cannot be used: {' '.join(str(error).split())}") from error
        self._host: str = settings.host
        self._api, self._portforward = kubernetes.client.CoreV1Api(client), kubernetes.stream.portforward
        self._patience = patience
        self.namespace: str = namespace or known[self._context].get("namespace") or "default"

    def forward_to_pachd(self) -> tuple[str, Forward]:
        """Where a pod is in which pachd runs, and a way to its port; one that is starting is waited for."""
        where = f"namespace {self.namespace} of the Kubernetes context {self._context}"
        deadline = time.monotonic() + self._patience
        pods = self._pods(PACHD_LABEL)
        while not any(pod.runs for pod in pods):
            if not pods:
                raise UserError(f"no pod in {where} has the label {PACHD_LABEL}; set `namespace` to that of pachd")
            if time.monotonic() >= deadline:
                raise UserError(f"pachd does not run in {where}: {'; '.join(map(str, pods))}")
            time.sleep(POLL_SECONDS)
            pods = self._pods(PACHD_LABEL)
        pod = min(pod.name for pod in pods if pod.runs)
        connect = self._api.connect_get_namespaced_pod_portforward

        def open_stream() -> Any:
            return self._asked("get pods/portforward", self._portforward, connect, pod, ports=str(PACHD_PORT))

        return f"pod {pod} in {where}", Forward(open_stream, PACHD_PORT)

    def workers(self, pipeline: str) -> list[PodState]:
        """The pods that compute a pipeline's datums."""
        return self._pods(f"{PIPELINE_LABEL}={pipeline}")

    def _pods(self, labels: str) -> list[PodState]:
        pods = self._asked("list pods", self._api.list_namespaced_pod, label_selector=labels).items
        return [self._explained(state_of(pod)) for pod in pods]

    def _explained(self, pod: PodState) -> PodState:
        """A volume that cannot be mounted, for one, is told by nothing but an event."""
        if pod.runs or pod.trouble:
            return pod
        fields = f"involvedObject.name={pod.name},type=Warning"
        try:
            events = self._asked("list events", self._api.list_namespaced_event, field_selector=fields).items
        except UserError:  # that may be forbidden; the pod's own state is told all the same
            events = []
        return replace(pod, trouble=f"{events[-1].reason}: {events[-1].message}") if events else pod

    def _asked(self, what: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return call(*arguments, self.namespace, _request_timeout=max(self._patience, SHORTEST_TIMEOUT), **options)
        except self._unreachable as error:
            raise UserError(f"the Kubernetes API at {self._host} cannot be reached: {error}") from error
        except self._refused as error:
            raise UserError(f"the Kubernetes API at {self._host} {self._why(what, error)}") from error

    def _why(self, what: str, error: Any) -> str:
        """A refused websocket has no status; what the server answered stands in its reason."""
        told = f"{error.reason} {error.body or ''}"
        handshake = re.search(r"Handshake status (\d+)", told)
        status = error.status or (int(handshake[1]) if handshake else 0)
        message = re.search(r'"message": ?"(.+?[^\\])"', told)
        text = message[1].replace("\\", "") if message else str(error.reason)
        if status == 401:
            return f"does not accept the credentials of context {self._context}: {text}"
        if status == 403:
            return f"does not permit context {self._context} to {what} in namespace {self.namespace}: {text}"
        return f"did not {what} in namespace {self.namespace}: {text}"
