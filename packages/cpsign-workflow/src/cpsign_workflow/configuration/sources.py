# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the compounds come from: a file, a query of one's own, or the preset ``chembl_activity``."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from cpsign_workflow.configuration import chembl
from cpsign_workflow.configuration.document import Problem
from cpsign_workflow.configuration.model import DatabaseSource, FileSource
from cpsign_workflow.configuration.statement import statement_fault, with_limit

DEFAULT_PORT: Final = 3306
PRESET: Final = "chembl_activity"


def contradictions(content: dict[str, Any]) -> Iterator[Problem]:
    """What can not be meant together, and what is missing."""
    source, query = content.get("source", {}), content.get("query")
    if "source" not in content and not query:
        yield Problem(("source",), "is missing: either source (a file or chembl_activity), or database and query")
    elif "source" in content and query:
        yield Problem(("source",), "stands beside query; keep one of the two")
    elif PRESET in source:
        for key in sorted(source.keys() - {PRESET}):
            yield Problem(("source", key), f"stands beside {PRESET}; keep one of the two")
    elif "source" in content:
        yield from _file_faults(source)
        if "database" in content:
            yield Problem(("source",), "a file stands beside database; keep one of the two")
    if (query or PRESET in source) and "database" not in content:
        yield Problem(("query",) if query else ("source", PRESET), "wants 'database' beside it")
    if query:
        yield from _query_faults(query)


def value_column(content: dict[str, Any], endpoint: str | None) -> str | None:
    """The column that holds the value, where the configuration says so; ``endpoint`` is what CPSign's flags say."""
    source = content.get("source", {})
    return source.get("value", chembl.VALUE_COLUMN) if source else endpoint


def source_of(content: dict[str, Any]) -> DatabaseSource | FileSource:
    """The source of a configuration without faults."""
    source = content.get("source", {})
    if PRESET in source:
        statement = chembl.activity_statement(source[PRESET]["target"], source[PRESET]["type"])
        return replace(
            _database_source(content["database"], statement, []),
            stated=f"source.{PRESET}, which wants ChEMBL's own tables",
        )
    if source:
        return _file_source(source)
    query = content["query"]
    return _database_source(content["database"], _statement(query), query.get("smi_columns", []))


def _file_faults(source: dict[str, Any]) -> Iterator[Problem]:
    if "file" not in source:
        yield Problem(("source",), f"wants file, smiles and value, or {PRESET}")
        return
    if "value" not in source:
        yield Problem(("source", "value"), "is missing: the column of the measured values")
    if "smiles" not in source and _format(source["file"]) != "sdf":
        yield Problem(("source", "smiles"), "is missing: the column of the structures")


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


def _database_source(database: dict[str, Any], statement: str, columns: list[str]) -> DatabaseSource:
    return DatabaseSource(
        host=database.get("host", "127.0.0.1"),
        port=database.get("port", DEFAULT_PORT),
        user=database.get("user"),
        db_name=database["db_name"],
        statement=statement,
        # The original wrote the names as they came, so one text may hold them all.
        columns=tuple(name.strip() for text in columns for name in text.split(",")),
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
