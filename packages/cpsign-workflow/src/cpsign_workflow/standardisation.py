# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of RDKit and of ChEMBL's rules read the structures of a training.

They stand in the manifest of the model's jar, which is no part of the payload digest: whoever has the model alone can
compare them, and another version makes no other model of it.
"""

import re
import zipfile
from collections.abc import Mapping
from importlib import metadata
from typing import Final

from cpsign_workflow.digest import MANIFEST

_PACKAGES: Final = ("rdkit", "chembl_structure_pipeline")
_SECTION: Final = "Name: structures\r\n"
_ATTRIBUTE: Final = re.compile(r"^([\w-]+): (\S+)\r?$", re.MULTILINE)


def versions() -> dict[str, str]:
    """The versions in use here."""
    return {name: metadata.version(name) for name in _PACKAGES}


def manifest_section(found: Mapping[str, str]) -> bytes:
    """What is added to the manifest of a model whose structures were read with these versions."""
    return (_SECTION + "".join(f"{name}: {version}\r\n" for name, version in found.items()) + "\r\n").encode()


def of_model(jar: zipfile.ZipFile) -> dict[str, str]:
    """The versions in a model's manifest; empty when it names none."""
    _unused, found, section = jar.read(MANIFEST).decode().partition(_SECTION)
    return dict(_ATTRIBUTE.findall(section.partition("\r\n\r\n")[0])) if found else {}
