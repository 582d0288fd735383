# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets, of which only those are written that are not known to hold what they shall."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ._digests import Digests
from ._errors import already_done, raise_all
from ._names import ALL_PIPELINES, pipeline_of
from ._options import NO_LOG
from ._pachd import Pachd
from ._plan import Call, Change, Plan, carry_out
from ._running_jobs import clear_running_jobs

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")  # Kubernetes' rules for names and keys
KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


@dataclass(frozen=True)
class Secret:
    """A secret; `data` maps its keys to their values (text)."""

    name: str
    data: dict[str, Any] | None = field(default=None, repr=False, metadata=NO_LOG)


@dataclass(frozen=True)
class SecretTask:
    """The options that hold for every secret of the task."""

    state: Literal["present", "absent"] = "present"
    restart_pipelines: bool = True
    timeout: int = 3600
    digests_dir: Path = Path("~/.local/state/pharmbio.cpsign/secrets")


def plan_secrets(pachd: Pachd, task: SecretTask, wanted: tuple[Secret, ...]) -> Plan:
    """The secrets to write or remove; no value goes into names, diffs or results."""
    raise_all([f"secret {one.name!r}: {text}" for one in wanted if (text := _unfit(one, task.state))])
    digests = Digests(task.digests_dir / pachd.call("admin.InspectCluster")["id"])
    if not pachd.read_only:  # before anything is looked at, and so that it is known that a record can be kept
        digests.lock(task.timeout)
    created = _creation_times(pachd)
    if task.state == "absent":
        written = [one for one in wanted if one.name in created]
        changes = [_removal(one.name) for one in written]
    else:
        written = [one for one in wanted if not _is_known(digests, one, created.get(one.name))]
        changes = [_writing(one, one.name in created) for one in written]
    users = _users(pachd, changes) if task.restart_pipelines else []
    changes += [_restart(name) for name in users]

    def apply() -> dict[str, Any]:
        clear_running_jobs(pachd, users, task.timeout)
        carry_out(pachd, changes)
        if task.state == "present":
            with already_done("the secrets were written, but not remembered: the next run writes them again"):
                now = _creation_times(pachd)
                for one in written:
                    digests.remember(one.name, _kubernetes_secret(one), now.get(one.name, ""))
        return {}

    return Plan(tuple(changes), {"secrets": [one.name for one in wanted], "pipelines": users}, apply)


def _creation_times(pachd: Pachd) -> dict[str, str]:
    infos = pachd.call("pps.ListSecret").get("secret_info", ())
    return {info["secret"]["name"]: info.get("creation_timestamp", "") for info in infos}


def _users(pachd: Pachd, secrets_changed: list[Change]) -> list[str]:
    """Running pipelines that use a secret which is to be written: their workers keep the value they started with.

    That holds for a secret that is not there too, since it may have been removed while they ran.
    """
    names = {change.after["name"] for change in secrets_changed if change.after}
    if not names:
        return []
    return sorted(
        info["pipeline"]["name"]
        for info in pachd.each("pps.ListPipeline", ALL_PIPELINES)
        if not info.get("stopped") and not names.isdisjoint(_secrets_of(info["details"]))
    )


def _secrets_of(spec: dict[str, Any]) -> list[str]:
    used = [*spec.get("transform", {}).get("secrets", ()), spec.get("egress", {}).get("sql_database", {}).get("secret")]
    return [one["name"] for one in used if one]


def _restart(pipeline: str) -> Change:
    request = {"pipeline": pipeline_of(pipeline)}
    calls = (Call("pps.StopPipeline", request), Call("pps.StartPipeline", request))
    return Change(f"pipeline {pipeline}", {"secrets": "as they were"}, {"secrets": "as they are now"}, calls)


def _unfit(wanted: Secret, state: str) -> str:
    if not NAME.fullmatch(wanted.name):
        return "a name holds lower case letters, digits, - and . only"
    if state == "present" and not wanted.data:
        return "data is missing or empty; it needs at least one key"
    for key, value in (wanted.data or {}).items():
        if not KEY.fullmatch(key):
            return f"data: the key {key!r} may hold letters, digits, -, _ and . only"
        if value is None or isinstance(value, (dict, list)):
            return f"data.{key}: expected text, found {type(value).__name__}"
    return ""


def _is_known(digests: Digests, wanted: Secret, created: str | None) -> bool:
    return created is not None and digests.know(wanted.name, _kubernetes_secret(wanted), created)


def _writing(wanted: Secret, exists: bool) -> Change:
    create = Call("pps.CreateSecret", {"file": base64.b64encode(_kubernetes_secret(wanted)).decode()})
    delete = Call("pps.DeleteSecret", {"secret": {"name": wanted.name}})
    after = {"name": wanted.name, "keys": sorted(wanted.data or ()), "values": "new"}
    before = {"name": wanted.name, "values": "others, or unknown here"} if exists else {}
    calls = (delete, create) if exists else (create,)  # there is no update call
    return Change(f"secret {wanted.name}", before, after, calls)


def _removal(name: str) -> Change:
    return Change(f"secret {name}", {"name": name}, {}, (Call("pps.DeleteSecret", {"secret": {"name": name}}),))


def _kubernetes_secret(wanted: Secret) -> bytes:
    data = {key: base64.b64encode(str(value).encode()).decode() for key, value in (wanted.data or {}).items()}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": wanted.name}, "type": "Opaque", "data": data}
    return json.dumps(document).encode()
