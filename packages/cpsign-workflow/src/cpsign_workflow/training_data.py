# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are there enough compounds for the model that is wanted?"""

import math
from typing import Final

from cpsign_workflow.cpsign.predictor import SplitSizes
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import TrainingParameters
from cpsign_workflow.predictions import CONFIDENCES, JUDGED_AT
from cpsign_workflow.progress import say

LARGEST_TRANSDUCTIVE: Final = 5_000
"""A transductive predictor trains on all compounds again for every class of every compound it predicts."""


def check_size(wanted: TrainingParameters, compounds: int) -> None:
    """Raise :class:`UserError` when a model of this kind cannot be made of so many compounds."""
    if wanted.predictor_type == "TCP" and compounds > LARGEST_TRANSDUCTIVE:
        raise UserError(
            f"{compounds:,} compounds are too many for a transductive predictor (at most {LARGEST_TRANSDUCTIVE:,}): "
            "it trains anew for every prediction; set cpsign.ptype to 1 for an aggregated one"
        )
    if wanted.predictor_type == "CCP" and compounds < wanted.total_splits:
        raise UserError(
            f"{compounds:,} compounds cannot be divided into {wanted.total_splits:,} folds; ask for fewer folds"
        )


def check_calibration(wanted: TrainingParameters, split: int, sizes: SplitSizes) -> None:
    """Raise :class:`UserError` when a split calibrates on too few compounds to say anything; warn when on few.

    With n calibration compounds the smallest p-value is 1 / (n + 1), so at confidence c nothing can be left out of a
    prediction unless n >= 1 / (1 - c) - 1.
    """
    if wanted.predictor_type == "VAP":  # no p-values
        return
    groups = {f"class {label}": n for label, n in sizes.calibration_by_class.items()} or {"": sizes.calibration}
    for group, n in groups.items():
        found = " ".join(filter(None, (f"split {split + 1} calibrates", group, f"on {n:,} compounds")))
        if n < needed(JUDGED_AT):
            raise UserError(
                f"{found}; {needed(JUDGED_AT)} are needed at confidence {JUDGED_AT:.0%}: take more compounds, "
                "a larger cpsign.calibration-ratio or fewer folds, and keep classes stratified"
            )
        if n < needed(CONFIDENCES[-1]):
            say(
                f"warning: {found}; at confidence {CONFIDENCES[-1]:.0%}, where {needed(CONFIDENCES[-1])} are needed, "
                "its predictions say nothing"
            )


def needed(confidence: float) -> int:
    """Calibration compounds from which on a prediction at this confidence can say something."""
    return math.ceil(round(1 / (1 - confidence), 9)) - 1
