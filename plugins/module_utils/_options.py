# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One frozen class a resource: its fields are the module's options, what is compared, and what is returned.

    str, int, float, bool, dict      the Ansible type of that name
    Path                             type path
    Literal["a", "b"]                type str with choices
    tuple[str, ...]                  type list with these elements
    tuple[Branch, ...]               type list of dicts with the options of Branch
    X | None                         an option without a default: not given means "leave as it is"

A field without a default is required. The metadata `NO_LOG` marks a field whose value
must never be shown, `fallback()` one that an environment variable may give.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ansible.module_utils.basic import env_fallback

T = TypeVar("T")

NO_LOG = {"no_log": True}


def fallback(variable: str) -> dict[str, Any]:
    """Metadata of a field that the environment variable `variable` gives when the task does not."""
    return {"fallback": (env_fallback, [variable])}


def _bare(hint: Any) -> Any:
    """`X` of `X | None`."""
    if isinstance(hint, types.UnionType):
        return next(argument for argument in typing.get_args(hint) if argument is not type(None))
    return hint


def _ansible_type(hint: Any) -> dict[str, Any]:
    hint = _bare(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return {"type": "str", "choices": list(typing.get_args(hint))}
    if origin is tuple:
        element = _ansible_type(typing.get_args(hint)[0])
        return {"type": "list", "elements": element.pop("type"), **element}
    if dataclasses.is_dataclass(hint):
        return {"type": "dict", "options": argument_spec(typing.cast(type, hint))}
    if hint is Path:
        return {"type": "path"}
    return {"type": (origin or hint).__name__}


def argument_spec(resource: type) -> dict[str, dict[str, Any]]:
    """The options that the fields of `resource` stand for, as AnsibleModule wants them."""
    spec, hints = {}, typing.get_type_hints(resource)
    for field in dataclasses.fields(resource):
        option = {**_ansible_type(hints[field.name]), **field.metadata}
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            option["required"] = True
        elif field.default not in (None, (), dataclasses.MISSING):
            option["default"] = str(field.default) if isinstance(field.default, Path) else field.default
        spec[field.name] = option
    return spec


def optional(spec: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same options, none required or with a default: the single form of a resource that also comes in lists."""
    return {
        name: {k: v for k, v in option.items() if k not in ("required", "default")} for name, option in spec.items()
    }


def _value(hint: Any, value: Any) -> Any:
    hint = _bare(hint)
    if typing.get_origin(hint) is tuple:
        return tuple(_value(typing.get_args(hint)[0], element) for element in value)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value)
    return Path(value) if hint is Path else value


def build(resource: type[T], values: Mapping[str, Any]) -> T:
    """The resource that Ansible's checked values describe; what was not given has the field's default."""
    hints = typing.get_type_hints(resource)
    names = (field.name for field in dataclasses.fields(typing.cast(Any, resource)))
    given = {name: values[name] for name in names if values.get(name) is not None}
    return resource(**{name: _value(hints[name], value) for name, value in given.items()})
