# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment variables that a step finds, as a pachd worker sets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedded_pachd.pps.datums import Datum, InputFile
from embedded_pachd.pps.images import Environment

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Of the variables that only a cluster gives meaning to, those that scripts test for.
CLUSTER = {
    "PACH_IN_WORKER": "true",
    "PACH_NAMESPACE": "default",
    "PACH_ROOT": "/pach",
    "PEER_PORT": "1653",
    "PPS_ETCD_PREFIX": "pachyderm/1.7.0",
    "PPS_WORKER_GRPC_PORT": "1080",
    "PPS_WORKER_IP": "127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """What all datums of a job have in common."""

    project: str
    pipeline: str
    job: str
    spec_commit: str
    worker: str


def base(environment: Environment) -> dict[str, str]:
    """PATH, HOME and the image's own variables."""
    first = f"{environment.path}/bin:" if environment.path else ""
    return {"PATH": first + SYSTEM_PATH, "HOME": "/tmp", "LANG": "C.UTF-8", **environment.env}  # noqa: S108


def of_job(job: JobIdentity) -> dict[str, str]:
    return {
        **CLUSTER,
        "PACH_JOB_ID": job.job,
        "PACH_OUTPUT_COMMIT_ID": job.job,
        "PPS_PIPELINE_NAME": job.pipeline,
        "PPS_POD_NAME": job.worker,
        "PPS_PROJECT_NAME": job.project,
        "PPS_SPEC_COMMIT": job.spec_commit,
    }


def of_datum(datum: Datum) -> dict[str, str]:
    """The datum's id and, for each input, its path, commit and keys."""
    found = {"PACH_DATUM_ID": datum.id}
    for each in datum.inputs:
        found[each.name] = f"/pfs/{each.name}{each.path}".rstrip("/")
        found[f"{each.name}_COMMIT"] = each.commit
        if each.join_on:
            found[f"PACH_DATUM_{each.name}_JOIN_ON"] = each.join_on
        if each.group_by:
            found[f"PACH_DATUM_{each.name}_GROUP_BY"] = each.group_by
    return found


def env_file(inputs: Sequence[InputFile], values: Mapping[str, str]) -> str:
    """The content of /pfs/.env: the variables that differ from datum to datum, one a line."""
    names = [name for each in inputs for name in (each.name, f"{each.name}_COMMIT")]
    return "".join(f"{name}={values[name]}\n" for name in [*dict.fromkeys(names), "PACH_DATUM_ID"])
