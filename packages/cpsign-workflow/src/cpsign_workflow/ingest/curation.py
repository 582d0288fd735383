# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a row of the source to a compound with its key, or to the reason why it is left out."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from cpsign_workflow.configuration import Configuration
from cpsign_workflow.ingest.rows import Row
from cpsign_workflow.ingest.structure import structure_of

NO_STRUCTURE: Final = "no structure"
NO_VALUE: Final = "no value"
NOT_A_NUMBER: Final = "value is not a number"
NOT_A_LABEL: Final = "value is not one of the labels"
UNREADABLE: Final = "unreadable structure"
CONFLICTING_VALUES: Final = "values of one structure too far apart"
CONFLICTING_LABELS: Final = "as many labels for as against in one structure"
MERGED: Final = "merged with another row of the structure"

Reason = str
ValueReader = Callable[[str], str | None]


class Compound(NamedTuple):
    """A row that can be used; ``value`` is a number in its shortest form, or a label."""

    key: str
    smiles: str
    value: str
    desalted: bool


class Rejected(NamedTuple):
    """Why a row is left out."""

    reason: Reason


def curate(row: Row, read_value: ValueReader, wrong_value: Reason) -> Compound | Rejected:
    """Check one row; ``wrong_value`` is the reason for a value that ``read_value`` does not accept."""
    smiles, text = (row.smiles or "").strip(), (row.value or "").strip()
    # The structure comes last: it takes a hundred times as long as the rest.
    if not row.readable:
        return Rejected(UNREADABLE)
    if not smiles:
        return Rejected(NO_STRUCTURE)
    if not text:
        return Rejected(NO_VALUE)
    value = read_value(text)
    if value is None:
        return Rejected(wrong_value)
    # RDKit would take what follows a blank for a name.
    structure = None if len(smiles.split()) > 1 else structure_of(smiles, row.inchi_key)
    if structure is None:
        return Rejected(UNREADABLE)
    return Compound(structure.key, structure.smiles, value, structure.desalted)


def value_reader(configuration: Configuration) -> tuple[ValueReader, Reason]:
    """How this workflow reads a value, and what it says of one that it can not read."""
    classes, labels = configuration.classes, configuration.precompute.labels
    if classes:

        def side(text: str) -> str | None:
            number = _number(text)
            return None if number is None else classes.below if number < classes.threshold else classes.above

        return side, NOT_A_NUMBER
    if labels:
        # A database may show the label 1 as 1.0 or 1.00.
        forms = {_plain(label): label for label in labels}
        return lambda text: forms.get(_plain(text)), NOT_A_LABEL

    def number(text: str) -> str | None:
        value = _number(text)
        return None if value is None else repr(value)

    return number, NOT_A_NUMBER


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
