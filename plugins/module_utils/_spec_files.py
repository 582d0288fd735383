# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipeline specs as they come: in the task, or in JSON and YAML files that may hold several."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._errors import UserError, missing_library, raise_all


@dataclass(frozen=True)
class SourcedSpec:
    """A spec and where it was found, for messages about it."""

    origin: str
    spec: dict[str, Any]


def read_specs(specs: Iterable[dict[str, Any]], files: Iterable[Path]) -> list[SourcedSpec]:
    """All specs of a task, with every file that cannot be read reported at once.

    Raises:
        UserError: naming file, line and column of each mistake.
    """
    found = [SourcedSpec(f"specs[{index}]", spec) for index, spec in enumerate(specs)]
    problems = []
    for path in files:
        try:
            found += _from_file(path)
        except UserError as error:
            problems.append(str(error))
    raise_all(problems)
    return found


def _from_file(path: Path) -> Iterator[SourcedSpec]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    documents = _json_documents(path, text) if path.suffix == ".json" else _yaml_documents(path, text)
    specs = [spec for document in documents for spec in (document if isinstance(document, list) else [document])]
    if not specs:
        raise UserError(f"{path}: holds no pipeline spec")
    for index, spec in enumerate(specs):
        origin = str(path) if len(specs) == 1 else f"{path} (spec {index + 1})"
        if not isinstance(spec, dict):
            raise UserError(f"{origin}: expected a pipeline spec, found {type(spec).__name__}")
        yield SourcedSpec(origin, spec)


def _json_documents(path: Path, text: str) -> list[Any]:
    """Several documents may follow each other, as pachctl allows."""
    decoder, documents, position = json.JSONDecoder(), [], 0
    try:
        while text[position:].strip():
            position += len(text[position:]) - len(text[position:].lstrip())
            document, position = decoder.raw_decode(text, position)
            documents.append(document)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    return documents


def _yaml_documents(path: Path, text: str) -> list[Any]:
    try:
        import yaml  # only tasks with YAML files pay for it
    except ImportError as error:
        raise missing_library("PyYAML", error, reason=f"to read {path}") from error
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UserError(f"{path}: {where}{getattr(error, 'problem', None) or error}") from error
