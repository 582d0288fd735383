# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A spec without what pachd fills in by itself, so that what the user wrote and what the server keeps can be compared.

What is filled in was read from pachd 2.7.6. Later ones also merge defaults of the cluster and the project, which may be
anything, but keep what was sent (measured on 2.12.0).
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from ._library import Library
from ._names import PROJECT
from ._pipeline_inputs import COMBINATIONS, leaves
from ._spec_check import REQUEST_ONLY

REQUEST = "pps_v2.CreatePipelineRequest"
SENT = "details_json"  # so python-pachyderm calls the field that pachd 2.8 and later fill as user_spec_json

DEFAULTS = {"output_branch": "master", "datum_tries": "3", "reprocess_spec": "until_success"}
DEFAULT_IMAGE = "ubuntu:20.04"
DEFAULT_SERVICE = "NodePort"
PFS_DEFAULTS = {"project": PROJECT["name"], "branch": "master", "repo_type": "user"}
OUTPUT_ONLY = (
    "created_at",
    "recent_error",
    "workers_requested",
    "workers_available",
    "reason",
    "unclaimed_tasks",
    "worker_rc",
)


def spec_of(info: dict[str, Any], library: Library) -> dict[str, Any]:
    """The spec that a PipelineInfo stands for: as it was sent, or from a pachd of 2.7 with its defaults in it."""
    if not _filled(info):
        sent = library.tidy(REQUEST, json.loads(info[SENT]), newer=True)
        return {key: value for key, value in sent.items() if key not in REQUEST_ONLY}
    details = {key: value for key, value in info.get("details", {}).items() if key not in OUTPUT_ONLY}
    return {"pipeline": info["pipeline"], **details}


def _filled(info: dict[str, Any]) -> bool:
    """Whether pachd tells the spec only with its defaults in it."""
    return not info.get(SENT)


def normal_form(spec: dict[str, Any], filled: bool = True) -> dict[str, Any]:
    """A canonical spec (`Library.tidy`), its cross, union, join and group inputs in one order.

    Where pachd may have `filled` it, without its defaults; else a value that equals one was meant.
    """
    normal = _without(spec, DEFAULTS if filled else {})
    name = spec["pipeline"]["name"]
    normal["pipeline"] = _without(spec["pipeline"], {"project": PROJECT})
    if "transform" in spec:
        normal["transform"] = _without(spec["transform"], {"image": DEFAULT_IMAGE} if filled else {})
    if "service" in spec:
        normal["service"] = _service(spec["service"])
    if "service" in spec.get("spout", {}):
        normal["spout"] = {**spec["spout"], "service": _service(spec["spout"]["service"])}
    if "input" in spec:
        normal["input"] = _input(spec["input"], name)
    return normal


def shown(info: dict[str, Any], library: Library) -> dict[str, Any]:
    """The normal form of what the server has, without the salt that it chose itself."""
    filled = _filled(info)
    return normal_form({k: v for k, v in spec_of(info, library).items() if not filled or k != "salt"}, filled)


def comparable(wanted: dict[str, Any], info: dict[str, Any], library: Library) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both in normal form, without what only the server chose: salt, a cron's start."""
    filled = _filled(info)
    ours, theirs = normal_form(wanted, filled), normal_form(spec_of(info, library), filled)
    if "salt" not in ours:
        theirs.pop("salt", None)
    started = {leaf.get("name") for _kind, leaf in leaves(ours.get("input", {})) if "start" in leaf}
    for _kind, leaf in leaves(theirs.get("input", {})):
        if leaf.get("name") not in started:
            leaf.pop("start", None)
    return ours, theirs


def _without(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if defaults.get(key) != value}


def _service(service: dict[str, Any]) -> dict[str, Any]:
    """Its address is the cluster's choice."""
    return _without({key: value for key, value in service.items() if key != "ip"}, {"type": DEFAULT_SERVICE})


def _input(tree: dict[str, Any], pipeline: str) -> dict[str, Any]:
    normal = dict(tree)
    if "pfs" in tree:
        normal["pfs"] = _pfs(tree["pfs"])
    if "cron" in tree:
        cron = tree["cron"]
        normal["cron"] = _without(cron, {"project": PROJECT["name"], "repo": f"{pipeline}_{cron.get('name', '')}"})
    for kind in COMBINATIONS:
        if kind in tree:
            normal[kind] = sorted((_input(child, pipeline) for child in tree[kind]), key=_first_name)
    return normal


def _pfs(leaf: dict[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {**PFS_DEFAULTS, "name": leaf.get("repo")}
    if "trigger" in leaf:
        # A trigger's input gets a branch of its own, named by the server.
        others = {key: value for key, value in leaf.items() if key not in ("trigger", "branch")}
        return {**_pfs(others), "trigger": _without(leaf["trigger"], {"branch": "master"})}
    normal = _without(leaf, defaults)
    if "glob" in leaf:
        normal["glob"] = re.sub("^/+", "/", posixpath.normpath(leaf["glob"]))
    return normal


def _first_name(tree: dict[str, Any]) -> tuple[str, str]:
    """What pachd sorts inputs by, made total so that equal names end up in one order too."""
    names = (leaf.get("name") or leaf.get("repo", "") for _kind, leaf in leaves(tree))
    return next(names, ""), repr(tree)
