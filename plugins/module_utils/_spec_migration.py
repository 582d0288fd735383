# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specs written for Pachyderm 1.7 in the words of 2.7; pachctl 2.7 drops what it does not know without a word."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from ._pipeline_inputs import COMBINATIONS

GONE = {
    "cache_size": "the cache is pachd's own matter now",
    "enable_stats": "statistics are always kept",
    "incremental": "unchanged datums are always skipped",
    "batch": "it has no counterpart",
    "scale_down_threshold": "use autoscaling",
    "max_queue_size": "it has no counterpart",
    "hashtree_spec": "it has no counterpart",
}


def migrate(spec: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The spec in today's words, and one line for each key that was translated or dropped."""
    spec = copy.deepcopy(spec)
    return spec, list(_migrated(spec))


def _migrated(spec: dict[str, Any]) -> Iterator[str]:
    for key in [key for key in GONE if key in spec]:
        del spec[key]
        yield f"{key}: dropped; {GONE[key]}"
    if "standby" in spec:
        spec["autoscaling"] = spec.pop("standby")
        yield "standby: is called autoscaling now"
    if "chunk_spec" in spec:
        spec["datum_set_spec"] = spec.pop("chunk_spec")
        yield "chunk_spec: is called datum_set_spec now"
    parallelism = spec.get("parallelism_spec")
    if isinstance(parallelism, dict) and "coefficient" in parallelism:
        del parallelism["coefficient"]
        parallelism.setdefault("constant", 1)
        yield f"parallelism_spec.coefficient: dropped; constant {parallelism['constant']} is used"
    for key in ("resource_requests", "resource_limits"):
        yield from _gpu(spec, key)
    if isinstance(spec.get("input"), dict):
        yield from _inputs(spec["input"], "input")


def _gpu(spec: dict[str, Any], key: str) -> Iterator[str]:
    resources = spec.get(key)
    if isinstance(resources, dict) and isinstance(resources.get("gpu"), int):
        resources["gpu"] = {"type": "nvidia.com/gpu", "number": resources["gpu"]}
        yield f"{key}.gpu: is a type and a number now; nvidia.com/gpu is used"


def _inputs(tree: dict[str, Any], path: str) -> Iterator[str]:
    if "atom" in tree:
        tree["pfs"] = tree.pop("atom")
        yield f"{path}.atom: is called pfs now"
    for kind in COMBINATIONS:
        children = tree.get(kind)
        for index, child in enumerate(children if isinstance(children, list) else ()):
            if isinstance(child, dict):
                yield from _inputs(child, f"{path}.{kind}[{index}]")
