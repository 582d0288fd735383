# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the partial models of one training together, entry by entry.

CPSign's own aggregation forgets settings, and accepts partial models that are missing, double or of other data
(``aggregate`` and ``fast-aggregate`` of 2.0.0); a model made here is complete and of one training.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpsign_workflow.digest import DESCRIPTION, MANIFEST, description, entry_digests, open_jar
from cpsign_workflow.errors import UserError
from cpsign_workflow.train import TRAINING_ENTRY

_OF_A_SPLIT = re.compile(r"models/(tcp/|[^/]+/model\.(?P<split>\d+)\.)")
"""A transductive predictor is one whole, which counts as split 0."""
_HELP = "help/help.md"
_OBSERVATIONS = re.compile(rb"(?<=Number of observations: )\d+")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold


@dataclass(frozen=True)
class _Part:
    path: Path
    splits: set[int]
    of_splits: list[str]
    """Names of the entries that belong to one split."""
    shared: dict[str, str]
    """Digests of the entries that are the same in every part of a training."""
    description: dict[str, Any]
    training: dict[str, Any]


def merge(partial_models: list[Path], model: Path, manifest_section: bytes = b"") -> None:
    """Write ``model`` from all partial models of one training, in any order, with one more section in its manifest.

    Raises :class:`UserError`, naming files and splits, when there is none, when a split is missing or stands in two
    files, or when a file is of other data, settings or seed.
    """
    if not partial_models:
        raise UserError("no partial model found: did the training fail?")
    parts = [_read(path) for path in sorted(partial_models)]
    for part in parts[1:]:
        _refuse_foreign(part, parts[0])
    _refuse_double(parts)
    _refuse_missing(parts)
    _write(parts, model, manifest_section)


def training_source(model: Path) -> str:
    """The digest of the precomputed data that a model was trained on; empty when it is not of this workflow.

    Raises :class:`UserError` when splits are missing in it, as in a partial model.
    """
    with open_jar(model) as archive:
        names = archive.namelist()
        if TRAINING_ENTRY not in names:
            return ""
        training = json.loads(archive.read(TRAINING_ENTRY))
    if missing := _missing(training, set(_splits(names).values())):
        raise UserError(f"{model}: split {missing} is missing; this is a part of a model, take the whole: model.jar")
    return str(training["precomputed_sha256"])


def _read(path: Path) -> _Part:
    digests = entry_digests(path)
    splits = _splits(digests)
    if TRAINING_ENTRY not in digests or not splits:
        raise UserError(f"{path.name}: not a partial model of this workflow")
    with open_jar(path) as archive:
        return _Part(
            path,
            set(splits.values()),
            list(splits),
            {name: digest for name, digest in digests.items() if name not in {*splits, _HELP}},
            description(archive),
            json.loads(archive.read(TRAINING_ENTRY)),
        )


def _refuse_foreign(part: _Part, first: _Part) -> None:
    names = sorted(
        name for name in part.shared.keys() | first.shared.keys() if part.shared.get(name) != first.shared.get(name)
    )
    if not names:
        return
    differences = [
        *_differences(part.training, first.training),
        *_differences(part.description, first.description),
        *(name for name in names if name not in {TRAINING_ENTRY, DESCRIPTION}),
    ]
    raise UserError(
        f"{part.path.name} is not of the same training as {first.path.name}: {differences[0]}. "
        "Partial models of one model need the same data, settings and seed; train again"
    )


def _differences(found: Any, wanted: Any, path: str = "") -> list[str]:
    """What differs in two JSON values: ``parameters.seed is 2 instead of 1``."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return [
            difference
            for key in sorted(found.keys() | wanted.keys())
            for difference in _differences(found.get(key), wanted.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if found == wanted else [f"{path} is {json.dumps(found)} instead of {json.dumps(wanted)}"]


def _refuse_double(parts: list[_Part]) -> None:
    owner: dict[int, Path] = {}
    for part in parts:
        for split in sorted(part.splits):
            if split in owner:
                raise UserError(
                    f"split {split + 1} stands in both {owner[split].name} and {part.path.name}; remove one of them"
                )
            owner[split] = part.path


def _refuse_missing(parts: list[_Part]) -> None:
    if missing := _missing(parts[0].training, set().union(*(part.splits for part in parts))):
        found = ", ".join(part.path.name for part in parts)
        raise UserError(f"split {missing} is missing; found {found}")


def _missing(training: dict[str, Any], splits: set[int]) -> str:
    """Which splits are not there, ``2, 4 of 5``; empty when none is missing."""
    total = int(training["parameters"]["total_splits"])
    missing = sorted(set(range(total)) - splits)
    return f"{', '.join(str(split + 1) for split in missing)} of {total}" if missing else ""


def _splits(names: Iterable[str]) -> dict[str, int]:
    """The entries that belong to one split, each with its number."""
    return {name: int(match["split"] or 0) for name in names if (match := _OF_A_SPLIT.match(name))}


def _write(parts: list[_Part], model: Path, manifest_section: bytes) -> None:
    with zipfile.ZipFile(model, "w", zipfile.ZIP_DEFLATED) as merged:
        with open_jar(parts[0].path) as archive:  # a jar begins with its manifest
            merged.writestr(_entry(MANIFEST), archive.read(MANIFEST) + manifest_section)
        _copy(parts[0].path, sorted(parts[0].shared), merged)
        _write_help(parts[0], merged)
        for part in parts:
            _copy(part.path, sorted(part.of_splits), merged)


def _write_help(part: _Part, merged: zipfile.ZipFile) -> None:
    """The help page, which in a partial Venn-ABERS predictor says that it was trained on 0 compounds."""
    observations = str(part.description["parameters"]["data"]["nrObservations"]).encode()
    with open_jar(part.path) as archive:
        merged.writestr(_entry(_HELP), _OBSERVATIONS.sub(observations, archive.read(_HELP)))


def _copy(jar: Path, names: list[str], merged: zipfile.ZipFile) -> None:
    with open_jar(jar) as archive:
        for name in names:
            with archive.open(name) as content, merged.open(_entry(name), "w", force_zip64=True) as copy:
                shutil.copyfileobj(content, copy, 2**20)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
