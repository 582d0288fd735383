# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The structure key of a compound: the first block of the InChIKey of its parent.

The first block holds the connections without stereo, isotopes and protons, so stereoisomers share a key. The parent is
the compound without salts and solvents, by ChEMBL's own rules (chembl_structure_pipeline). They take five times as long
as an InChIKey and change the key of salts only (of the 924 one-fragment compounds among the first 1,000 of
chembl_drugs.csv not one got another key), so only those go through them.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from rdkit import Chem, RDLogger
from rdkit.Chem import rdinchi
from rdkit.Chem.Scaffolds import MurckoScaffold

from cpsign_workflow.ingest.curation import ALKALI, KEY_LENGTH

RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]  # unreadable structures are counted and listed instead


class Structure(NamedTuple):
    """A compound that can be used; ``smiles`` is the parent's where ``desalted``, else the source's own."""

    key: str
    smiles: str
    desalted: bool


class Parent(NamedTuple):
    """What training and prediction see of a compound; ``smiles`` is as in :class:`Structure`."""

    molecule: Chem.Mol
    smiles: str
    desalted: bool


def structure_of(smiles: str) -> Structure | None:
    """Key and structure of a SMILES; None when it can not be read."""
    parent = parent_of(smiles)
    if parent is None:
        return None
    key = rdinchi.MolToInchiKey(parent.molecule)
    return Structure(key[:KEY_LENGTH], parent.smiles, parent.desalted) if key else None


def parent_of(smiles: str) -> Parent | None:
    """The parent of a SMILES; None when it can not be read."""
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() == 0:
        return None
    if "." not in smiles and ALKALI.search(smiles) is None:
        return Parent(molecule, smiles, desalted=False)
    parent = _parent(molecule)
    return None if parent is None else Parent(parent, Chem.MolToSmiles(parent), desalted=True)


def scaffold_of(smiles: str) -> str:
    """The Murcko scaffold, rings and what joins them, as SMILES without stereo; empty without rings, or unreadable."""
    molecule = Chem.MolFromSmiles(smiles)
    return "" if molecule is None else str(MurckoScaffold.MurckoScaffoldSmiles(mol=molecule))  # type: ignore[no-untyped-call]


@cache
def _standardizer() -> Any:
    """ChEMBL's standardizer, told to remember the salts and solvents that it else parses again for every molecule."""
    from chembl_structure_pipeline import standardizer  # type: ignore[import-untyped]

    standardizer.Chem = SimpleNamespace(**vars(Chem) | {"MolFromSmarts": cache(Chem.MolFromSmarts)})
    return standardizer


def _parent(molecule: Chem.Mol) -> Chem.Mol | None:
    standardizer = _standardizer()
    parent: Chem.Mol
    try:
        parent, metal_complex = standardizer.get_parent_mol(standardizer.standardize_mol(molecule))
    except (ValueError, RuntimeError):
        return None
    if metal_complex:
        return parent  # ChEMBL takes none apart: a ligand is another compound
    # ChEMBL keeps a mixture whose parts are no known salts or solvents; the largest part stands for it here.
    fragments = Chem.GetMolFrags(parent, asMols=True)
    largest = max(fragments, key=lambda fragment: (fragment.GetNumHeavyAtoms(), Chem.MolToSmiles(fragment)))
    neutral: Chem.Mol = standardizer.uncharge_mol(largest)  # its charge was that of the others
    return neutral
