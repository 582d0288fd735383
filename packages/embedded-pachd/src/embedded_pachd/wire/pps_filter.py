# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jq filters that pachctl sends with its lists (`--state success` is `.state == "JOB_SUCCESS"`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict

from embedded_pachd.errors import PachdError


def message_filter(expression: str) -> Callable[[Any], bool]:
    """Whether a message passes: the filter's first result on its JSON (snake case) is neither false nor null."""
    if not expression:
        return lambda _message: True
    import jq  # late: only lists with a filter need it

    try:
        program = jq.compile(expression)
    except ValueError as error:
        raise PachdError(f"error creating message filter function: error parsing jq filter: {error}") from None

    def passes(message: Any) -> bool:
        try:
            results = program.input_value(MessageToDict(message, preserving_proto_field_name=True)).all()
        except ValueError as error:
            raise PachdError(f"error applying jq filter on proto message: {error}") from None
        return bool(results) and results[0] not in (False, None)

    return passes
