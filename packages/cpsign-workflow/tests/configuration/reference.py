# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/configuration.md, from the JSON Schema; run as a program it writes them there.

.venvs/workflow/bin/python packages/cpsign-workflow/tests/configuration/reference.py
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cpsign_workflow.configuration.schema import TYPE_NAMES, schema

DOCUMENT: Final = Path(__file__).resolve().parents[4] / "docs" / "configuration.md"
BEGIN: Final = "<!-- The tables that follow are made from the JSON Schema by tests/configuration/reference.py. -->\n"
LIMITS: Final = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}

Rule = dict[str, Any]


def fields(rule: Rule | None = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Rule]]:
    """Every key of a configuration that has an effect, sections before what is in them, with its part of the schema."""
    for name, part in (rule or schema()).get("properties", {}).items():
        if not part.get("deprecated"):
            reference = part.get("$ref", "").rpartition("/")[2]
            found = {**schema()["$defs"].get(reference, {}), **part}
            yield (*path, name), found
            yield from fields(found, (*path, name)) if "properties" in found else ()


def tables() -> str:
    """One table for each section."""
    text = BEGIN + "\n## The sections\n" + _table((), schema())
    for path, rule in fields():
        if "properties" in rule:
            text += f"\n## `{'.'.join(path)}`\n\n{rule['description']}\n" + _table(path, rule)
    return text


def _table(path: tuple[str, ...], rule: Rule) -> str:
    rows = [
        f"| `{name[-1]}` | {_allowed(part)} | {_default(name[-1], part, rule)} | {part.get('description', '')} |\n"
        for name, part in fields()
        if name[:-1] == path
    ]
    return "\n| key | allowed | default | |\n|---|---|---|---|\n" + "".join(rows)


def _default(name: str, part: Rule, section: Rule) -> str:
    if name in section.get("required", []):
        return "must be there"
    return f"`{json.dumps(part['default'])}`" if "default" in part else ""


def _allowed(part: Rule) -> str:
    if "enum" in part:
        return ", ".join(f"`{json.dumps(value)}`" for value in part["enum"])
    if "oneOf" in part:
        return " or ".join(_allowed(choice) for choice in part["oneOf"])
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    limits = [f"{words} {part[keyword]}" for keyword, words in LIMITS.items() if keyword in part]
    if "pattern" in part:
        limits.append(f"`{part['pattern'].replace('|', chr(92) + '|')}`")
    return " or ".join(TYPE_NAMES[name] for name in types) + "".join(f", {limit}" for limit in limits)


if __name__ == "__main__":
    written, _begin, _old = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    DOCUMENT.write_text(written + tables(), encoding="utf-8")
