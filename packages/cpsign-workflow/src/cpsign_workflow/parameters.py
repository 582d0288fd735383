# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ingestion hands to the later steps: parameter files, written as JSON.

``/precompute/parameters.json`` holds one :class:`PrecomputeParameters`, each ``/training/parameters_<i>.json`` one
:class:`TrainingParameters`. The bytes depend on the values alone, so Pachyderm skips a step whose file stays as it was.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

from cpsign_workflow.errors import UserError

ModelType = Literal["regression", "classification"]
PredictorType = Literal["ACP", "CCP", "TCP", "VAP"]
"""Aggregated (split), cross- and transductive conformal predictor, Venn-ABERS predictor."""


@dataclass(frozen=True)
class Scorer:
    """The underlying machine learning, by CPSign's names; parameters that are not given keep CPSign's own default."""

    name: str
    parameters: dict[str, float]


@dataclass(frozen=True)
class Nonconformity:
    """The nonconformity measure, by CPSign's names; ``beta`` smooths the normalised ones (``None``: default)."""

    name: str
    beta: float | None


@dataclass(frozen=True)
class Sampling:
    """How a split divides the training data, by CPSign's names.

    ``calibration_ratio`` is the share (0, 1) used for calibration; None for folds, whose number is that of the splits.
    """

    strategy: str
    calibration_ratio: float | None


@dataclass(frozen=True)
class Tuning:
    """A search for the scorer's parameters, by cross-validation on compounds that are reserved for it."""

    scorer: Scorer
    """Where the search starts: parameters that are not in the grid."""
    grid: dict[str, tuple[float, ...]]
    """Values to try, by CPSign's name of the parameter; every combination is tried."""
    metric: str
    folds: int
    seed: int


@dataclass(frozen=True)
class _ParameterFile:
    def write(self, path: Path) -> None:
        """Write to ``path``, whose folder is made when it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class PrecomputeParameters(_ParameterFile):
    """What decides the descriptors of the training data, and what is tuned on them. Only tuning has a seed."""

    model_type: ModelType
    labels: tuple[str, ...]
    """The classes as they stand in the column ``value``, in their order in the model; empty for regression."""
    signatures_start_height: int
    signatures_end_height: int
    signature_type: str
    """``standard``, or ``stereo`` for signatures that tell stereoisomers apart."""
    tuning: Tuning | None
    """What is to be found out before the training, which then takes what was found."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote. Raises :class:`UserError` when the file is something else."""
        fields = _read_object(path)
        with _naming(path):
            tuning = fields["tuning"]
            return cls(
                **{
                    **fields,
                    "labels": tuple(fields["labels"]),
                    "tuning": tuning and _tuning(tuning),
                }
            )


@dataclass(frozen=True)
class TrainingParameters(_ParameterFile):
    """One training run: the splits ``splits`` of the ``total_splits`` of a model."""

    model_type: ModelType
    predictor_type: PredictorType
    index: int
    """Number of this file, from 1; it names the outputs and has no influence on the model."""
    splits: tuple[int, ...]
    """Splits to train here, from 0, rising."""
    total_splits: int
    scorer: Scorer
    nonconformity: Nonconformity | None
    """None for Venn-ABERS predictors, which have none."""
    sampling: Sampling | None
    """None for transductive predictors, which have no splits."""
    seed: int
    """The same in every file of a model: it decides the rows of each split."""
    model_name: str
    model_version: str
    model_category: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote. Raises :class:`UserError` when the file is something else."""
        fields = _read_object(path)
        with _naming(path):
            return cls(
                **{
                    **fields,
                    "splits": tuple(fields["splits"]),
                    "scorer": Scorer(**fields["scorer"]),
                    "nonconformity": fields["nonconformity"] and Nonconformity(**fields["nonconformity"]),
                    "sampling": fields["sampling"] and Sampling(**fields["sampling"]),
                }
            )


def _tuning(fields: dict[str, Any]) -> Tuning:
    grid = {name: tuple(values) for name, values in fields["grid"].items()}
    return Tuning(**{**fields, "scorer": Scorer(**fields["scorer"]), "grid": grid})


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn the errors of a file with other fields into one that names the file."""
    try:
        yield
    except (KeyError, TypeError) as error:
        raise UserError(f"{path}: not a parameter file of this version ({error}); run the ingestion again") from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; the ingestion writes this file") from error
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); run the ingestion again") from error
    if not isinstance(fields, dict):
        raise UserError(f"{path}: not a parameter file (a JSON object is expected); run the ingestion again")
    return fields
