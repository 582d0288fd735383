# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps in containers: what the engine is told, with a script in the engine's place that shows it."""

from pathlib import Path

import pytest

from embedded_pachd.pps import leftovers
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.container import contained
from embedded_pachd.pps.images import Container
from embedded_pachd.pps.process import run
from embedded_pachd.pps.scratch import Scratch

ENGINE = """#!/bin/sh
[ "$1" = run ] || { echo "$@" >> "$CALLS"; exit 0; }
for word in "$@"; do
    echo "word $word"
    case $word in /dev/shm/*:/mnt/s/password:ro) cat "${word%%:*}"; echo;; esac
done
echo "variable $PASSWORD"
cat
exit 5
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    program = tmp_path / "podman"
    program.write_text(ENGINE.replace("$CALLS", str(tmp_path / "calls")))
    program.chmod(0o755)
    return Container(str(program), "some/image:1")


def test_what_the_engine_is_told(engine: Container, tmp_path: Path) -> None:
    files, values = {"/mnt/s/password": b"canary-1"}, {"PASSWORD": "canary-2"}
    lines: list[str] = []
    with (
        Scratch(tmp_path / "scratch") as scratch,
        contained(engine, scratch, "/work", False, files, values, ["sh", "-e"]) as launch,
    ):
        code = run(launch, b"from stdin\n", 60, lines.append, Cancellation())
    words = [line.removeprefix("word ") for line in lines if line.startswith("word ")]
    assert code == 5
    assert words[-3:] == ["some/image:1", "sh", "-e"]
    assert words[words.index("--network") + 1] == "none"
    assert words[words.index("--workdir") + 1] == "/work"
    assert f"{tmp_path}/scratch/pfs:/pfs" in words
    assert not [word for word in words if "canary" in word]
    assert {"canary-1", "variable canary-2", "from stdin"} <= set(lines)
    name = words[words.index("--name") + 1]
    assert (tmp_path / "calls").read_text().splitlines() == [f"kill {name}", f"wait {name}"]


def test_secrets_are_gone_afterwards(engine: Container, tmp_path: Path) -> None:
    before = set(Path("/dev/shm").iterdir())
    with (
        Scratch(tmp_path / "scratch") as scratch,
        contained(engine, scratch, "/", True, {"/mnt/s/password": b"canary-3"}, {}, ["true"]) as launch,
    ):
        run(launch, b"", 60, lambda _line: None, Cancellation())
    assert {place for place in set(Path("/dev/shm").iterdir()) - before if "embedded-pachd" in place.name} == set()


def test_secrets_of_a_killed_server_are_removed(engine: Container, tmp_path: Path) -> None:
    files = {"/mnt/s/password": b"canary-4"}
    with (
        Scratch(tmp_path / "killed" / "datum") as killed,
        Scratch(tmp_path / "alive" / "datum") as alive,
        contained(engine, killed, "/", False, files, {}, ["true"]),
        contained(engine, alive, "/", False, files, {}, ["true"]),
    ):
        leftovers.remove(tmp_path / "killed")
        left = [link.readlink() for link in Path("/dev/shm").glob("embedded-pachd*/scratch")]
        assert alive.folder in left
        assert killed.folder not in left
        killed.folder.mkdir(parents=True)  # what ends here expects its folder
