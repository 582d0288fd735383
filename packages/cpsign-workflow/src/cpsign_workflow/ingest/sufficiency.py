# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the data enough for a model? If not, one message says what is missing and what to do."""

from collections.abc import Iterator

from cpsign_workflow.configuration import Configuration
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.curation import UNREADABLE
from cpsign_workflow.ingest.tally import Tally


def check(tally: Tally, configuration: Configuration) -> None:
    """Raise :class:`UserError` with the first thing that makes a model impossible, or not worth training."""
    for fault in _faults(tally, configuration):
        raise UserError(fault)


def _faults(tally: Tally, configuration: Configuration) -> Iterator[str]:
    reasons = ", ".join(f"{reason}: {number:,}" for reason, number in sorted(tally.dropped.items()))
    if tally.used == 0:
        yield f"none of {tally.read:,} rows can be used ({reasons})"
    unreadable, allowed = tally.dropped[UNREADABLE], configuration.curation.unreadable_share
    if unreadable > allowed * (unreadable + tally.readable):
        yield (
            f"{unreadable:,} of {unreadable + tally.readable:,} structures can not be read, such as "
            f"{tally.unreadable!r}; curation.unreadable_share allows {allowed:.0%}: name another column, or allow more"
        )
    for side, found in (("training", tally.train), ("test", tally.test)):
        if not found.compounds:
            yield (
                f"no compound is left for {side}: {tally.used:,} compounds of {tally.read:,} rows, "
                f"test.share {configuration.test.share:g}{f' ({reasons})' if reasons else ''}"
            )
    yield from _value_faults(tally, configuration)


def _value_faults(tally: Tally, configuration: Configuration) -> Iterator[str]:
    splits, labels = configuration.training[0].total_splits, configuration.precompute.labels
    if not labels and len(tally.train.values) == 1:
        (value,) = tally.train.values
        yield f"all {tally.train.compounds:,} training values are {value}: there is nothing to learn"
    found = ", ".join(f"{name}: {number:,}" for name, number in sorted(tally.train.classes.items()))
    for label in labels:
        if not tally.train.classes[label]:
            yield f"no training compound has the label {label!r} ({found}); both classes are needed"
    if tally.train.compounds < splits:
        yield f"{tally.train.compounds:,} training compounds are fewer than the {splits} splits"
