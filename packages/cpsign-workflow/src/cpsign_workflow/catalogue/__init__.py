# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trained models that pachd keeps: listed, compared, judged before a release, and chosen for pruning."""
