# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trained models as lines of text."""

from collections.abc import Iterable, Iterator, Sequence

from cpsign_workflow.catalogue.trained_model import TrainedModel, figures
from cpsign_workflow.errors import UserError
from cpsign_workflow.report.judgement import JUDGED_AT, judge

_HEADINGS = ("commit", "trained", "by", "data", "rows", "key figure", f"at {JUDGED_AT}", "MB", "")


def lines(models: Iterable[TrainedModel]) -> Iterator[str]:
    """A heading and one line for each model, columns as wide as they must be."""
    rows = [_HEADINGS, *map(_row, models)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def find(models: Sequence[TrainedModel], commit: str) -> TrainedModel:
    """The model that a commit id, or the beginning of one, means. Raises :class:`UserError` for none or several.

    A push trains one workflow and repeats the models of the others under the same id: it means the one that it trained.
    """
    found = [model for model in models if model.commit.startswith(commit)]
    found = found or [model for model in models if any(one.startswith(commit) for one in model.repeats)]
    if len(found) != 1:
        several = "no trained model has" if not found else f"{len(found)} trained models have"
        raise UserError(f"{several} a commit {commit!r}; models.yml lists them")
    return found[0]


def _row(model: TrainedModel) -> tuple[str, ...]:
    metrics = model.metrics
    name, value = next(figures(metrics), ("", 0.0))
    return (
        model.commit,
        model.finished[:16].replace("T", " "),
        metrics.get("user") or "-",
        str((metrics.get("data") or {}).get("release") or "-"),
        f"{metrics['rows']['used']:,}",
        f"{name} {value:.3f}" if name else "-",
        ", ".join(f"{found.coverage:.3f} {found.outcome}" for found in judge(metrics)),
        f"{model.size / 1e6:.1f}",
        "released" if model.released else "",
    )
