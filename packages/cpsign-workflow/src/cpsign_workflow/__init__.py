# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program inside every pipeline of pharmbio.cpsign: from a table of compounds to a validated conformal model."""
