# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server for each module of tests, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from client import TOKEN
from pachd import Pachd

from embedded_pachd.application import Application
from embedded_pachd.wire.server import Listening


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("with space") / "a store"


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with Application(root, Listening("127.0.0.1:0", TOKEN)) as application:
        yield application.address


@pytest.fixture
def pachd(address: str) -> Iterator[Pachd]:
    """A client of a server without repos, pipelines and secrets."""
    client = Pachd(address)
    client.delete_everything()
    yield client
    client.close()
