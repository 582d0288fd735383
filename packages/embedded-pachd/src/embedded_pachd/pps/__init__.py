# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines: specifications, datums, jobs and the workers that run them, on top of pfs."""
