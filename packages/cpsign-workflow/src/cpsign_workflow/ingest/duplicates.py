# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One compound a structure key: the rule for rows that share one, and how far repeated measurements differ."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cpsign_workflow.ingest.curation import CONFLICTING_LABELS, CONFLICTING_VALUES, Compound
from cpsign_workflow.ingest.values import Reason


def merge_labels(rows: Sequence[Compound]) -> Compound | Reason:
    """The most frequent label stands for the rows of a key; the reason why none does in a tie."""
    (label, most), *others = Counter(row.value for row in rows).most_common()
    return CONFLICTING_LABELS if others and others[0][1] == most else _joined(rows, label)


@dataclass
class Measurements:
    """Merges measured values, and keeps what their pooled standard deviation needs."""

    largest_range: float
    """Between values that are merged. 1 log unit is ten times: then one of them must be wrong."""
    compounds: int = 0
    rows: int = 0
    squares: float = 0.0
    """Sum of the squared deviations of the values of a compound from their mean."""

    def merge(self, rows: Sequence[Compound]) -> Compound | Reason:
        """The median stands for the rows of a key; the reason why it does not when they are too far apart."""
        values = [float(row.value) for row in rows]
        if max(values) - min(values) > self.largest_range:
            return CONFLICTING_VALUES
        self.compounds += 1
        self.rows += len(rows)
        mean = math.fsum(values) / len(values)
        self.squares += math.fsum((value - mean) ** 2 for value in values)
        return _joined(rows, repr(statistics.median(values)))

    def summary(self) -> dict[str, Any]:
        """``{compounds, rows, standard_deviation}`` of what was measured more than once and merged.

        The standard deviation is pooled over the compounds, in the unit of the value: what a perfect model's RMSE would
        be about. None when nothing was measured twice.
        """
        freedom = self.rows - self.compounds
        deviation = math.sqrt(self.squares / freedom) if freedom else None
        return {"compounds": self.compounds, "rows": self.rows, "standard_deviation": deviation}


def _joined(rows: Sequence[Compound], value: str) -> Compound:
    # The shortest form says least about stereochemistry that the others do not share; its order breaks the tie.
    smiles = min((row.smiles for row in rows), key=lambda text: (len(text), text))
    # A compound is known since it was first published.
    return Compound(rows[0].key, smiles, value, min((row.year for row in rows if row.year), default=""))
