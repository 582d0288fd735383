# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Kubernetes of one node for the tests, in namespaces of its own on this machine."""
