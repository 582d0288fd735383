# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a cluster through a kubeconfig, and change nothing.

Reads ``{kubeconfig, context, namespace, permissions: [{verbs, resource, group}], volumes: {claim: storage class},
pods: [{name, variable, requests: {cpu, memory}, node_selector, tolerations, lasting}]}`` as JSON from stdin, writes a
list of problems, each a text with its fix, as JSON to stdout. A kubeconfig that leads nowhere is one problem; only with
one that works are the others looked for.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

SECONDS = 15  # for one answer of the API server
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
ANOTHER_FILE = "name another with -e cpsign_kubeconfig=PATH"
ANOTHER_NAMESPACE = "-e cpsign_namespace=NAME"
ANOTHER_CLASS = "-e cpsign_storage_class=NAME"


class Unusable(Exception):
    """Why nothing else can be looked at; the text says what to do."""


def kubeconfig(path: Path, context: str) -> dict[str, Any]:
    """The context of the file that is meant, with its cluster and user. Raises Unusable."""
    import yaml

    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise Unusable(
            f"{path} cannot be read ({error.strerror}), it has to be a kubeconfig; {ANOTHER_FILE}."
        ) from None
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = f", line {mark.line + 1}" if mark else ""
        raise Unusable(f"{path}{line}: this is not YAML, it has to be a kubeconfig; {ANOTHER_FILE}.") from None
    if not isinstance(content, dict) or not isinstance(content.get("contexts"), list):
        raise Unusable(f"{path} is not a kubeconfig, it has no contexts; {ANOTHER_FILE}.")
    name = context or content.get("current-context") or ""
    contexts = {each["name"]: each.get("context") or {} for each in content["contexts"]}
    if name not in contexts:
        which = f"no context {name!r}" if name else "no current context"
        known = ", ".join(sorted(contexts)) or "none"
        raise Unusable(f"{path} has {which}; it has {known}: name one with -e cpsign_kube_context=NAME.")
    chosen = contexts[name]
    named = {
        kind: {each["name"]: each.get(kind) or {} for each in content.get(f"{kind}s") or ()}
        for kind in ("cluster", "user")
    }
    for kind, found in named.items():
        if chosen.get(kind) not in found:
            missing = f"names {kind} {chosen.get(kind)!r}, which is not in it"
            raise Unusable(f"{path}: context {name} {missing}; {ANOTHER_FILE}.")
    return {"name": name, **{kind: found[chosen[kind]] for kind, found in named.items()}}


def expiry(user: dict[str, Any]) -> str:
    """When the user's certificate ends, as a text; empty when the user has none or it cannot be read."""
    from cryptography import x509

    try:
        text = user.get("client-certificate-data")
        pem = base64.b64decode(text) if text else Path(user["client-certificate"]).read_bytes()
        return f"{x509.load_pem_x509_certificate(pem).not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    except (KeyError, OSError, ValueError):
        return ""


def connect(path: Path, context: dict[str, Any]) -> Any:
    """A client of the API server, which has answered and knows who asks. Raises Unusable."""
    from kubernetes import client, config
    from urllib3.exceptions import HTTPError

    server = context["cluster"].get("server", "")
    try:
        api = config.new_client_from_config(str(path), context["name"])
    except (config.ConfigException, OSError, ValueError) as error:
        raise Unusable(f"{path}: context {context['name']} cannot be used: {error}") from None
    api.configuration.retries = 1
    try:
        review = client.V1SelfSubjectReview()
        client.AuthenticationV1Api(api).create_self_subject_review(review, _request_timeout=SECONDS)
    except client.ApiException as error:
        if error.status == 401:
            until = expiry(context["user"])
            when = f" (its certificate ends {until})" if until else ""
            raise Unusable(
                f"{server} does not accept the user of context {context['name']} in {path}{when}: the credentials are "
                "expired, revoked or another cluster's. Get a new kubeconfig from whoever runs the cluster."
            ) from None
        if error.status not in (403, 404):  # an older server, or one that does not tell who asks
            raise Unusable(f"{server} answers {error.status} {error.reason}: is it a Kubernetes API server?") from None
    except (HTTPError, OSError) as error:
        raise Unusable(f"{server}, of context {context['name']} in {path}, {unreachable(error)}") from None
    return api


def unreachable(error: Exception) -> str:
    """What a failed connection means, from the innermost reason that urllib3 gives."""
    reason: Any = error
    while getattr(reason, "reason", None) and isinstance(reason.reason, Exception):
        reason = reason.reason
    text = str(reason).rsplit(": ", 1)[-1]
    if "certificate" in text.lower() or "ssl" in text.lower():
        return f"shows a certificate that the kubeconfig's authority did not sign ({text}): is it another cluster's?"
    return f"does not answer ({text}): is the address right, the cluster up, a VPN or proxy needed?"


def permissions(api: Any, namespace: str, wanted: list[dict[str, Any]]) -> Iterator[str]:
    """One table of what this user may not do, asked by SelfSubjectAccessReview."""
    from kubernetes import client

    reviews = client.AuthorizationV1Api(api)

    def allowed(verb: str, rule: dict[str, Any]) -> bool:
        resource, _slash, sub = rule["resource"].partition("/")
        attributes = client.V1ResourceAttributes(
            verb=verb, group=rule.get("group", ""), resource=resource, subresource=sub or None, namespace=namespace
        )
        spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
        answer = reviews.create_self_subject_access_review(client.V1SelfSubjectAccessReview(spec=spec))
        return bool(answer.status.allowed)

    rows = []
    for rule in wanted:
        missing = [verb for verb in rule["verbs"] if not allowed(verb, rule)]
        if missing:
            rows.append((".".join(filter(None, (rule["resource"], rule.get("group")))), ", ".join(missing)))
    if rows:
        width = max(len(resource) for resource, _verbs in rows)
        table = "\n".join(f"     {resource:<{width}}  {verbs}" for resource, verbs in rows)
        yield (
            f"The user of the kubeconfig lacks permissions in namespace {namespace}:\n{table}\n"
            "   Whoever runs the cluster grants them all with roles/kubeconfig/files/installer.yml of this collection."
        )


def namespace_state(api: Any, namespace: str) -> Iterator[str]:
    """Whether the namespace is on its way out; a missing one is made."""
    from kubernetes import client

    core = client.CoreV1Api(api)
    try:
        found = core.read_namespace(namespace)
    except client.ApiException as error:
        if error.status == 404 and not may_create_namespaces(api):
            yield f"Namespace {namespace} is missing and not yours to make: have it made, or {ANOTHER_NAMESPACE}."
        return
    if found.status.phase == "Terminating":
        conditions = found.status.conditions or ()
        held = [each.message for each in conditions if each.status == "True" and "Remain" in each.type]
        why = f" ({'; '.join(held)})" if held else ""
        yield f"Namespace {namespace} is being deleted{why}: wait until it is gone, or {ANOTHER_NAMESPACE}."


def may_create_namespaces(api: Any) -> bool:
    from kubernetes import client

    attributes = client.V1ResourceAttributes(verb="create", resource="namespaces")
    spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
    review = client.V1SelfSubjectAccessReview(spec=spec)
    return bool(client.AuthorizationV1Api(api).create_self_subject_access_review(review).status.allowed)


def storage(api: Any, namespace: str, volumes: dict[str, str]) -> Iterator[str]:
    """Whether each claim that is not there yet would get a volume."""
    from kubernetes import client

    try:
        classes = client.StorageV1Api(api).list_storage_class().items
        claims = client.CoreV1Api(api).list_namespaced_persistent_volume_claim(namespace).items
    except client.ApiException:
        return  # not ours to see; a claim that stays unbound is told when its pod does not start
    there = {claim.metadata.name for claim in claims}
    names = {each.metadata.name for each in classes}
    default = any((each.metadata.annotations or {}).get(DEFAULT_CLASS) == "true" for each in classes)
    known = ", ".join(sorted(names)) or "none"
    for claim, wanted in volumes.items():
        if claim in there or wanted in names or (not wanted and default):
            continue
        which = f"no storage class {wanted}" if wanted else "no default storage class"
        yield f"The cluster has {which} for volume {claim} (it has {known}): make or name one: {ANOTHER_CLASS}."


@dataclass
class Node:
    """What a node has left for further pods: cores and bytes."""

    name: str
    labels: dict[str, str]
    taints: list[Any]
    cpu: Decimal
    memory: Decimal
    pods: int = field(default=0)

    def takes(self, pod: dict[str, Any]) -> bool:
        selector: dict[str, str] = pod.get("node_selector") or {}
        tolerated = all(tolerates(taint, pod.get("tolerations") or []) for taint in self.taints)
        return tolerated and all(self.labels.get(key) == value for key, value in selector.items())

    def has_room(self, cpu: Decimal, memory: Decimal) -> bool:
        return self.cpu >= cpu and self.memory >= memory and self.pods > 0


def tolerates(taint: Any, tolerations: list[dict[str, Any]]) -> bool:
    if taint.effect == "PreferNoSchedule":
        return True
    return any(
        each.get("key") in (None, taint.key)
        and each.get("effect") in (None, taint.effect)
        and (each.get("operator") == "Exists" or each.get("value") == taint.value)
        for each in tolerations
    )


def nodes(api: Any) -> list[Node]:
    """Every node that takes pods, with what the pods on it have not asked for."""
    from kubernetes import client
    from kubernetes.utils.quantity import parse_quantity

    core = client.CoreV1Api(api)
    found = {}
    for each in core.list_node().items:
        if not each.spec.unschedulable:
            free = each.status.allocatable
            found[each.metadata.name] = Node(
                each.metadata.name, each.metadata.labels or {}, each.spec.taints or [],
                parse_quantity(free["cpu"]), parse_quantity(free["memory"]), int(free["pods"]),
            )  # fmt: skip
    for pod in core.list_pod_for_all_namespaces().items:
        node = found.get(pod.spec.node_name)
        if node and pod.status.phase not in ("Succeeded", "Failed"):
            for container in pod.spec.containers:
                requests = (container.resources and container.resources.requests) or {}
                node.cpu -= parse_quantity(requests.get("cpu", 0))
                node.memory -= parse_quantity(requests.get("memory", 0))
            node.pods -= 1
    return list(found.values())


def room(free: list[Node], pods: list[dict[str, Any]]) -> Iterator[str]:
    """Whether the nodes have left what the pods ask for: lasting ones side by side, the others each for itself."""
    from kubernetes.utils.quantity import parse_quantity

    for pod in sorted(pods, key=lambda each: not each["lasting"]):
        asked = pod.get("requests") or {}
        cpu, memory = parse_quantity(asked.get("cpu", 0)), parse_quantity(asked.get("memory", 0))
        willing = [node for node in free if node.takes(pod)]
        fitting = [node for node in willing if node.has_room(cpu, memory)]
        if fitting:
            if pod["lasting"]:
                best = min(fitting, key=lambda node: node.memory)
                best.cpu, best.memory, best.pods = best.cpu - cpu, best.memory - memory, best.pods - 1
        elif willing:
            most = max(willing, key=lambda node: (node.memory >= memory, node.cpu >= cpu, node.memory))
            yield (
                f"No node has room for {pod['name']}, which asks for {cpu:g} CPU and {memory / 2**20:.0f} MiB of "
                "memory; "
                f"the best, {most.name}, has {most.cpu:g} CPU and {most.memory / 2**20:.0f} MiB left: "
                f"lower {pod['variable']}, or free or add a node."
            )
        else:
            yield (
                f"No node takes {pod['name']}: none has the labels {pod.get('node_selector') or {}}, or all have "
                "taints that it does not tolerate: change cpsign_node_selector or cpsign_tolerations."
            )


def capacity(api: Any, namespace: str, pods: list[dict[str, Any]]) -> Iterator[str]:
    """Room for the pods that are not there yet, as far as this user may see the nodes."""
    from kubernetes import client

    try:
        free = nodes(api)
        there = client.CoreV1Api(api).list_namespaced_pod(namespace).items
    except client.ApiException:
        return  # not ours to see; a pod that finds no node says so when it does not start
    names = {(pod.metadata.labels or {}).get("app.kubernetes.io/name") for pod in there}
    yield from room(free, [pod for pod in pods if pod["name"] not in names])


def look(asked: dict[str, Any]) -> Iterator[str]:
    path, namespace = Path(asked["kubeconfig"]), asked["namespace"]
    try:
        api = connect(path, kubeconfig(path, asked["context"]))
    except Unusable as error:
        yield str(error)
        return
    yield from namespace_state(api, namespace)
    yield from permissions(api, namespace, asked["permissions"])
    yield from storage(api, namespace, asked["volumes"])
    yield from capacity(api, namespace, asked["pods"])


def main() -> None:
    try:
        import kubernetes  # noqa: F401 - whether it is there at all
    except ImportError:
        problems = [f"Ansible's Python lacks kubernetes: {sys.executable} -m pip install kubernetes"]
    else:
        problems = list(look(json.load(sys.stdin)))
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
