# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's SQL: where its limit goes and whether it is one SELECT and nothing else."""

WRITING = frozenset({"INTO", "FOR UPDATE", "LOCK"})
"""Words by which a SELECT writes a file or variable, or locks rows."""


def with_limit(query: str, limit: int | None) -> str:
    """The query with ``LIMIT`` in place of its ``{}`` (nothing without a limit), without the closing semicolon."""
    text = query.replace("{}", "" if limit is None else f" LIMIT {limit}")
    return text.strip().rstrip(";").rstrip()


def statement_fault(statement: str) -> str | None:
    """Why ``statement`` is refused; None when it is one SELECT.

    This is a help for the author of a query. That nothing is written is the work of the database: the statement runs as
    a derived table, in a read-only transaction, by a user who may only read.
    """
    import sqlparse
    from sqlparse.exceptions import SQLParseError

    try:
        statements = sqlparse.parse(statement, encoding="utf-8")
    except SQLParseError:
        return None  # too long or too deep for sqlparse, as a list of thousands of ids is
    if len(statements) != 1:
        return f"must be one SELECT, not {len(statements)} statements"
    parsed = statements[0]
    if parsed.get_type() != "SELECT":  # type: ignore[no-untyped-call]
        return "must be one SELECT; nothing else is sent to the database"
    for token in parsed.flatten():  # type: ignore[no-untyped-call]
        if token.is_keyword and token.normalized.upper() in WRITING:
            return f"must only read: {token.normalized.upper()} is refused"
    return None
