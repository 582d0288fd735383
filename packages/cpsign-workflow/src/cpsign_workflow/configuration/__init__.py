# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""configuration.json: read, checked against ``schema.json`` and translated to what the steps need."""

from cpsign_workflow.configuration.load import load
from cpsign_workflow.configuration.model import Classes, Configuration, Curation, DatabaseSource, FileSource, HoldOut

__all__ = ["Classes", "Configuration", "Curation", "DatabaseSource", "FileSource", "HoldOut", "load"]
