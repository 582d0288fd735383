# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a pipeline spec is one pachd 2.7 takes: every mistake with its key, before anything is sent."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ._names import PROJECT
from ._pipeline_inputs import COMBINATIONS, leaves

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LONGEST_NAME = 51  # pachd's limit; Kubernetes objects are named after pipelines
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
RESERVED_INPUTS = ("out", ".env")
REQUEST_ONLY = {
    "update": "the module sets it",
    "reprocess": "use the option `reprocess`",
    "spec_commit": "pachd makes it",
    "dry_run": "use check mode",
    "details_json": "give the keys themselves",
}
TEXT, TRUTH, BYTES, MESSAGE, ENUM = 9, 8, 12, 11, 14  # google.protobuf.FieldDescriptor.TYPE_*
FRACTIONS = (1, 2)
UNSAID = (None, "EMPTY", 0)  # a toleration's operator, which Kubernetes itself would take as Equal


def spec_problems(spec: dict[str, Any], descriptor: Any) -> list[str]:
    """What is wrong with a spec, each as `key: text`; `descriptor` is that of CreatePipelineRequest."""
    not_here = [
        f"{field.name}: not part of a spec here: {REQUEST_ONLY[field.name]}"
        for field in descriptor.fields
        if field.name in REQUEST_ONLY and (field.name in spec or field.json_name in spec)
    ]
    return list(_shape(spec, descriptor, "")) or [*not_here, *_meaning(spec)]


def _shape(value: Any, descriptor: Any, path: str) -> Iterator[str]:
    """Unknown keys and values of the wrong kind, by the server's own description of its messages."""
    if descriptor.full_name in ("google.protobuf.Duration", "google.protobuf.Timestamp"):
        if descriptor.name == "Duration" and not (isinstance(value, str) and DURATION.fullmatch(value)):
            yield f'{path}: expected a duration in seconds such as "60s", found {value!r}'
        return
    if descriptor.file.name == "google/protobuf/wrappers.proto":
        yield from _single(value, descriptor.fields_by_name["value"], path)
        return
    if not isinstance(value, dict):
        yield f"{path}: expected keys and values, found {_kind(value)}"
        return
    fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for key, child in value.items():
        here = f"{path}.{key}" if path else str(key)
        if key not in fields:
            near = difflib.get_close_matches(str(key), [field.name for field in descriptor.fields], 1)
            yield f"{here}: unknown key" + (f"; did you mean {near[0]}?" if near else "")
        elif child is not None:
            yield from _field(child, fields[key], here)


def _field(value: Any, field: Any, path: str) -> Iterator[str]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name["value"]
        if not isinstance(value, dict):
            yield f"{path}: expected keys and values, found {_kind(value)}"
        else:
            for key, child in value.items():
                yield from _single(child, entry, f"{path}.{key}")
    elif field.label == field.LABEL_REPEATED:
        if not isinstance(value, list):
            yield f"{path}: expected a list, found {_kind(value)}"
        else:
            for index, child in enumerate(value):
                yield from _single(child, field, f"{path}[{index}]")
    else:
        yield from _single(value, field, path)


def _single(value: Any, field: Any, path: str) -> Iterator[str]:
    if field.type == MESSAGE:
        yield from _shape(value, field.message_type, path)
    elif field.type == ENUM:
        if value not in field.enum_type.values_by_name:
            yield f"{path}: expected one of {', '.join(field.enum_type.values_by_name)}, found {value!r}"
    elif not _fits(value, field.type):
        wanted = {TEXT: "text (quote it)", TRUTH: "true or false"}.get(field.type, "a number")
        yield f"{path}: expected {wanted}, found {_kind(value)} {value!r}"


def _fits(value: Any, kind: int) -> bool:
    if kind in (TEXT, BYTES):
        return isinstance(value, str)
    if kind == TRUTH:
        return isinstance(value, bool)
    if isinstance(value, str) and kind not in FRACTIONS:
        return bool(re.fullmatch(r"-?\d+", value))  # proto-JSON writes 64-bit numbers as text
    return isinstance(value, (int, float) if kind in FRACTIONS else int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    kinds: dict[type, str] = {
        dict: "keys and values",
        list: "a list",
        str: "text",
        bool: "a truth value",
        type(None): "nothing",
    }
    return kinds.get(type(value), "a number")


def _meaning(spec: dict[str, Any]) -> Iterator[str]:
    name = (spec.get("pipeline") or {}).get("name")
    if not name:
        yield "pipeline.name: missing"
    elif not NAME.fullmatch(name):
        yield f"pipeline.name: {name!r} may hold letters, digits, - and _ only, and begins with a letter or digit"
    elif len(name) > LONGEST_NAME:
        yield f"pipeline.name: {len(name)} characters; pachd allows {LONGEST_NAME}"
    project = ((spec.get("pipeline") or {}).get("project") or {}).get("name")
    yield from _other_project(project, "pipeline.project.name")
    transform = spec.get("transform") or {}
    if not transform.get("cmd") and "spout" not in spec:
        yield "transform.cmd: missing"
    tree = spec.get("input") or {}
    if tree or "spout" not in spec:
        yield from _input(tree, "input")
    yield from _repeated_names(tree, "input")
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        if toleration.get("operator") in UNSAID:
            yield f"tolerations[{index}].operator: missing; pachd takes EQUAL or EXISTS"


def _input(tree: dict[str, Any], path: str) -> Iterator[str]:
    kinds = [kind for kind in (*COMBINATIONS, "pfs", "cron") if tree.get(kind)]
    if len(kinds) != 1:
        yield f"{path}: needs exactly one of pfs, cron, {', '.join(COMBINATIONS)}; has {' and '.join(kinds) or 'none'}"
        return
    kind = kinds[0]
    check: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {"pfs": _pfs_input, "cron": _cron_input}
    if kind in check:
        yield from check[kind](tree[kind], f"{path}.{kind}")
    else:
        for index, child in enumerate(tree[kind]):
            yield from _input(child, f"{path}.{kind}[{index}]")


def _other_project(name: str | None, path: str) -> Iterator[str]:
    if name not in (None, "", PROJECT["name"]):
        yield f"{path}: {name!r}: these modules know the project {PROJECT['name']} only"


def _pfs_input(leaf: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{key}: missing" for key in ("repo", "glob") if not leaf.get(key))
    yield from _other_project(leaf.get("project"), f"{path}.project")
    name = leaf.get("name") or leaf.get("repo")
    if name in RESERVED_INPUTS:
        yield f"{path}.name: {name!r} is reserved by pachd"


def _cron_input(leaf: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{key}: missing" for key in ("name", "spec") if not leaf.get(key))
    schedule = leaf.get("spec", "")
    if schedule and not schedule.startswith("@") and len(schedule.split()) != 5:
        yield f"{path}.spec: {schedule!r} is neither five fields nor @every, @daily and the like"


def _repeated_names(tree: dict[str, Any], path: str) -> Iterator[str]:
    """Two inputs of one name would be mounted at one place; in a union they may, since a datum has only one of them."""
    for kind in COMBINATIONS:
        children = tree.get(kind) or ()
        for index, child in enumerate(children):
            yield from _repeated_names(child, f"{path}.{kind}[{index}]")
        if kind != "union":
            names = Counter(name for child in children for name in _mounts(child))
            yield from (
                f"{path}.{kind}: {count} inputs are named {name!r}" for name, count in names.items() if count > 1
            )


def _mounts(tree: dict[str, Any]) -> set[str]:
    return {name for kind, leaf in leaves(tree) if (name := leaf.get("name") or leaf.get("repo"))}
