# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of a row: a number, a label, or the reason why it is neither.

A censored value says where the true one lies, not what it is: ``>`` 5 is somewhere above. Regression can not use it. A
class can, when all that it may be is on one side of the threshold. ``~`` may be on either side.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from cpsign_workflow.configuration import Classes, Configuration

NOT_A_NUMBER: Final = "value is not a number"
DECIMAL_COMMA: Final = "value has a comma where a number has its point"
NOT_A_LABEL: Final = "value is not one of the labels"
NOT_A_RELATION: Final = "relation is none of = < <= > >= ~"
CENSORED: Final = "censored value (<, > or ~)"
EITHER_SIDE: Final = "censored value that may be on either side of the threshold"

RELATIONS: Final = {
    **dict.fromkeys(("", "=", "=="), "="),
    **dict.fromkeys(("<", "<<"), "<"),
    **dict.fromkeys((">", ">>"), ">"),
    **{"<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=", "~": "~", "≈": "~"},
}
"""From what may stand in the source to =, <, <=, >, >= or ~. Nothing means that the value is exact."""
PREFIX: Final = re.compile(r"([<>=~≤≥≈]+)\s*(.*)", re.DOTALL)
COMMA: Final = re.compile(r"[-+]?\d*,\d+")

Reason = str


class Rejected(NamedTuple):
    """Why a row is left out."""

    reason: Reason


class Values:
    """Reads values as one workflow wants them."""

    def __init__(self, configuration: Configuration) -> None:
        self.censored: Counter[str] = Counter()
        """Censored values by their relation."""
        self.kept = 0
        """Of these, values in use."""
        self._classes = configuration.classes
        # A database may show the label 1 as 1.0 or 1.00.
        self._labels = {_plain(label): label for label in configuration.precompute.labels}
        self.read: Callable[[str, str], str | Rejected] = (
            self._label if self._labels and not self._classes else self._measured
        )
        """From value and relation to a number in its shortest form or a label, or to the reason why there is none."""

    def _label(self, text: str, _relation: str) -> str | Rejected:
        return self._labels.get(_plain(text)) or Rejected(NOT_A_LABEL)

    def _measured(self, text: str, relation: str) -> str | Rejected:
        number = _number(text)
        if number is None and (prefixed := PREFIX.fullmatch(text)):
            relation, text = prefixed.groups()
            number = _number(text)
        if number is None:
            return Rejected(DECIMAL_COMMA if COMMA.fullmatch(text) else NOT_A_NUMBER)
        sign = RELATIONS.get(relation)
        if sign == "=":
            return self._classes.label(number) if self._classes else repr(number)
        if sign is None:
            return Rejected(NOT_A_RELATION)
        self.censored[sign] += 1
        if self._classes is None:
            return Rejected(CENSORED)
        label = _certain(self._classes, sign, number)
        if label is None:
            return Rejected(EITHER_SIDE)
        self.kept += 1
        return label


def _certain(classes: Classes, sign: str, number: float) -> str | None:
    """The class of all values that ``sign`` and ``number`` allow; None when they are in both."""
    if sign in (">", ">=") and number >= classes.threshold:
        return classes.above
    if (sign == "<" and number <= classes.threshold) or (sign == "<=" and number < classes.threshold):
        return classes.below
    return None


def _number(text: str) -> float | None:
    try:
        # float() would also take 1_000.
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value + 0.0 if math.isfinite(value) else None  # -0.0 becomes 0.0


def _plain(label: str) -> str:
    value = _number(label)
    return label if value is None else repr(value)
