# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all groups of pfs_v2.API's calls have."""

from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.wire.steps import Steps


class PfsCalls:
    _filesystem: FileSystem
    _steps: Steps
    _fetch_urls: bool
