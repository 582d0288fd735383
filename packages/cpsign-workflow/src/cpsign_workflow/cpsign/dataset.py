# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptors of the training data: CPSign's precomputed data set."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cpsign_workflow.cpsign import slices
from cpsign_workflow.cpsign.compounds import VALUE, count_rows, in_words
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.partition import is_drawn
from cpsign_workflow.parameters import PrecomputeParameters

RESERVED_SHARE: Final = 0.1
"""Of the training keys, for tuning."""


def build(table: Path, parameters: PrecomputeParameters) -> tuple[Any, dict[str, int]]:
    """A ``ChemDataset`` with signatures of every usable compound, and how many were dropped, by reason.

    Compounds reserved for tuning stand in its part that is for modelling only: CPSign never calibrates on them.
    Raises :class:`UserError` when no compound can be used.

    Signatures: Faulon, Visco and Pophale, J. Chem. Inf. Comput. Sci. 43 (2003) 707-720.
    """
    rows = count_rows(table)
    labels = [java("data.NamedLabels")(list(parameters.labels))] if parameters.labels else []
    with tempfile.TemporaryDirectory(prefix="precompute-") as name:
        groups = []
        for reserved in (False, True) if parameters.tuning else (False,):
            folder = Path(name, "reserved" if reserved else "normal")
            folder.mkdir()
            groups.append(slices.cut(table, folder, _is_in(parameters, reserved)))
        if not any(groups):
            raise UserError(f"{table}: there are no compounds in it")
        joined = slices.compute(groups, lambda: _empty(parameters), labels, rows)
        dataset = _whole(joined, parameters, labels)
    if dataset.getDataset().isEmpty():
        raise UserError(f"none of {rows:,} compounds can be used: {in_words(joined.dropped)}")
    return dataset, dict(joined.dropped)


def _is_in(parameters: PrecomputeParameters, reserved: bool) -> Callable[[str], bool]:
    """Whether a key is reserved for tuning; without tuning none is."""
    tuning = parameters.tuning
    return lambda key: (tuning is not None and is_drawn(key, f"tune {tuning.seed}", RESERVED_SHARE)) == reserved


def _empty(parameters: PrecomputeParameters) -> Any:
    # without an argument JPype would choose the varargs constructor of ChemDataset: no descriptors at all
    dataset = java("cheminf.data.ChemDataset")(_descriptor(parameters))
    dataset.initializeDescriptors()
    return dataset


def _descriptor(parameters: PrecomputeParameters) -> Any:
    signatures = java("cheminf.descriptors.SignaturesDescriptor")(
        parameters.signatures_start_height, parameters.signatures_end_height
    )
    kinds = java("cheminf.descriptors.SignaturesDescriptor$SignatureType")
    signatures.setSignaturesType(kinds.getType(parameters.signature_type))
    return signatures


def _whole(joined: slices.Joined, parameters: PrecomputeParameters, labels: list[Any]) -> Any:
    with messages("joining signatures"):
        descriptor = _descriptor(parameters)
        lines = java("java.nio.file.Files").readAllLines(java("java.nio.file.Path").of(str(joined.signatures)))
        descriptor.setSignatures(lines)
        dataset = java("cheminf.data.ChemDataset")(descriptor)
        dataset.initializeDescriptors()
        dataset.setProperty(VALUE)
        for named in labels:
            dataset.setTextualLabels(named)
        normal, *reserved = (_read_records(records) for records in joined.records)
        dataset.withDataset(normal)
        for records in reserved:
            dataset.withModelingExclusiveDataset(records)
        return dataset


def _read_records(path: Path) -> Any:
    return java("data.Dataset$SubSet").fromLIBSVMFormat(java("java.io.FileInputStream")(str(path)))


def save(dataset: Any, path: Path) -> None:
    """Write the data set as a jar that CPSign's own programs read too."""
    info = java("ml.io.ModelInfo")("precomputed", java("commons.Version").parseVersion("1.0.0"), "")
    with messages(f"writing {path.name}"):
        java("cheminf.io.ModelSerializer").saveDataset(dataset, info, java("java.io.File")(str(path)), None)


def load(path: Path) -> Any:
    """Read what :func:`save` wrote."""
    with messages(f"reading {path}"):
        return java("cheminf.io.ModelSerializer").loadDataset(java("java.io.File")(str(path)).toURI(), None)


def class_sizes(records: Any, labels: Any) -> dict[str, int]:
    """Compounds per class, in the order of the classes; empty for regression, whose ``labels`` are null or empty."""
    if labels is None or labels.isEmpty():
        return {}
    frequencies = {int(value): int(n) for value, n in records.getLabelFrequencies().items()}
    return {
        str(labels.getLabel(value)): frequencies.get(int(value), 0) for value in sorted(labels.getLabels().keySet())
    }
