# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's output copied to a folder of this machine: file URLs, which pachd does not have.

Whoever may create pipelines writes there, so a folder has to be opened for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from embedded_pachd.errors import PachdError
from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.reading import Files
from embedded_pachd.store.packs import make_folder, sync_folder


def is_served(egress: pps_pb2.Egress) -> bool:
    """Whether it goes to a file URL without a host."""
    try:
        parts = urlsplit(_url(egress))
    except ValueError:  # no URL at all
        return False
    return parts.scheme == "file" and not parts.netloc


def target(egress: pps_pb2.Egress, opened: Path | None) -> Path:
    """The folder of a URL that is served. Raises PachdError unless it lies in `opened`."""
    url = _url(egress)
    if opened is None:
        raise PachdError(f"egress to {url}: this server writes to no folder (it was started without --egress)")
    folder = Path(unquote(urlsplit(url).path)).resolve()
    if not folder.is_relative_to(opened.resolve()):
        raise PachdError(f"egress to {url}: this server writes to folders in {opened} only (its --egress)")
    return folder


def copy(files: Files, folder: Path, part: str, check: Callable[[], None]) -> None:
    """Write the files below `folder`, over those of the same names; others stay.

    A file appears under its name when it is whole and on the disk; until then it is called `part`, in `folder`. Calls
    `check` before each. Raises OSError, and PachdError where a file is in the way of a folder.
    """
    make_folder(folder)
    unfinished, touched = folder / part, {folder}
    try:
        for file in files.entries():
            check()
            path = folder / file.path.removeprefix("/")
            make_folder(path.parent)
            with unfinished.open("wb") as stream:
                stream.writelines(files.read(file))
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
            touched.add(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    for each in touched:
        sync_folder(each)


def _url(egress: pps_pb2.Egress) -> str:
    url: str = egress.URL or egress.object_storage.url
    return url
