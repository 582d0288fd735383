# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the file configuration.json to a :class:`Configuration`, or to one message with everything that is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from cpsign_workflow.configuration import document, faults, flags, schema
from cpsign_workflow.configuration.document import Problem
from cpsign_workflow.configuration.model import Classes, Configuration, DatabaseSource, FileSource, HoldOut
from cpsign_workflow.configuration.statement import statement_fault, with_limit

DEFAULT_PORT: Final = 3306
DEFAULT_TEST_SHARE: Final = 0.15
DEFAULT_SALT: Final = "pharmbio.cpsign"


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
        source=_file_source(content["source"]) if "source" in content else _database_source(content),
        endpoint=flags.endpoint_of(chosen),
        classes=classes,
        test=HoldOut(**{"share": DEFAULT_TEST_SHARE, "salt": DEFAULT_SALT} | content.get("test", {})),
        precompute=flags.precompute_parameters(chosen, labels, content.get("tune")),
        training=flags.training_parameters(
            chosen, content["workflow_name"], content.get("parallellism", {}).get("splits_per_model")
        ),
        warnings=(*schema.warnings(content), *faults.ineffective(chosen), *_ineffective(content)),
    )


def _ineffective(content: dict[str, Any]) -> Iterator[str]:
    if "source" in content:
        for flag in flags.ENDPOINT_FLAGS:
            if flag in content["cpsign"]:
                yield f"cpsign.{flag} has no effect: source.value names the column"


def _contradictions(content: dict[str, Any]) -> Iterator[Problem]:
    chosen: flags.Flags = content["cpsign"]
    in_flags = list(faults.contradictions(chosen))
    yield from in_flags
    if not in_flags:
        yield from _class_faults(content)
        if "tune" in content:
            yield from faults.tuning_faults(chosen, content["tune"])
    if "source" in content and "query" in content:
        yield Problem(("source",), "stands beside database and query; keep one of the two")
    elif "source" in content:
        if "smiles" not in content["source"] and _format(content["source"]["file"]) != "sdf":
            yield Problem(("source", "smiles"), "is missing: the column of the structures")
    elif "query" in content:
        yield from _query_faults(content["query"])
    else:
        yield Problem(("source",), "is missing: either source (a file), or database and query")


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


def _query_faults(query: dict[str, Any]) -> Iterator[Problem]:
    path = ("query", "database_query")
    holes = query["database_query"].count("{}")
    if holes > 1:
        yield Problem(path, "holds {} more than once; it marks the one place of the limit")
    elif holes == 0 and query.get("query_limit") is not None:
        yield Problem(path, "has no {} where query_limit could go")
    elif fault := statement_fault(_statement(query)):
        yield Problem(path, fault)


def _statement(query: dict[str, Any]) -> str:
    return with_limit(query["database_query"], query.get("query_limit"))


def _database_source(content: dict[str, Any]) -> DatabaseSource:
    database, query = content["database"], content["query"]
    return DatabaseSource(
        host=database.get("host", "127.0.0.1"),
        port=database.get("port", DEFAULT_PORT),
        user=database.get("user"),
        db_name=database["db_name"],
        statement=_statement(query),
        # The original wrote the names as they came, so one text may hold them all.
        columns=tuple(name.strip() for text in query.get("smi_columns", []) for name in text.split(",")),
    )


def _file_source(source: dict[str, Any]) -> FileSource:
    return FileSource(
        file=source["file"],
        format=_format(source["file"]),
        smiles=source.get("smiles"),
        value=source["value"],
        delimiter=source.get("delimiter", "," if _suffix(source["file"]) == ".csv" else "\t"),
    )


def _format(file: str) -> Literal["csv", "sdf"]:
    return "sdf" if _suffix(file) == ".sdf" else "csv"


def _suffix(file: str) -> str:
    return Path(file.removesuffix(".gz")).suffix
