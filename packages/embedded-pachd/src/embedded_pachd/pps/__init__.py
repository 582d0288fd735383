# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines: specifications, datums, jobs and the workers that run them, on top of pfs."""

from embedded_pachd.pps import tables  # noqa: F401 - every part of this package finds its tables in the store
