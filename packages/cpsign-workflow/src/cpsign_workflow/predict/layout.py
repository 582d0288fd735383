# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which columns the output has, and what stands in them."""

from dataclasses import dataclass
from typing import Literal

from cpsign_workflow.errors import UserError
from cpsign_workflow.predict.asking import Value
from cpsign_workflow.predict.inputs import Record
from cpsign_workflow.predict.outputs import Fields
from cpsign_workflow.predict.structures import Seen

Answer = tuple[Value, ...] | str
"""What the model says, or the reason why there is nothing."""


@dataclass(frozen=True)
class Layout:
    """The input's own columns, then ``parent`` (where it is not the structure itself), the model's, distance, error."""

    source: Literal["smiles", "sdf"]
    target: Literal["table", "sdf"]
    given: tuple[str, ...]
    """The input's columns. From SDF to SDF its records are taken over whole, so they are none of the output's."""
    said: tuple[str, ...]
    """The model's columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns. Raises :class:`UserError` when two have the same name."""
        columns = (*self._given(self.given), *self._structure("smiles"), "parent", *self.said, "distance", "error")
        every = columns if self._repeats_input else (*self.given, *columns)
        if double := [name for name in dict.fromkeys(every) if every.count(name) > 1]:
            raise UserError(f"the predictions would have two columns {double[0]!r}: rename or remove that of the input")
        return columns

    def fields(self, record: Record, seen: Seen, answer: Answer) -> Fields:
        """What stands in the columns for one record."""
        refused = isinstance(answer, str)
        return (
            *self._given(record.fields),
            *self._structure(seen.smiles),
            seen.parent if seen.desalted else None,
            *((None,) * len(self.said) if refused else answer),
            seen.distance,
            answer if refused else None,
        )

    @property
    def _repeats_input(self) -> bool:
        return not (self.source == "sdf" and self.target == "sdf")

    def _given(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        return fields if self._repeats_input else ()

    def _structure(self, smiles: str) -> tuple[str, ...]:
        """A table made from an SDF has the structure as SMILES."""
        return (smiles,) if self.source == "sdf" and self.target == "table" else ()
