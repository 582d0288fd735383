# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A datum's folders: links in its output are followed as the step saw them, and never into this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.datums import InputFile
from embedded_pachd.pps.scratch import OutputError, Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    with Scratch(tmp_path / "scratch") as made:
        yield made
    assert not (tmp_path / "scratch").exists()


def outputs(scratch: Scratch) -> dict[str, str]:
    return {path: file.read_text() for path, file in scratch.outputs()}


def lay_out(scratch: Scratch, **more: bool) -> None:
    each = InputFile("in", "in", "user", "default", "master", "c", "/d/", 2, b"", **more)
    scratch.lay_out(each, lambda _: iter([("/d/a", iter([b"1", b"2"])), ("/d/e", iter([]))]), Cancellation())


def test_inputs_are_laid_out(scratch: Scratch) -> None:
    lay_out(scratch)
    assert (scratch.pfs / "in/d/a").read_bytes() == b"12"
    assert (scratch.pfs / "in/d/e").read_bytes() == b""


def test_empty_files_have_no_content(scratch: Scratch) -> None:
    lay_out(scratch, empty_files=True)
    assert (scratch.pfs / "in/d/a").read_bytes() == b""


def test_lazy_files_are_filled_when_opened(scratch: Scratch) -> None:
    lay_out(scratch, lazy=True)
    assert (scratch.pfs / "in/d/a").is_fifo()
    assert (scratch.pfs / "in/d/a").read_bytes() == b"12"


def test_outputs_are_found_in_order(scratch: Scratch) -> None:
    (scratch.out / "b/c").mkdir(parents=True)
    (scratch.out / "b/c/f").write_text("1")
    (scratch.out / "a").write_text("2")
    assert list(outputs(scratch).items()) == [("/a", "2"), ("/b/c/f", "1")]


def test_links_to_inputs_and_tmp_are_followed(scratch: Scratch) -> None:
    lay_out(scratch)
    (scratch.tmp / "t").write_text("t")
    for name, target in {"one": "/pfs/in/d/a", "dir": "/pfs/in", "up": "../in/d/a", "t": "/tmp/t"}.items():
        (scratch.out / name).symlink_to(target)
    expected = {"/one": "12", "/up": "12", "/t": "t", "/dir/d/a": "12", "/dir/d/e": ""}
    assert outputs(scratch) == expected


@pytest.mark.parametrize("target", ["/etc/passwd", "/", "../../../../../../../../etc/passwd", "/pfs/none", "loop"])
def test_links_never_lead_to_this_machine(scratch: Scratch, target: str) -> None:
    (scratch.out / "loop").symlink_to(target)
    with pytest.raises(OutputError):
        outputs(scratch)


def test_a_link_by_way_of_a_folder_link_does_not_leave(scratch: Scratch) -> None:
    (scratch.out / "a").mkdir()
    (scratch.tmp / "d").symlink_to("/etc")
    (scratch.out / "a/x").symlink_to("/tmp/d/passwd")
    with pytest.raises(OutputError, match="/a/x"):
        outputs(scratch)


def test_a_folder_that_contains_itself_is_refused(scratch: Scratch) -> None:
    (scratch.out / "me").symlink_to("/pfs/out")
    with pytest.raises(OutputError, match="a folder that contains it"):
        outputs(scratch)


def test_a_pipe_is_no_output(scratch: Scratch) -> None:
    import os

    os.mkfifo(scratch.out / "pipe")
    with pytest.raises(OutputError, match="neither a file nor a folder"):
        outputs(scratch)


def test_modes_do_not_hinder(scratch: Scratch) -> None:
    (scratch.out / "d").mkdir()
    (scratch.out / "d/f").write_text("x")
    (scratch.out / "d/f").chmod(0)
    (scratch.out / "d").chmod(0)
    assert outputs(scratch) == {"/d/f": "x"}
    (scratch.out / "d").chmod(0)
