# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts for the payload digest, and what does not."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from cpsign_workflow import cli
from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError

Entries = list[tuple[str, bytes]]


def cpsign_json(time: str, name: str = "m", version: str = "1.0.0") -> tuple[str, bytes]:
    content = {
        "info": {"modelName": name, "modelVersion": version, "buildTimestamp": time},
        "parameters": {"modelVersion": version},
    }
    return "cpsign.json", json.dumps(content).encode()


def jar(path: Path, entries: Entries) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


ENTRIES: Entries = [("models/acp/model.0.ncs", b"1.5"), cpsign_json("Sun Nov 22 18:42:54 UTC 2026"), ("data/x", b"2")]


def test_the_digest_can_be_computed_by_hand(tmp_path: Path) -> None:
    description = json.loads(ENTRIES[1][1])
    del description["info"]["buildTimestamp"]
    contents = {
        "cpsign.json": json.dumps(description, sort_keys=True).encode(),
        "data/x": b"2",
        "models/acp/model.0.ncs": b"1.5",
    }
    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())
    assert payload_sha256(jar(tmp_path / "m.jar", ENTRIES)) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(
    "entries",
    [
        ENTRIES[::-1],
        [*ENTRIES, ("META-INF/MANIFEST.MF", b"Bundle-Version: 1.0.0+2026")],
        [*ENTRIES, ("data/", b"")],
        [ENTRIES[0], cpsign_json("Mon Nov 23 00:00:00 UTC 2026"), ENTRIES[2]],
        [ENTRIES[0], cpsign_json("", version="1.0.0+2026-11-22T18:42:54.033721742Z"), ENTRIES[2]],
    ],
    ids=["order", "manifest", "folder", "time of saving", "time in the version"],
)
def test_what_does_not_count(entries: Entries, tmp_path: Path) -> None:
    assert payload_sha256(jar(tmp_path / "a.jar", entries)) == payload_sha256(jar(tmp_path / "b.jar", ENTRIES))


@pytest.mark.parametrize(
    "entries",
    [
        [("models/acp/model.0.ncs", b"1.6"), *ENTRIES[1:]],
        [("models/acp/model.1.ncs", b"1.5"), *ENTRIES[1:]],
        [ENTRIES[0], cpsign_json("", name="other"), ENTRIES[2]],
        [ENTRIES[0], cpsign_json("", version="1.0.1"), ENTRIES[2]],
        ENTRIES[:2],
    ],
    ids=["content", "name of an entry", "name of the model", "version", "missing entry"],
)
def test_what_counts(entries: Entries, tmp_path: Path) -> None:
    assert payload_sha256(jar(tmp_path / "a.jar", entries)) != payload_sha256(jar(tmp_path / "b.jar", ENTRIES))


def test_refuses_what_is_no_jar_of_cpsign(tmp_path: Path) -> None:
    (tmp_path / "text.jar").write_text("text")
    for path, message in (
        (tmp_path / "missing.jar", "No such file"),
        (tmp_path / "text.jar", "not a jar file"),
        (jar(tmp_path / "other.jar", [("x", b"")]), "not a jar of CPSign"),
    ):
        with pytest.raises(UserError, match=message):
            payload_sha256(path)


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jar(tmp_path / "m.jar", ENTRIES)
    assert cli.main(["digest", str(path)]) == 0
    assert capsys.readouterr().out == payload_sha256(path) + "\n"
