# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON text that knows on which line each of its keys stands."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cpsign_workflow.errors import UserError

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top to a value, e.g. ``("query", "smi_columns", 0)``."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the value at ``path``."""

    path: KeyPath
    text: str


@dataclass(frozen=True)
class Document:
    """A parsed JSON object with its text; ``name`` is the file's, for messages."""

    name: str
    text: str
    content: dict[str, Any]

    def refuse(self, problems: Sequence[Problem]) -> NoReturn:
        """Raise one :class:`UserError` with file, line, key and fault of every problem, in the order of the lines."""
        lines = _lines(self.text)
        found = sorted({(_line(lines, problem.path), dotted(problem.path), problem.text) for problem in problems})
        raise UserError("\n".join(f"{self.name}:{line}: {key}: {text}" for line, key, text in found))


def read(path: Path) -> Document:
    """Read a JSON object. Raises :class:`UserError` with line and column when the text is malformed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    repeated: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _unused in pairs]
        repeated.extend(key for key in set(keys) if keys.count(key) > 1)
        return dict(pairs)

    def no_number(name: str) -> NoReturn:
        raise UserError(f"{path}: {name} is no number that can be used")

    def finite(digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            no_number(digits)
        # The schema takes 5.0 and 1e20 for whole numbers, so they must be.
        return int(number) if number.is_integer() else number

    try:
        content = json.loads(text, object_pairs_hook=once, parse_constant=no_number, parse_float=finite)
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}:{error.colno}: malformed JSON: {error.msg}") from error
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise UserError(f"{path}: {half} is half of a character: \\ud800 to \\udfff stand in pairs only") from error
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error  # thousands of digits
    except RecursionError as error:
        raise UserError(f"{path}: malformed JSON: nested too deeply") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}:1: a JSON object {{...}} is expected")
    if repeated:
        # The later one would win silently.
        raise UserError(
            f"{path}: these keys stand twice in one object: {', '.join(sorted(repeated))}; keep one of each"
        )
    return Document(path.name, text, content)


def dotted(path: KeyPath) -> str:
    """The path as a person writes it: ``query.smi_columns[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[\w-]+", step) else json.dumps(step)
            text += f".{name}" if text else name
    return text or "(top)"


def _lines(text: str) -> dict[str, int]:
    from json_source_map import calculate  # type: ignore[import-untyped]  # wanted for messages only

    return {pointer: (entry.key_start or entry.value_start).line + 1 for pointer, entry in calculate(text).items()}


def _line(lines: dict[str, int], path: KeyPath) -> int:
    """The line of the key at ``path``, or of the nearest object around it when the key is missing."""
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    while pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines[pointer]
