# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenarios of this folder have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def each_step(r: Any, steps: dict[str, Callable[[], Any]]) -> None:
    for name, call in steps.items():
        r.step(name, call)


def file_paths(found: Iterable[Any]) -> list[str]:
    return [each.file.path for each in found]
