# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a model is on compounds it never saw; every part of metrics.json that is computed stands in this folder."""

from cpsign_workflow.metrics.coverage import calibration, coverage_band
from cpsign_workflow.metrics.fit import confusion, test_metrics
from cpsign_workflow.metrics.groups import validity
from cpsign_workflow.metrics.probabilities import probability_bins

__all__ = ["calibration", "confusion", "coverage_band", "probability_bins", "test_metrics", "validity"]
