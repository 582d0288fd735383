# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preset ``chembl_activity``: the measurements of one target and type in ChEMBL's own schema, by strict rules.

- pChEMBL: the negative decimal logarithm of a molar IC50, Ki and so on. ChEMBL gives one to exact values only; here a
  censored value gets one by the same formula from its nM, with the relation turned, as a large IC50 is a small pIC50.
- confidence score 9 (the target is this single protein, directly), no variants of the protein, no value that ChEMBL
  takes for a duplicate of another paper's, none with a comment on its validity (out of range, wrong units and so on).
- the structure, and its key, are those of the parent compound in ChEMBL's own hierarchy of molecules.
- the year is that of the paper.

Tables and columns: ChEMBL's schema documentation, as in releases 24 to 35.
"""

from typing import Final

VALUE_COLUMN: Final = "pchembl_value"

_STATEMENT: Final = """\
SELECT structures.canonical_smiles, structures.standard_inchi_key, docs.year,
  COALESCE(activities.pchembl_value, ROUND(9 - LOG10(activities.standard_value), 2)) AS pchembl_value,
  CASE
    WHEN activities.pchembl_value IS NOT NULL THEN '='
    WHEN activities.standard_relation IN ('>', '>>') THEN '<'
    WHEN activities.standard_relation = '>=' THEN '<='
    WHEN activities.standard_relation IN ('<', '<<') THEN '>'
    WHEN activities.standard_relation = '<=' THEN '>='
    ELSE '~'
  END AS standard_relation
FROM target_dictionary AS targets
JOIN assays ON assays.tid = targets.tid
JOIN activities ON activities.assay_id = assays.assay_id
JOIN docs ON docs.doc_id = activities.doc_id
LEFT JOIN molecule_hierarchy AS hierarchy ON hierarchy.molregno = activities.molregno
LEFT JOIN compound_structures AS structures
  ON structures.molregno = COALESCE(hierarchy.parent_molregno, activities.molregno)
WHERE targets.chembl_id = '{target}'
  AND activities.standard_type = '{type}' AND activities.standard_units = 'nM' AND activities.standard_flag = 1
  AND assays.confidence_score = 9 AND assays.variant_id IS NULL
  AND COALESCE(activities.potential_duplicate, 0) = 0 AND activities.data_validity_comment IS NULL
  AND (activities.pchembl_value IS NOT NULL
    OR (activities.standard_value > 0 AND activities.standard_relation IN ('>', '>>', '>=', '<', '<<', '<=', '~')))"""


def activity_statement(target: str, activity_type: str) -> str:
    """The SELECT of the preset; the schema of the configuration lets no quote into either."""
    return _STATEMENT.format(target=target, type=activity_type)
