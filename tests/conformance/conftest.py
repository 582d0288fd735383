# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the tests import the player beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
