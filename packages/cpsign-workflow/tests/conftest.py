# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two finished trainings that the tests share."""

import pytest
from freesolv_training import CLASSES, CLASSIFICATION, REGRESSION, Training


@pytest.fixture(scope="session")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """FreeSolv, five splits in five files. Read only."""
    return Training(tmp_path_factory.mktemp("regression"), REGRESSION, splits_per_model=1).run()


@pytest.fixture(scope="session")
def classification(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """FreeSolv in two classes, five splits in five files. Read only."""
    folder = tmp_path_factory.mktemp("classification")
    return Training(folder, CLASSIFICATION, splits_per_model=1, further={"classes": CLASSES}).run()
