# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: pachd never shows a value again, so what was written last is remembered as a keyed digest.

A digest alone would not notice that somebody else replaced the secret; its creation time on the server, kept beside it,
does. The digest needs the key in the same owner-only folder, so a copied record does not help in guessing a short
password.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ._errors import UserError, raise_all
from ._names import ALL_PIPELINES, pipeline_of
from ._options import NO_LOG
from ._pachd import Pachd
from ._plan import Call, Change, Plan, carry_out
from ._running_jobs import clear_running_jobs

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")  # Kubernetes' rule for names


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
    answer = pachd.call("pps.ListSecret")
    created = {info["secret"]["name"]: info.get("creation_timestamp", "") for info in answer.get("secret_info", ())}
    folder = task.digests_dir / pachd.call("admin.InspectCluster")["id"]
    if task.state == "absent":
        changes = [_removal(one.name) for one in wanted if one.name in created]
    else:
        changes = [change for one in wanted for change in _writing(one, created.get(one.name), folder)]

    users = _users(pachd, changes) if task.restart_pipelines else []
    changes += [_restart(name) for name in users]

    def apply() -> dict[str, Any]:
        clear_running_jobs(pachd, users, task.timeout)
        if task.state == "present":  # before anything is sent: without its record a secret is written each time
            _owner_only_folder(folder)
        carry_out(pachd, changes)
        changed = {change.name for change in changes}
        for one in wanted:
            if f"secret {one.name}" not in changed:
                continue
            if task.state == "absent":
                _record(folder, one.name).unlink(missing_ok=True)
            else:
                info = pachd.call("pps.InspectSecret", {"secret": {"name": one.name}})
                _remember(folder, one, info.get("creation_timestamp", ""))
        return {}

    return Plan(tuple(changes), {"secrets": [one.name for one in wanted], "pipelines": users}, apply)


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
        if not info.get("stopped")
        and any(mount["name"] in names for mount in info["details"].get("transform", {}).get("secrets", ()))
    )


def _restart(pipeline: str) -> Change:
    request = {"pipeline": pipeline_of(pipeline)}
    calls = (Call("pps.StopPipeline", request), Call("pps.StartPipeline", request))
    return Change(f"pipeline {pipeline}", {"secrets": "as they were"}, {"secrets": "as they are now"}, calls)


def _unfit(wanted: Secret, state: str) -> str:
    if not NAME.fullmatch(wanted.name):
        return "a name holds lower case letters, digits, - and . only"
    return "data is missing or empty; it needs at least one key" if state == "present" and not wanted.data else ""


def _writing(wanted: Secret, created: str | None, folder: Path) -> Iterator[Change]:
    if created is not None and _known(folder, wanted, created):
        return
    create = Call("pps.CreateSecret", {"file": base64.b64encode(_kubernetes_secret(wanted)).decode()})
    delete = Call("pps.DeleteSecret", {"secret": {"name": wanted.name}})
    calls = (create,) if created is None else (delete, create)  # there is no update call
    after = {"name": wanted.name, "keys": sorted(wanted.data or ()), "values": "new"}
    before = {} if created is None else {"name": wanted.name, "values": "others, or unknown here"}
    yield Change(f"secret {wanted.name}", before, after, calls)


def _removal(name: str) -> Change:
    return Change(f"secret {name}", {"name": name}, {}, (Call("pps.DeleteSecret", {"secret": {"name": name}}),))


def _kubernetes_secret(wanted: Secret) -> bytes:
    data = {key: base64.b64encode(str(value).encode()).decode() for key, value in (wanted.data or {}).items()}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": wanted.name}, "type": "Opaque", "data": data}
    return json.dumps(document).encode()


def _owner_only_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise UserError(f"digests_dir {folder}: {error.strerror}; nothing was changed") from error


def _record(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _known(folder: Path, wanted: Secret, created: str) -> bool:
    try:
        record = json.loads(_record(folder, wanted.name).read_text(encoding="utf-8"))
        key = (folder / "key").read_bytes()
    except (OSError, ValueError):
        return False
    return bool(record == {"created": created, "digest": _digest(key, wanted)})


def _remember(folder: Path, written: Secret, created: str) -> None:
    key_file = folder / "key"
    if not key_file.exists():
        _write_owner_only(key_file, secrets.token_bytes(32))
    record = {"created": created, "digest": _digest(key_file.read_bytes(), written)}
    _write_owner_only(_record(folder, written.name), json.dumps(record).encode())


def _digest(key: bytes, wanted: Secret) -> str:
    return hashlib.blake2b(_kubernetes_secret(wanted), key=key, digest_size=32).hexdigest()


def _write_owner_only(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    temporary.replace(path)
