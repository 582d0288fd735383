# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source gives: rows of texts, and which of its columns matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from cpsign_workflow.errors import UserError

KEY_COLUMN: Final = "standard_inchi_key"
"""ChEMBL's name for the InChIKey of a compound."""


class Row(NamedTuple):
    """One row as the source has it; None and the empty text both mean that nothing is there."""

    smiles: str | None
    value: str | None
    inchi_key: str | None = None
    readable: bool = True
    """False when the source itself could make nothing of the structure; ``smiles`` then says which record it is."""

    @classmethod
    def of(cls, fields: Sequence[str | None]) -> Self:
        """From the fields at :meth:`Columns.used`."""
        return cls(fields[0], fields[1], fields[2] if len(fields) > 2 else None)


@dataclass(frozen=True)
class Columns:
    """Positions, from 0, of the columns that are used; ``inchi_key`` is None when the source has none."""

    smiles: int
    value: int
    inchi_key: int | None

    def used(self) -> tuple[int, ...]:
        """The positions in the order of the fields of :class:`Row`."""
        return (self.smiles, self.value) if self.inchi_key is None else (self.smiles, self.value, self.inchi_key)


def choose_columns(names: Sequence[str], smiles: str | None, value: str | None, where: str) -> Columns:
    """Find structure, value and ChEMBL's key among the columns ``names``.

    Without ``smiles`` it is the column with "smiles" in its name, without ``value`` the one column that is left. Raises
    :class:`UserError` that names ``where`` and the columns when that does not decide it.
    """
    listed = ", ".join(names)
    if smiles is None:
        candidates = [name for name in names if "smiles" in name.lower()]
        if len(candidates) != 1:
            raise UserError(
                f"{where}: {len(candidates)} of the columns {listed} have 'smiles' in their name; exactly one must"
            )
        smiles = candidates[0]
    if value is None:
        candidates = [name for name in names if name not in (smiles, KEY_COLUMN)]
        if len(candidates) != 1:
            raise UserError(f"{where}: which of the columns {listed} holds the value? Name it by cpsign.endpoint")
        value = candidates[0]
    for name in (smiles, value):
        if name not in names:
            separated = '; set "delimiter": ";" in source' if len(names) == 1 and ";" in listed else ""
            raise UserError(f"{where}: there is no column {name!r}; there are {listed}{separated}")
        if names.count(name) > 1:
            raise UserError(f"{where}: there are several columns {name!r}; give each its own name")
    return Columns(names.index(smiles), names.index(value), names.index(KEY_COLUMN) if KEY_COLUMN in names else None)
