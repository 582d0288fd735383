# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single-machine server with pachd's gRPC API. Layers: wire -> pps -> pfs -> store; a lower one imports nothing
above.
"""

__version__ = "1.0.0"
PACHD_VERSION = (2, 7, 6)
"""The pachd whose answers this server gives."""
