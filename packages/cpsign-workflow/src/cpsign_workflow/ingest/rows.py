# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source gives: rows of texts, and which of its columns matter."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from cpsign_workflow.errors import UserError

KEY_COLUMN: Final = "standard_inchi_key"
RELATION_COLUMN: Final = "standard_relation"
YEAR_COLUMN: Final = "year"
CHEMBL_COLUMNS: Final = (KEY_COLUMN, RELATION_COLUMN, YEAR_COLUMN)
"""ChEMBL's names for the InChIKey of a compound, the relation (=, <, >, ~) of a value, and the year of its document."""


class Row(NamedTuple):
    """One row as the source has it; the empty text means that nothing is there."""

    smiles: str
    value: str
    inchi_key: str = ""
    relation: str = ""
    year: str = ""
    readable: bool = True
    """False when the source itself could make nothing of the structure; ``smiles`` then says which record it is."""


class Columns(NamedTuple):
    """Positions, from 0, of the columns for the texts of a :class:`Row`, in their order; None where there is none."""

    smiles: int
    value: int
    inchi_key: int | None
    relation: int | None
    year: int | None


def structure_column(names: Sequence[str], where: str) -> str:
    """The one column with "smiles" in its name. Raises :class:`UserError` when none or several have it."""
    candidates = [name for name in names if "smiles" in name.lower()]
    if len(candidates) != 1:
        raise UserError(
            f"{where}: {len(candidates)} of the columns {', '.join(names)} have 'smiles' in their name; "
            "exactly one must"
        )
    return candidates[0]


def choose_columns(names: Sequence[str], smiles: str | None, value: str | None, where: str) -> Columns:
    """Find structure and value among the columns ``names``, and what ChEMBL's names say is beside them.

    Without ``smiles`` it is the column with "smiles" in its name, without ``value`` the one column that is left. Raises
    :class:`UserError` that names ``where`` and the columns when that does not decide it.
    """
    listed = ", ".join(names)
    smiles = smiles if smiles is not None else structure_column(names, where)
    if value is None:
        candidates = [name for name in names if name not in (smiles, *CHEMBL_COLUMNS)]
        if len(candidates) != 1:
            raise UserError(f"{where}: which of the columns {listed} holds the value? Name it by cpsign.endpoint")
        value = candidates[0]
    for name in (smiles, value):
        if name not in names:
            separated = '; set "delimiter": ";" in source' if len(names) == 1 and ";" in listed else ""
            raise UserError(f"{where}: there is no column {name!r}; there are {listed}{separated}")
        if names.count(name) > 1:
            raise UserError(f"{where}: there are several columns {name!r}; give each its own name")
    beside = (names.index(name) if name in names and name != value else None for name in CHEMBL_COLUMNS)
    return Columns(names.index(smiles), names.index(value), *beside)
