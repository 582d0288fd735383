# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The structure key of a compound: the first block of the InChIKey of its parent.

The first block holds the connections without stereo, isotopes and protons, so stereoisomers share a key. The parent is
the compound without salts and solvents, by ChEMBL's own rules (chembl_structure_pipeline). They take ten times as long
as an InChIKey and change the key of compounds with several fragments only (of the 924 one-fragment compounds among the
first 1,000 of chembl_drugs.csv not one got another key), so only those go through them.
"""

import re
from importlib import metadata
from typing import Final, NamedTuple

from rdkit import Chem, RDLogger
from rdkit.Chem import rdinchi

RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]  # unreadable structures are counted and listed instead

KEY_LENGTH: Final = 14
INCHI_KEY: Final = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")


class Structure(NamedTuple):
    """A compound that can be used; ``smiles`` is the parent's where ``desalted``, else the source's own."""

    key: str
    smiles: str
    desalted: bool


def structure_of(smiles: str, inchi_key: str | None) -> Structure | None:
    """Key and structure of a SMILES; None when it can not be read.

    ``inchi_key`` is ChEMBL's own. It describes the compound as registered, salt included, so it counts for compounds of
    one fragment only.
    """
    if "." not in smiles and inchi_key and INCHI_KEY.fullmatch(inchi_key):
        readable = Chem.MolFromSmiles(smiles, sanitize=False)
        return Structure(inchi_key[:KEY_LENGTH], smiles, desalted=False) if readable else None
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() == 0:
        return None
    desalted = "." in smiles
    if desalted:
        parent = _parent(molecule)
        if parent is None:
            return None
        molecule, smiles = parent, Chem.MolToSmiles(parent)
    key = rdinchi.MolToInchiKey(molecule)
    return Structure(key[:KEY_LENGTH], smiles, desalted) if key else None


def versions() -> dict[str, str]:
    """Versions of what decides a key."""
    return {
        "rdkit": metadata.version("rdkit"),
        "inchi": rdinchi.GetInchiVersion(),
        "chembl_structure_pipeline": metadata.version("chembl_structure_pipeline"),
    }


def _parent(molecule: Chem.Mol) -> Chem.Mol | None:
    from chembl_structure_pipeline import standardizer  # type: ignore[import-untyped]

    try:
        parent, _ = standardizer.get_parent_mol(standardizer.standardize_mol(molecule))
    except (ValueError, RuntimeError):
        return None
    # ChEMBL keeps a mixture whose parts are no known salts or solvents; the largest part stands for it here.
    fragments = Chem.GetMolFrags(parent, asMols=True)
    return max(fragments, key=lambda fragment: (fragment.GetNumHeavyAtoms(), Chem.MolToSmiles(fragment)), default=None)
