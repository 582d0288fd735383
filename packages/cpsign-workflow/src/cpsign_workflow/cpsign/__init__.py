# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPSign in this process. The only package that knows Java; ``jvm.start`` comes before anything else here."""
