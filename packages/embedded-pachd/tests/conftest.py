# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of several layers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_pachd.pfs.filesystem import FileSystem


@pytest.fixture
def filesystem(tmp_path: Path) -> Iterator[FileSystem]:
    opened = FileSystem(tmp_path / "a store")
    yield opened
    opened.close()
