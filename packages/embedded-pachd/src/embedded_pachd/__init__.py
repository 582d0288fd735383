# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single-machine server with pachd's gRPC API. Layers: wire -> pps -> pfs -> store; a lower one imports nothing
above.
"""

from importlib.metadata import version

__version__ = version("embedded-pachd")
PACHD_VERSION = (2, 7, 6)
"""The pachd whose answers this server gives."""
