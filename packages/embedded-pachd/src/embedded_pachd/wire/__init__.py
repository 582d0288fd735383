# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachd's gRPC services: translation between messages and the layers below, and nothing else."""
