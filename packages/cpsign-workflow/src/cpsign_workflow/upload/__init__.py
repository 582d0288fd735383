# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step ``upload``: a released model goes to Modelingweb, once."""

from cpsign_workflow.upload.step import run

__all__ = ["run"]
