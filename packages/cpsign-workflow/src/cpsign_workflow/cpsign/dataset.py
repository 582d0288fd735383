# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptors of the training data: CPSign's precomputed data set."""

from pathlib import Path
from typing import Any

from cpsign_workflow.cpsign.compounds import VALUE, Compounds
from cpsign_workflow.cpsign.jvm import java, messages
from cpsign_workflow.errors import UserError
from cpsign_workflow.parameters import PrecomputeParameters


def build(compounds: Compounds, parameters: PrecomputeParameters) -> Any:
    """A ``ChemDataset`` with signatures of every usable compound; the others stand in ``compounds.dropped()``.

    Raises :class:`UserError` when there is none.

    Signatures: Faulon, Visco and Pophale, J. Chem. Inf. Comput. Sci. 43 (2003) 707-720.
    """
    with messages("computing signatures"), compounds.molecules("precompute") as molecules:
        signatures = java("cheminf.descriptors.SignaturesDescriptor")(
            parameters.signatures_start_height, parameters.signatures_end_height
        )
        kinds = java("cheminf.descriptors.SignaturesDescriptor$SignatureType")
        signatures.setSignaturesType(kinds.getType(parameters.signature_type))
        # without an argument JPype would choose the varargs constructor: no descriptors at all
        dataset = java("cheminf.data.ChemDataset")(signatures)
        dataset.setProgressTracker(compounds.tracker)
        dataset.initializeDescriptors()
        labels = [java("data.NamedLabels")(list(parameters.labels))] if parameters.labels else []
        try:
            dataset.add(molecules.java_iterator(), VALUE, *labels)
        except java("java.lang.IllegalArgumentException") as refusal:
            if dataset.size() == 0:  # CPSign's message for this does not say why
                raise UserError(f"none of {compounds.rows:,} compounds can be used: {compounds.why()}") from refusal
            raise
        return dataset


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
