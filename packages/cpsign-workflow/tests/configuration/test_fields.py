# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field of a configuration: what it refuses, and what docs/configuration.md says of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import reference

from cpsign_workflow.configuration import load
from cpsign_workflow.configuration.schema import schema
from cpsign_workflow.errors import UserError

OF_ANOTHER_TYPE = {"string": 7, "number": "much", "integer": 2.5, "boolean": 1, "array": "a, b", "object": []}
MINIMAL = {"workflow_name": "W", "source": {"file": "a.sdf", "value": "v"}, "cpsign": {"ptype": 2}}


def wrong_values(rule: dict[str, Any]) -> Iterator[object]:
    """One value of another type, and one beyond each limit."""
    if "enum" in rule:
        yield "no such value"
    elif "oneOf" in rule:
        yield {}
    else:
        kind = rule["type"] if isinstance(rule["type"], str) else rule["type"][0]
        yield OF_ANOTHER_TYPE[kind]
    for limit, beyond in (("minimum", -1), ("exclusiveMinimum", 0), ("maximum", 1), ("exclusiveMaximum", 0)):
        if limit in rule:
            yield rule[limit] + beyond
    if "minLength" in rule:
        yield ""
    if "minItems" in rule:
        yield []
    if "pattern" in rule:
        yield "a\nb"


WRONG = [(path, value) for path, rule in reference.fields() for value in wrong_values(rule)]


def faults(folder: Path, path: tuple[str, ...], value: object) -> str:
    """The faults of a configuration that has ``value`` at ``path``."""
    content: dict[str, Any] = json.loads(json.dumps(MINIMAL))
    place = content
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    file = folder / "configuration.json"
    file.write_text(json.dumps(content, indent=2))
    with pytest.raises(UserError) as caught:
        load(file)
    return str(caught.value)


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[f"{'.'.join(path)}={value}" for path, value in WRONG])
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(
    path: tuple[str, ...], value: object, tmp_path: Path
) -> None:
    (line,) = [line for line in faults(tmp_path, path, value).splitlines() if f": {'.'.join(path)}: " in line]
    said = line.partition(f": {'.'.join(path)}: ")[2]
    assert said.startswith(("must ", json.dumps(value)))
    assert any(shown in said for shown in (json.dumps(value), "must not be empty", "must have at least"))


SECTIONS = [(), *(path for path, rule in reference.fields() if "properties" in rule)]


@pytest.mark.parametrize("path", SECTIONS, ids=[".".join(path) or "top" for path in SECTIONS])
def test_an_unknown_key_is_named_with_the_nearest(path: tuple[str, ...], tmp_path: Path) -> None:
    name = next(found[-1] for found, _rule in reference.fields() if found[:-1] == path)
    misspelt = name + "x"
    text = faults(tmp_path, (*path, misspelt), 1)
    assert f'{".".join((*path, misspelt))}: unknown key; did you mean "{name}"?' in text


def test_the_document_has_the_tables_of_the_schema() -> None:
    text = reference.DOCUMENT.read_text(encoding="utf-8")
    assert text[text.index(reference.BEGIN) :] == reference.tables(), "run tests/configuration/reference.py"


def test_every_field_is_described() -> None:
    assert [path for path, rule in reference.fields() if not rule.get("description")] == []


def test_the_defaults_of_the_schema_are_those_of_the_program(tmp_path: Path) -> None:
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(MINIMAL))
    configuration, parts = load(file), schema()["properties"]
    for section, values in (("test", configuration.test), ("curation", configuration.curation)):
        assert {key: part["default"] for key, part in parts[section]["properties"].items()} == vars(values)
    defaults = {key: part["default"] for key, part in parts["cpsign"]["properties"].items() if "default" in part}
    (training,) = configuration.training
    assert training.sampling
    assert defaults == {
        "impl": {"LinearSVR": "liblinear"}[training.scorer.name],
        "nr-models": training.total_splits,
        "calibration-ratio": training.sampling.calibration_ratio,
        "height-start": configuration.precompute.signatures_start_height,
        "height-end": configuration.precompute.signatures_end_height,
        "signatures-generator": configuration.precompute.signature_type,
        "seed": training.seed,
        "model-version": training.model_version,
    }
