# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``source``: what the configured source holds now, so that changed data are seen and train again."""

from pathlib import Path
from typing import Any

from cpsign_workflow import configuration as configurations
from cpsign_workflow.ingest.sources import Access, opened


def describe(config: Path, data_folder: Path | None, access: Access) -> dict[str, Any]:
    """The content of source.json: release, query or file, fingerprint, rows.

    Equal for equal data, whoever asks and whatever order the database returns them in. Raises :class:`UserError`.
    """
    configuration = configurations.load(config)
    with opened(configuration, data_folder or config.parent, access) as source:
        return source.description()
