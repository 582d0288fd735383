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
PredictorType = Literal["ACP"]
ScorerName = Literal["LinearSVR", "LinearSVC", "EpsilonSVR", "C_SVC"]
NonconformityName = Literal["Normalized", "LogNormalized", "AbsDiff", "NegativeDistanceToHyperplane"]
SamplingStrategy = Literal["Random", "RandomStratified"]


@dataclass(frozen=True)
class Scorer:
    """The underlying support vector machine, by CPSign's names. ``None`` leaves CPSign's own default."""

    name: ScorerName
    cost: float | None
    """C, the weight of an error."""
    gamma: float | None
    """Width of the RBF kernel; only EpsilonSVR and C_SVC have one."""
    epsilon: float | None
    """Tolerance at which the optimiser stops."""
    svr_epsilon: float | None
    """Half width of the tube without loss; only the two SVR have one."""


@dataclass(frozen=True)
class Nonconformity:
    """The nonconformity measure, by CPSign's names; ``beta`` smooths the normalised ones (``None``: default)."""

    name: NonconformityName
    beta: float | None


@dataclass(frozen=True)
class Sampling:
    """How a split divides the training data; ``calibration_ratio`` is the share (0, 1) used for calibration."""

    strategy: SamplingStrategy
    calibration_ratio: float


@dataclass(frozen=True)
class _ParameterFile:
    def write(self, path: Path) -> None:
        """Write to ``path``, whose folder is made when it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class PrecomputeParameters(_ParameterFile):
    """What decides the descriptors of the training data. Nothing here is random, so it holds no seed."""

    model_type: ModelType
    labels: tuple[str, ...]
    """The classes as they stand in the column ``value``, in their order in the model; empty for regression."""
    signatures_start_height: int
    signatures_end_height: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote. Raises :class:`UserError` when the file is something else."""
        fields = _read_object(path)
        with _naming(path):
            return cls(**{**fields, "labels": tuple(fields["labels"])})


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
    nonconformity: Nonconformity
    sampling: Sampling
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
                    "nonconformity": Nonconformity(**fields["nonconformity"]),
                    "sampling": Sampling(**fields["sampling"]),
                }
            )


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
