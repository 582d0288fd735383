# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from keycloak import PASSWORD, Keycloak, running
from modelingweb import Modelingweb, serve

from cpsign_workflow.upload import patience


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    with running(Path(os.environ["KEYCLOAK"]), tmp_path_factory.mktemp("keycloak") / "log") as server:
        yield server


@pytest.fixture
def web(keycloak: Keycloak) -> Iterator[Modelingweb]:
    with serve(keycloak.knows) as server:
        yield server


@pytest.fixture
def secret(tmp_path: Path, web: Modelingweb, keycloak: Keycloak) -> Path:
    """The mounted secret modelweb-api-info."""
    folder = tmp_path / "secret"
    folder.mkdir()
    for name, text in {
        "user": "ada",
        "password": f"{PASSWORD}\n",
        "modelweb-url": web.url,
        "keycloak-url": keycloak.url,
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def aggregate(tmp_path: Path) -> Path:
    """A mount of <workflow>-aggregate whose model is a little larger than what fits into socket buffers."""
    folder = tmp_path / "aggregate"
    folder.mkdir()
    with zipfile.ZipFile(folder / "model.jar", "w") as jar:
        jar.writestr("cpsign.json", json.dumps({"info": {"modelVersion": "1"}}))
        jar.writestr("model", os.urandom(8_000_000))
    (folder / "configuration.json").write_text(json.dumps({"workflow_name": "LogP", "cpsign": {}}))
    return folder


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_WAITS", (0.01, 0.01))
