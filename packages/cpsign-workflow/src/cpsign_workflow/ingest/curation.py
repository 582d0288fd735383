# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a row of the source to a compound, by rules on its texts alone, or to the reason why it is left out.

The structure of a compound is looked at later, and only where the source gives no key for it: that takes a hundred
times as long as all rules here.
"""

import re
from typing import Final, NamedTuple

from cpsign_workflow.ingest.rows import Row
from cpsign_workflow.ingest.values import Rejected, Values

NO_STRUCTURE: Final = "no structure"
NO_VALUE: Final = "no value"
UNREADABLE: Final = "unreadable structure"
CONFLICTING_VALUES: Final = "values of one structure too far apart"
CONFLICTING_LABELS: Final = "as many labels for as against in one structure"
MERGED: Final = "merged with another row of the structure"

KEY_LENGTH: Final = 14
INCHI_KEY: Final = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
ONE_FRAGMENT: Final = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:/\\%*]+")
"""The letters of SMILES without the dot."""
ALKALI: Final = re.compile(r"\[\d*(Li|Na|K)\]")
"""An alkali metal in a SMILES of one fragment is drawn with a bond, which ChEMBL's rules cut."""
YEAR: Final = re.compile(r"[12]\d{3}")


class Compound(NamedTuple):
    """A row that can be used; ``value`` is a number in its shortest form, or a label."""

    key: str
    """Empty where the structure itself must be asked."""
    smiles: str
    value: str
    year: str
    """Empty where the source gives none."""


def curate(row: Row, values: Values) -> Compound | Rejected:
    """Check one row."""
    smiles, text = row.smiles.strip(), row.value.strip()
    if not row.readable:
        return Rejected(UNREADABLE)
    if not smiles:
        return Rejected(NO_STRUCTURE)
    if not text:
        return Rejected(NO_VALUE)
    value = values.read(text, row.relation.strip())
    if isinstance(value, Rejected):
        return value
    key = _chembls_key(smiles, row.inchi_key)
    # RDKit would take what follows a blank for a name.
    if not key and len(smiles.split()) > 1:
        return Rejected(UNREADABLE)
    return Compound(key, smiles, value, row.year if row.year and YEAR.fullmatch(row.year) else "")


def _chembls_key(smiles: str, inchi_key: str) -> str:
    """The first block of ChEMBL's own key; empty where it is not that of the parent.

    ChEMBL's key describes the compound as registered, salt included, so it counts for compounds of one fragment only.
    ChEMBL has standardised such a structure, so it is not read again here; precompute counts what CPSign can not read.
    """
    if not INCHI_KEY.fullmatch(inchi_key) or not ONE_FRAGMENT.fullmatch(smiles) or ALKALI.search(smiles):
        return ""
    return inchi_key[:KEY_LENGTH]
