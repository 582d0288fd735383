# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step without a sandbox: it sees its /pfs and secrets while it runs, one at a time, and nothing of it stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_pachd.errors import PachdError
from embedded_pachd.pps import direct as module
from embedded_pachd.pps import leftovers
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.direct import direct
from embedded_pachd.pps.process import TimedOut, run
from embedded_pachd.pps.scratch import Scratch


@pytest.fixture
def pfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the container's /pfs."""
    monkeypatch.setattr(module, "PFS", tmp_path / "pfs")
    return tmp_path / "pfs"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    with Scratch(tmp_path / "a datum") as made:
        (made.pfs / "input").mkdir()
        (made.pfs / "input/file").write_text("42\n")
        yield made


def sh(scratch: Scratch, script: str, seconds: float | None = 60, **files: bytes) -> tuple[int, list[str]]:
    lines: list[str] = []
    secrets = {f"{scratch.folder}/mnt/{name}": content for name, content in files.items()}
    with direct(scratch, str(scratch.tmp), secrets, {"PATH": "/usr/bin:/bin", "GREETING": "hello"}, ["sh"]) as launch:
        return run(launch, script.encode(), seconds, lines.append, Cancellation()), lines


def test_it_reads_and_writes_its_own_pfs(scratch: Scratch, pfs: Path) -> None:
    code, lines = sh(scratch, f"cat '{pfs}/input/file'; echo $GREETING > '{pfs}/out/answer'; pwd; exit 3")
    assert (code, lines) == (3, ["42", str(scratch.tmp)])
    assert [(path, file.read_text()) for path, file in scratch.outputs()] == [("/answer", "hello\n")]
    assert list(pfs.iterdir()) == []


def test_secrets_are_there_only_while_it_runs(scratch: Scratch, pfs: Path) -> None:
    secret = scratch.folder / "mnt/password"
    code, lines = sh(scratch, f"stat -c %a '{secret}'; cat '{secret}'", password=b"canary-6101")
    assert (code, lines) == (0, ["600", "canary-6101"])
    assert not secret.exists()


def test_what_it_left_running_is_killed(scratch: Scratch, pfs: Path) -> None:
    with pytest.raises(TimedOut):
        sh(scratch, "setsid sleep 600 >/dev/null 2>&1 & sleep 600", seconds=0.5)
    assert leftovers.kill(str(scratch.pfs)) == 0


def test_links_of_a_killed_server_are_replaced(scratch: Scratch, pfs: Path) -> None:
    pfs.mkdir()
    (pfs / "input").symlink_to("/nowhere")
    assert sh(scratch, f"cat '{pfs}/input/file'") == (0, ["42"])


def test_a_folder_that_cannot_be_written_is_named(scratch: Scratch, pfs: Path) -> None:
    pfs.write_text("a file, not a folder")
    with pytest.raises(PachdError, match=rf"cannot make {pfs}/\w+: .*the server must be able to"):
        sh(scratch, "true")
