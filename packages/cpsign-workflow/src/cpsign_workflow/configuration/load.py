# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the file configuration.json to a :class:`Configuration`, or to one message with everything that is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cpsign_workflow.configuration import document, faults, flags, schema, sources
from cpsign_workflow.configuration.document import Problem
from cpsign_workflow.configuration.model import Classes, Configuration, Curation, HoldOut

DEFAULT_TEST: Final = {"by": "random", "share": 0.15, "salt": "pharmbio.cpsign"}
DEFAULT_CURATION: Final = {"largest_range": 1.0, "unreadable_share": 0.2}


def load(path: Path) -> Configuration:
    """Read and check a configuration.

    Raises :class:`UserError` that lists all faults, each with file, line, key and what is allowed.
    """
    text = document.read(path)
    content = text.content
    # What the schema refuses would break the checks that follow, so its faults come first.
    for check in (schema.problems, _contradictions):
        if found := list(check(content)):
            text.refuse(found)
    chosen: flags.Flags = content["cpsign"]
    classes = Classes(**content["classes"]) if "classes" in content else None
    labels = (classes.below, classes.above) if classes else flags.labels_of(chosen)
    return Configuration(
        workflow_name=content["workflow_name"],
        source=sources.source_of(content),
        endpoint=sources.value_column(content, flags.endpoint_of(chosen)),
        classes=classes,
        test=HoldOut(**DEFAULT_TEST | content.get("test", {})),
        curation=Curation(**DEFAULT_CURATION | content.get("curation", {})),
        precompute=flags.precompute_parameters(chosen, labels, content.get("tune")),
        training=flags.training_parameters(
            chosen, content["workflow_name"], content.get("parallellism", {}).get("splits_per_model")
        ),
        warnings=(*schema.warnings(content), *faults.warnings(chosen), *_ineffective(content)),
    )


def _ineffective(content: dict[str, Any]) -> Iterator[str]:
    if "source" in content:
        for flag in flags.ENDPOINT_FLAGS:
            if flag in content["cpsign"]:
                yield f"cpsign.{flag} has no effect: source says which column holds the value"
    if flags.model_type_of(content["cpsign"]) == "classification" and "largest_range" in content.get("curation", {}):
        yield "curation.largest_range has no effect: the most frequent label stands for a structure, not a median"


def _contradictions(content: dict[str, Any]) -> Iterator[Problem]:
    chosen: flags.Flags = content["cpsign"]
    in_flags = list(faults.contradictions(chosen))
    yield from in_flags
    if not in_flags:
        yield from _class_faults(content)
        if "tune" in content:
            yield from faults.tuning_faults(chosen, content["tune"])
    yield from sources.contradictions(content)


def _class_faults(content: dict[str, Any]) -> Iterator[Problem]:
    chosen: flags.Flags = content["cpsign"]
    labels, classes = flags.labels_of(chosen), content.get("classes")
    if flags.model_type_of(chosen) == "regression":
        if classes:
            yield Problem(("classes",), "regression has no classes; take it away or set cpsign.ptype to 1")
    elif not classes:
        if not labels:
            yield Problem(("cpsign", "labels"), "is missing: classification wants cpsign.labels or classes")
    elif classes["below"] == classes["above"]:
        yield Problem(("classes", "above"), "is the same label as below")
    elif labels and set(labels) != {classes["below"], classes["above"]}:
        yield Problem(("cpsign", "labels"), "are others than those of classes; take one of the two away")
