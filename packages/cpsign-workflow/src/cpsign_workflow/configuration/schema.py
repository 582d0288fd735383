# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of configuration.json: what it refuses and what it warns of, in words."""

import difflib
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any, Final

from cpsign_workflow.configuration.document import KeyPath, Problem, dotted

TYPE_NAMES: Final = {
    "object": "an object {...}",
    "array": "a list [...]",
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@cache
def schema() -> dict[str, Any]:
    """The schema itself."""
    text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def problems(content: dict[str, Any]) -> Iterator[Problem]:
    """Everything the schema refuses in ``content``."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def whole_text(_validator: Any, pattern: str, found: Any, _schema: Any) -> Iterator[ValidationError]:
        # Python's $, unlike that of JSON Schema, also stands before a last newline.
        if isinstance(found, str) and not re.fullmatch(pattern, found):
            yield ValidationError(pattern)

    validator = extend(Draft202012Validator, {"pattern": whole_text})  # type: ignore[no-untyped-call]
    for error in validator(schema()).iter_errors(content):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = list(error.schema["properties"])
            yield from (_unknown(path, key, known) for key in error.instance if key not in known)
        elif error.validator == "required":
            yield from (
                Problem((*path, key), "is missing") for key in error.validator_value if key not in error.instance
            )
        else:
            text = _TEXTS.get(str(error.validator))
            yield Problem(path, text(error.validator_value, error.instance) if text else error.message)


def warnings(content: dict[str, Any]) -> list[str]:
    """One line for every key that has no effect any more, with the reason."""
    return [f"{dotted(path)} has no effect: {reason}" for path, reason in _deprecated(schema(), content, ())]


def nearest(name: str, known: list[str]) -> str:
    """'; did you mean ...?' when one of the known names is close, else what is known."""
    return meant(name, known) or (f"; known are {', '.join(known)}" if len(known) < 12 else "")


def meant(name: str, known: list[str]) -> str:
    """'; did you mean ...?' when one of the known names is close, capital letters aside; else nothing."""
    plain = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), plain, n=1)
    return f'; did you mean "{plain[close[0]]}"?' if close else ""


def _deprecated(part: dict[str, Any], content: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for key, value in content.items():
        rule = part.get("properties", {}).get(key, {})  # a grid has keys of its own
        if rule.get("deprecated"):
            yield (*path, key), rule["description"]
        elif isinstance(value, dict):
            yield from _deprecated(rule, value, (*path, key))


def _unknown(path: KeyPath, key: str, known: list[str]) -> Problem:
    return Problem((*path, key), f"unknown key{nearest(key, known)}")


def _type(allowed: Any, found: Any) -> str:
    names = allowed if isinstance(allowed, list) else [allowed]
    return f"must be {' or '.join(TYPE_NAMES[name] for name in names)}, not {json.dumps(found)}"


def _enum(allowed: Any, found: Any) -> str:
    names = [str(value) for value in allowed]
    return f"must be one of {', '.join(names)}, not {json.dumps(found)}{meant(str(found), names)}"


def _limit(words: str) -> "Wording":
    return lambda allowed, found: f"must be {words} {allowed}, not {json.dumps(found)}"


Wording = Callable[[Any, Any], str]
"""From what a keyword of the schema allows and what was found to a text."""

_TEXTS: Final[dict[str, Wording]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("more than"),
    "exclusiveMaximum": _limit("less than"),
    "minLength": lambda _allowed, _found: "must not be empty",
    "maxLength": lambda allowed, found: f"must be {allowed} character, not {json.dumps(found)}",
    "minItems": lambda allowed, _found: f"must have at least {allowed} entries",
    "pattern": lambda allowed, found: f"{json.dumps(found)} is refused; it must match {allowed}",
    "not": lambda _allowed, found: f"can not be {json.dumps(found)}",
    "oneOf": lambda _allowed, found: f"must be a list, or one text with blanks or commas, not {json.dumps(found)}",
}
