# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One compound a structure key: the rule for rows that share one."""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from cpsign_workflow.ingest.curation import CONFLICTING_LABELS, CONFLICTING_VALUES, Reason
from cpsign_workflow.parameters import ModelType

LARGEST_RANGE: Final = 1.0
"""Of the values that are merged to their median; one log unit apart they differ by ten times, and one must be wrong."""


class Merged(NamedTuple):
    """The compound that stands for all rows of a key."""

    smiles: str
    value: str


def merge(model_type: ModelType, rows: Sequence[Merged]) -> Merged | Reason:
    """The median of the values (or most frequent label) with the shortest SMILES; the reason when they contradict."""
    if len(rows) == 1:
        return rows[0]
    # The shortest form says least about stereochemistry that the others do not share; its order breaks the tie.
    smiles = min((row.smiles for row in rows), key=lambda text: (len(text), text))
    if model_type == "classification":
        (label, most), *others = Counter(row.value for row in rows).most_common()
        return CONFLICTING_LABELS if others and others[0][1] == most else Merged(smiles, label)
    values = [float(row.value) for row in rows]
    if max(values) - min(values) > LARGEST_RANGE:
        return CONFLICTING_VALUES
    return Merged(smiles, repr(statistics.median(values)))
