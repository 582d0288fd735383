# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload digest of a model: what two runs must have in common to be called the same model."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from cpsign_workflow.errors import UserError

MANIFEST = "META-INF/MANIFEST.MF"
DESCRIPTION = "cpsign.json"

# CPSign ends a version that nobody gave with the time of saving: 1.0.0+2026-11-22T18:42:54.033721742Z
_TIME_IN_VERSION = re.compile(r"\+\d{4}-\d\d-\d\dT[\d:.]+Z$")


def payload_sha256(jar: Path) -> str:
    """The sha256 over the jar's entries, in hexadecimal.

    One line ``<sha256 of the content>  <name>\\n`` an entry (the form of ``sha256sum``), sorted by name as UTF-8;
    folders and the manifest are left out, and ``cpsign.json`` is read without its timestamps. Raises
    :class:`UserError` when the file is not a jar of CPSign.
    """
    total = hashlib.sha256()
    for name, content in sorted(entry_digests(jar).items(), key=lambda entry: entry[0].encode()):
        total.update(f"{content}  {name}\n".encode())
    return total.hexdigest()


def entry_digests(jar: Path) -> dict[str, str]:
    """The sha256 of each entry that belongs to the payload, by name, as :func:`payload_sha256` counts them."""
    with open_jar(jar) as archive:
        return {
            name: _entry_sha256(archive, name)
            for name in archive.namelist()
            if not name.endswith("/") and name != MANIFEST
        }


def description(archive: zipfile.ZipFile) -> dict[str, Any]:
    """``cpsign.json`` of a jar: what CPSign says of the model, without its timestamps."""
    content: dict[str, Any] = json.loads(archive.read(DESCRIPTION))
    content["info"].pop("buildTimestamp", None)
    for holder in (content["info"], content.get("parameters", {})):
        if "modelVersion" in holder:
            holder["modelVersion"] = _TIME_IN_VERSION.sub("", holder["modelVersion"])
    return content


def open_jar(path: Path) -> zipfile.ZipFile:
    """Open a jar that CPSign wrote. Raises :class:`UserError` when it is something else."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except zipfile.BadZipFile as error:
        raise UserError(f"{path}: not a jar file, or damaged ({error})") from error
    if DESCRIPTION not in archive.namelist():
        archive.close()
        raise UserError(f"{path}: not a jar of CPSign (it has no {DESCRIPTION})")
    return archive


def _entry_sha256(archive: zipfile.ZipFile, name: str) -> str:
    if name == DESCRIPTION:
        return hashlib.sha256(json.dumps(description(archive), sort_keys=True).encode()).hexdigest()
    digest = hashlib.sha256()
    with archive.open(name) as content:
        while block := content.read(2**20):
            digest.update(block)
    return digest.hexdigest()
