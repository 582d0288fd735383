# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of a pipeline specification, in pachd 2.7's own words and order (recorded in tests/conformance)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.schedule import parse_schedule
from embedded_pachd.pps.inputs import KINDS, visit
from embedded_pachd.pps.spec_defaults import EVERY_JOB, UNTIL_SUCCESS

LONGEST_NAME = 51
LONGEST_FOLDER = 255  # bytes
NAME = re.compile(r"[A-Za-z0-9_-]+")
RESERVED_NAMES = ("out", ".env")
SERVICE_TYPES = ("ClusterIP", "LoadBalancer", "NodePort")
S3_NEEDS_ROOT = (
    "inputs that set 's3' to 'true' must also set 'glob', to \"/\", as the S3 gateway is only able to expose data"
    " at the commit level"
)
S3_IS_NO_FILE = (
    "input cannot specify both 's3' and '{}', as 's3' requires input data to be accessed via Pachyderm's S3 gateway"
    " rather than the file system"
)


def check_request(request: pps_pb2.CreatePipelineRequest) -> None:
    """Refuse a request that is wrong as submitted, before defaults are filled in."""
    name = request.pipeline.name
    _check_name(name)
    if request.HasField("tf_job"):
        raise PachdError("embedding TFJobs in pipelines is not supported yet")
    if request.s3_out and (request.HasField("service") or request.HasField("spout")):
        raise PachdError("s3 output is not supported in spouts or services")
    if not request.HasField("transform"):
        raise PachdError("pipeline must specify a transform")
    for limit in (request.job_timeout, request.datum_timeout):
        _check_time(limit)
    if request.reprocess_spec not in ("", UNTIL_SUCCESS, EVERY_JOB):
        raise PachdError(f"invalid pipeline spec: ReprocessSpec must be one of '{UNTIL_SUCCESS}' or '{EVERY_JOB}'")
    if request.HasField("spout") and request.autoscaling:
        raise PachdError("autoscaling can't be used with spouts (spouts aren't triggered externally)")


def _check_time(time: Timestamp | Duration) -> None:
    try:
        time.ToNanoseconds()
    except ValueError as error:
        raise PachdError(f"invalid pipeline spec: {error}") from None


def _check_name(name: str) -> None:
    if not name:
        raise PachdError("invalid pipeline spec: request.Pipeline.Name cannot be empty")
    if not NAME.fullmatch(name):
        raise PachdError(
            f"invalid pipeline name: name ({name}) invalid:"
            " only alphanumeric characters, underscores, and dashes are allowed"
        )
    if len(name) > LONGEST_NAME:
        raise PachdError(
            f'pipeline name "{name}" is {len(name) - LONGEST_NAME} characters longer than the {LONGEST_NAME} max'
        )


def check_secrets(transform: pps_pb2.Transform, keys_of: Callable[[str], Mapping[str, object] | None]) -> None:
    """Refuse a transform that names a secret or key which does not exist; `keys_of` gives None for no such secret."""
    for secret in transform.secrets:
        if secret.env_var and not secret.key:
            raise PachdError(f"secret {secret.name} has env_var set but is missing key")
        keys = keys_of(secret.name)
        if keys is None:
            raise PachdError(f"missing Kubernetes secret {secret.name}")
        if secret.env_var and secret.key not in keys:
            raise PachdError(f"Kubernetes secret {secret.name} missing key {secret.key}")


def check_details(name: str, details: pps_pb2.PipelineInfo.Details) -> None:
    """Refuse completed details that contradict themselves."""
    check_transform(details.transform)
    if not name[0].isalnum():
        raise PachdError("pipeline names must start with an alphanumeric character")
    if details.HasField("input"):
        check_input(details.input)
    if details.HasField("service") and details.HasField("parallelism_spec") and details.parallelism_spec.constant != 1:
        raise PachdError("services can only be run with a constant parallelism of 1")
    for field, text in (("pod_spec", "malformed PodSpec"), ("pod_patch", "malformed PodPatch")):
        _check_json(getattr(details, field), text)
    if details.HasField("service") and details.service.type not in SERVICE_TYPES:
        raise PachdError(f"the following service type {details.service.type} is not allowed")
    if details.HasField("spout") and not details.spout.HasField("service") and details.HasField("input"):
        raise PachdError("spout pipelines (without a service) must not have an input")


def _check_json(text: str, fault: str) -> None:
    try:
        json.loads(text or "{}")
    except ValueError:
        raise PachdError(fault) from None


def check_input(tree: pps_pb2.Input) -> None:
    """Refuse an input tree with bad or repeated names, several kinds in one node, or incomplete leaves."""
    _check_names(tree, set())
    for node in visit(tree):
        _check_node(node)


def _check_names(node: pps_pb2.Input, taken: set[str]) -> set[str]:
    """Add the node's names to `taken`; the branches of a union may share names with each other."""
    if node.HasField("pfs") or node.HasField("cron"):
        name = node.pfs.name if node.HasField("pfs") else node.cron.name
        if not name:
            raise PachdError("input must specify a name")
        if name in RESERVED_NAMES:
            raise PachdError(f"input cannot be named {name}")
        _check_folder(name)
        if name in taken:
            raise PachdError(f'name "{name}" was used more than once')
        taken.add(name)
    elif node.union:
        before = frozenset(taken)
        for child in node.union:
            taken |= _check_names(child, set(before))
    else:
        for child in (*node.cross, *node.join, *node.group):
            _check_names(child, taken)
    return taken


def _check_folder(name: str) -> None:
    """An input's name becomes a folder of /pfs and a variable: it must be able to be both, and to be nothing else."""
    if name in (".", "..") or set(name) & set("/=\0") or len(name.encode()) > LONGEST_FOLDER:
        raise PachdError(f"input name {name[:LONGEST_FOLDER]!r} invalid: it cannot be a folder of /pfs")


def check_transform(transform: pps_pb2.Transform) -> None:
    """Refuse what could reach beyond the sandbox, or could never be started in it."""
    words = [*transform.cmd, *transform.err_cmd, transform.working_dir, *transform.env.values()]
    words += [word for secret in transform.secrets for word in (secret.name, secret.mount_path)]
    names = [*transform.env, *(secret.env_var for secret in transform.secrets if secret.env_var)]
    if any("\0" in word for word in (*words, *names)):
        raise PachdError("invalid transform: a NUL character can be in no command, path or variable")
    if any(not name or "=" in name for name in names):
        raise PachdError("invalid transform: the name of a variable is empty or contains '='")
    for secret in transform.secrets:
        if secret.mount_path and (not secret.mount_path.startswith("/") or ".." in secret.mount_path.split("/")):
            raise PachdError(f"invalid transform: mount_path {secret.mount_path} must be absolute and without '..'")


def _check_node(node: pps_pb2.Input) -> None:
    if node.HasField("pfs"):
        _check_pfs(node.pfs)
    kinds = [kind for kind in KINDS if len(getattr(node, kind))]
    kinds += [kind for kind in ("pfs", "cron") if node.HasField(kind)]
    if len(kinds) > 1:
        raise PachdError("multiple input types set")
    if not kinds:
        raise PachdError("no input set")
    if kinds[0] in ("join", "group", "union") and any(each.pfs.s3 for each in visit(node)):
        raise PachdError(f"S3 inputs in {kinds[0]} expressions are not supported")
    if node.HasField("cron"):
        _check_time(node.cron.start)
        try:
            parse_schedule(node.cron.spec)
        except ValueError as error:
            raise PachdError(f"error parsing cron-spec: {error}") from None


def _check_pfs(pfs: pps_pb2.PFSInput) -> None:
    if not pfs.repo:
        raise PachdError("input must specify a repo")
    if not pfs.glob and not pfs.s3:
        raise PachdError("input must specify a glob")
    if pfs.s3 and pfs.glob != "/":
        raise PachdError(S3_NEEDS_ROOT)
    for field in ("lazy", "empty_files"):
        if pfs.s3 and getattr(pfs, field):
            raise PachdError(S3_IS_NO_FILE.format(field))
    if pfs.commit:
        raise PachdError("input cannot come from a commit; use a branch with head pointing to the commit")
