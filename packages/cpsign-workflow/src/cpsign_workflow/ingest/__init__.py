# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a query or a file to curated compounds, divided into training and test, and a workflow's parameter files."""
