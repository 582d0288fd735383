# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_file against a server."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._names import branch_of, head_of, repo_of
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from ansible_collections.pharmbio.cpsign.plugins.module_utils._remote_files import RemoteCommit, walk
from conftest import Run
from proxy import Proxy


@pytest.fixture(autouse=True)
def repo(pachd: Pachd) -> None:
    """An empty repo r."""
    pachd.call("pfs.CreateRepo", {"repo": repo_of("r")})


def held(pachd: Pachd, branch: str = "master") -> dict[str, bytes]:
    """Path and content of every file of the branch."""
    head = RemoteCommit("r", branch=branch)
    return {info.path: b"".join(head.read(pachd, info.path)) for info in walk(pachd, head, "/") if info.is_file}


def commits(pachd: Pachd) -> int:
    return len(list(pachd.each("pfs.ListCommit", {"repo": repo_of("r"), "all": True})))


def test_create_again_change_absent(run: Run, pachd: Pachd) -> None:
    first = run("file", repo="r", path="/a", content="one\n")
    assert (first["changed"], first["paths"], held(pachd)) == (True, ["/a"], {"/a": b"one\n"})
    head = pachd.call("pfs.InspectCommit", {"commit": head_of("r", "master")})["commit"]["id"]
    assert first["commit"] == head
    number = commits(pachd)
    again = run("file", repo="r", path="a", content="one\n")
    assert (again["changed"], again["commit"], again["paths"], commits(pachd)) == (False, head, [], number)
    changed = run("file", repo="r", path="/a", content="two\n")
    assert (changed["changed"], held(pachd)) == (True, {"/a": b"two\n"})
    assert changed["commit"] != head
    assert changed["diff"][0]["before"]["size"] == 4
    gone = run("file", repo="r", path="/a", state="absent")
    assert (gone["changed"], held(pachd)) == (True, {})
    assert not run("file", repo="r", path="/a", state="absent")["changed"]


def test_files_and_a_message_are_one_commit(run: Run, pachd: Pachd, tmp_path: Path) -> None:
    (tmp_path / "local file").write_bytes(b"\x00binary")
    files = [
        {"path": "/x/a", "content": "ä"},
        {"path": "/b", "src": str(tmp_path / "local file")},
        {"path": "/e", "content": ""},
    ]
    answer = run("file", repo="r", branch="new", commit_message="why", files=files)
    assert held(pachd, "new") == {"/x/a": "ä".encode(), "/b": b"\x00binary", "/e": b""}
    info = pachd.call("pfs.InspectCommit", {"commit": head_of("r", "new")})
    assert (info["description"], info["commit"]["id"]) == ("why", answer["commit"])
    assert commits(pachd) == 1
    again = run("file", repo="r", branch="new", commit_message="another", files=files)
    assert (again["changed"], again["commit"], commits(pachd)) == (False, answer["commit"], 1)


def test_only_what_differs_is_sent(run: Run, pachd: Pachd) -> None:
    run("file", repo="r", files=[{"path": "/a", "content": "1"}, {"path": "/b", "content": "2"}])
    answer = run("file", repo="r", files=[{"path": "/a", "content": "1"}, {"path": "/b", "content": "3"}])
    assert (answer["paths"], held(pachd)) == (["/b"], {"/a": b"1", "/b": b"3"})


def test_check_mode_writes_nothing(run: Run, pachd: Pachd, proxy: Proxy, tmp_path: Path) -> None:
    head = run("file", repo="r", path="/a", content="1")["commit"]
    proxy.read_only = True
    proxy.calls.clear()
    (tmp_path / "folder").mkdir()
    for arguments in (
        {"path": "/a", "content": "2"},
        {"path": "/a", "state": "absent"},
        {"src": str(tmp_path / "folder"), "state": "synced"},
        {"dest": str(tmp_path / "fetched"), "state": "fetched"},
    ):
        answer = run("file", check=True, repo="r", **arguments)
        assert (answer["changed"], answer["paths"], answer["commit"]) == (True, ["/a"], head), answer
    assert proxy.writes == []
    assert not (tmp_path / "fetched").exists()
    assert held(pachd) == {"/a": b"1"}
    missing = run("file", check=True, repo="later", path="/a", content="1")
    assert missing["changed"], "in check mode an earlier task may only have said that it would make the repo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files at two depths, and one name with a space."""
    top = tmp_path / "folder"
    (top / "sub").mkdir(parents=True)
    (top / "a").write_text("1")
    (top / "sub" / "b c").write_text("2")
    (top / "sub" / "d.bak").write_text("3")
    return top


def test_synced(run: Run, pachd: Pachd, folder: Path) -> None:
    run("file", repo="r", files=[{"path": "/in/old", "content": "x"}, {"path": "/out", "content": "y"}])
    arguments: dict[str, Any] = {
        "repo": "r",
        "path": "/in",
        "src": str(folder),
        "state": "synced",
        "exclude": ["*.bak"],
    }
    assert run("file", **arguments)["paths"] == ["/in/a", "/in/sub/b c", "/in/old"]
    assert held(pachd) == {"/in/a": b"1", "/in/sub/b c": b"2", "/out": b"y"}
    assert not run("file", **arguments)["changed"]
    (folder / "sub" / "b c").rename(folder / "sub" / "z")
    assert run("file", **arguments)["paths"] == ["/in/sub/z", "/in/sub/b c"], (
        "a rename leaves the folder's hash as it was"
    )
    assert set(held(pachd)) == {"/in/a", "/in/sub/z", "/out"}
    arguments["include"] = ["sub/*"]
    (folder / "a").unlink()
    assert not run("file", **arguments)["changed"], "what the globs leave out is left alone"


def test_synced_without_a_path_is_the_whole_branch(run: Run, pachd: Pachd, folder: Path) -> None:
    run("file", repo="r", path="/old", content="x")
    run("file", repo="r", src=str(folder), state="synced")
    assert set(held(pachd)) == {"/a", "/sub/b c", "/sub/d.bak"}


@pytest.mark.parametrize("number", [0, 60])
def test_what_cannot_be_file_and_folder_is_said_before_anything_is_sent(run: Run, pachd: Pachd, number: int) -> None:
    more = [{"path": f"/more/{i}", "content": str(i)} for i in range(number)]
    run("file", repo="r", files=[{"path": "/file", "content": "1"}, {"path": "/folder/a", "content": "2"}, *more])
    made = commits(pachd)
    under, over = {"path": "/file/below/it", "content": "3"}, {"path": "/folder", "content": "4"}
    answer = run("file", repo="r", files=[under, over, *more])
    assert set(answer["problems"]) == {
        "/file: is a file in the repo; remove it first",
        "/folder: is a folder in the repo; remove it first",
    }
    both = run("file", repo="r", files=[{"path": "/new", "content": "5"}, {"path": "/new/a", "content": "6"}])
    assert both["msg"] == "/new: cannot be a file and the folder of others"
    assert commits(pachd) == made


def test_synced_leaves_what_is_in_its_way(run: Run, pachd: Pachd, folder: Path) -> None:
    paths = ("/sub", "/a/kept.x", "/deep")
    run("file", repo="r", files=[{"path": path, "content": "x"} for path in paths])
    made = commits(pachd)
    answer = run("file", repo="r", src=str(folder), state="synced", include=["*b c", "a"])
    assert [line.partition(":")[0] for line in answer["problems"]] == ["/a/kept.x", "/sub"]
    deeper = run("file", repo="r", path="/deep/er", src=str(folder), state="synced")
    assert deeper["msg"].startswith("/deep: is in the way of what "), deeper["msg"]
    assert commits(pachd) == made
    assert run("file", repo="r", src=str(folder), state="synced")["changed"], "what it may remove is in no way"
    assert set(held(pachd)) == {"/a", "/sub/b c", "/sub/d.bak"}


def test_content_bigger_than_a_message(run: Run, pachd: Pachd) -> None:
    content = "0123456789abcdef" * (21 * 2**16)
    run("file", repo="r", path="/big", content=content)
    assert held(pachd)["/big"] == content.encode()


def test_an_empty_path_is_not_the_whole_repo(run: Run, pachd: Pachd, folder: Path) -> None:
    run("file", repo="r", path="/a", content="1")
    for arguments in (
        {"state": "absent", "path": ""},
        {"state": "absent", "files": [{"path": ""}]},
        {"state": "synced", "path": "", "src": str(folder)},
    ):
        assert run("file", repo="r", **arguments)["msg"] == "path: is empty; the whole repo would be /"
    lost = run("file", repo="r", content="2", files=[{"path": "/b", "content": "3"}])
    assert lost["msg"] == "path: missing; it says where content or src goes"
    assert held(pachd) == {"/a": b"1"}


def test_no_commits_are_none_fetched(run: Run, tmp_path: Path) -> None:
    run("file", repo="r", path="/a", content="1")
    answer = run("file", repo="r", commits=[], state="fetched", dest=str(tmp_path / "none"))
    assert (answer["changed"], answer["commits"], (tmp_path / "none").exists()) == (False, [], False)


def test_a_commit_that_is_being_written_is_not_waited_for(run: Run, pachd: Pachd, tmp_path: Path) -> None:
    started = pachd.call("pfs.StartCommit", {"branch": branch_of("r", "master")})
    answer = run("file", repo="r", state="fetched", dest=str(tmp_path / "none"))
    assert answer["msg"].startswith(f"r@{started['id']} is still being written; ")


def test_what_was_fetched_before_a_failure_is_told(run: Run, tmp_path: Path) -> None:
    run("file", repo="r", files=[{"path": "/a", "content": "1"}, {"path": "/b", "content": "2"}])
    (tmp_path / "here" / "b").mkdir(parents=True)
    answer = run("file", repo="r", state="fetched", dest=str(tmp_path / "here"))
    assert answer["msg"].endswith("/here/b: cannot be written: Is a directory; 1 files were written before it")
    assert (answer["changed"], (tmp_path / "here" / "a").read_text()) == (True, "1")


def test_a_link_that_leads_to_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "loop").symlink_to("loop")
    answer = run("file", repo="r", src=str(tmp_path / "folder"), state="synced")
    assert answer["msg"].startswith(f"{tmp_path}/folder/loop: cannot be read: "), answer["msg"]


def test_many_files_are_compared_by_one_walk(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    files = [{"path": f"/f{i}", "content": str(i)} for i in range(60)]
    run("file", repo="r", files=files)
    proxy.calls.clear()
    assert not run("file", repo="r", files=files)["changed"]
    assert proxy.calls == ["GetVersion", "InspectCommit", "WalkFile"]
    run("file", repo="r", path="/folder/in", content="x")
    refused = run("file", repo="r", files=[*files, {"path": "/folder", "content": "x"}])
    assert refused["msg"] == "/folder: is a folder in the repo; remove it first"


def test_a_folder_goes_with_what_is_in_it(run: Run, pachd: Pachd) -> None:
    run(
        "file",
        repo="r",
        files=[{"path": "/d/a", "content": "1"}, {"path": "/d/e/b", "content": "2"}, {"path": "/da", "content": "3"}],
    )
    assert run("file", repo="r", path="/d", state="absent")["paths"] == ["/d/a", "/d/e/b"]
    assert held(pachd) == {"/da": b"3"}


def test_big_files_arrive_whole_and_are_compared_by_hash(run: Run, pachd: Pachd, proxy: Proxy, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(os.urandom(25_000_000))
    run("file", repo="r", path="/big", src=str(big))
    assert held(pachd)["/big"] == big.read_bytes()
    proxy.calls.clear()
    assert not run("file", repo="r", path="/big", src=str(big))["changed"]
    assert "GetFile" not in proxy.calls
    with big.open("r+b") as file:
        file.seek(12_000_000)
        file.write(b"another content")
    assert run("file", repo="r", path="/big", src=str(big))["changed"]


def test_fetched(run: Run, tmp_path: Path, folder: Path) -> None:
    commit = run("file", repo="r", src=str(folder), state="synced")["commit"]
    run("file", repo="r", path="/empty", content="")
    dest = tmp_path / "dest folder"
    answer = run("file", repo="r", state="fetched", dest=str(dest))
    assert answer["changed"]
    assert {path.relative_to(dest).as_posix(): path.read_text() for path in dest.rglob("*") if path.is_file()} == {
        "a": "1",
        "empty": "",
        "sub/b c": "2",
        "sub/d.bak": "3",
    }
    assert not run("file", repo="r", state="fetched", dest=str(dest))["changed"]
    (dest / "sub" / "b c").write_text("9")
    (dest / "mine").write_text("stays")
    assert run("file", repo="r", state="fetched", dest=str(dest))["paths"] == ["/sub/b c"]
    assert ((dest / "sub" / "b c").read_text(), (dest / "mine").read_text()) == ("2", "stays")
    part = run(
        "file", repo="r", state="fetched", commit=commit, path="/sub", dest=str(tmp_path / "part"), exclude=["*.bak"]
    )
    assert (part["commit"], part["paths"]) == (commit, ["/sub/b c"])
    one = run("file", repo="r", state="fetched", commit=commit, path="/sub/d.bak", dest=str(tmp_path / "one"))
    assert ((tmp_path / "one" / "d.bak").read_text(), one["changed"]) == ("3", True)


def test_many_commits_are_fetched_each_into_its_own_folder(run: Run, tmp_path: Path) -> None:
    one = run("file", repo="r", path="/report", content="1")["commit"]
    two = run("file", repo="r", path="/other", content="2")["commit"]
    gone = run("file", repo="r", path="/report", state="absent")["commit"]
    where = {"repo": "r", "state": "fetched", "dest": str(tmp_path / "dest"), "include": ["rep*"]}
    answer = run("file", **where, commits=[one, two, gone])
    assert (answer["commit"], answer["commits"], answer["paths"]) == (None, [one, two, gone], ["/report"] * 2)
    fetched = [path for path in (tmp_path / "dest").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "dest").as_posix() for path in fetched} == {f"{one}/report", f"{two}/report"}
    assert not run("file", **where, commits=[one, two, gone])["changed"]
    assert f"commit {'0' * 32} not found in repo r" in run("file", **where, commits=[one, "0" * 32])["msg"]
    assert "mutually exclusive" in run("file", **where, commit=one, commits=[one])["msg"]


def test_an_empty_repo_is_fetched_though_a_path_that_is_not_there_is_not(run: Run, tmp_path: Path) -> None:
    run("repo", name="empty", branches=[{"name": "master"}])
    where = {"repo": "empty", "dest": str(tmp_path / "dest"), "state": "fetched"}
    answer = run("file", **where)
    assert (answer["changed"], answer["paths"]) == (False, [])
    assert "has no file at or below /a" in run("file", **where, path="/a")["msg"]


def test_a_download_that_breaks_leaves_the_old_file(run: Run, proxy: Proxy, tmp_path: Path) -> None:
    run("file", repo="r", path="/a", content="new")
    (tmp_path / "dest").mkdir()
    (tmp_path / "dest" / "a").write_text("old")
    proxy.breaks("GetFile")
    assert run("file", repo="r", state="fetched", dest=str(tmp_path / "dest"))["failed"]
    assert [(path.name, path.read_text()) for path in (tmp_path / "dest").iterdir()] == [("a", "old")]


@pytest.mark.parametrize("method", ["CreateFileSet", "StartCommit", "AddFileSet", "FinishCommit"])
def test_a_server_that_dies_while_writing_leaves_nothing_half_done(
    run: Run, pachd: Pachd, proxy: Proxy, method: str
) -> None:
    run("file", repo="r", path="/a", content="old")
    proxy.breaks(method)
    answer = run("file", repo="r", path="/a", content="new", commit_message="m")
    assert answer["failed"]
    assert held(pachd) == {"/a": b"old"}
    proxy.broken.clear()
    assert run("file", repo="r", path="/a", content="new", commit_message="m")["changed"]


def test_a_commit_that_could_not_be_taken_back_is_named(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    for method in ("AddFileSet", "DropCommitSet"):
        proxy.breaks(method)
    answer = run("file", repo="r", path="/a", content="1", commit_message="m")
    proxy.broken.clear()
    left = re.search(r"call: pfs.AddFileSet\); commit (\w+) is left open", answer["msg"])
    assert left, answer["msg"]
    assert answer["changed"]
    assert run("commit", commit_sets=[left[1]], state="dropped")["changed"]
    assert run("file", repo="r", path="/a", content="1")["changed"]


def test_a_commit_that_somebody_has_open_is_not_written_into(run: Run, pachd: Pachd) -> None:
    pachd.call("pfs.StartCommit", {"branch": head_of("r", "master")["branch"]})
    assert "somebody has commit" in run("file", repo="r", path="/a", content="1")["msg"]


def between(proxy: Proxy, method: str, act: Callable[[], Any]) -> None:
    """Let somebody act just before the first call of the method."""

    def once() -> None:
        del proxy.before[method]
        act()

    proxy.before[method] = once


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    run("file", repo="r", path="/a", content="old")

    def other() -> None:
        assert "commit" in run("file", repo="r", path="/a", content="theirs")

    for message in (None, "mine"):
        between(proxy, "CreateFileSet", other)
        answer = run("file", repo="r", path="/a", content="mine", commit_message=message)
        assert "somebody else changed the same paths in commit" in answer["msg"]
        assert held(pachd) == {"/a": b"theirs"}
        run("file", repo="r", path="/a", content="old")
    assert run("file", repo="r", path="/a", content="mine")["changed"]


def test_two_who_write_different_paths_do_not_disturb_each_other(run: Run, pachd: Pachd, proxy: Proxy) -> None:
    between(proxy, "CreateFileSet", lambda: run("file", repo="r", path="/b", content="theirs"))
    assert run("file", repo="r", path="/a", content="mine")["changed"]
    assert held(pachd) == {"/a": b"mine", "/b": b"theirs"}


def test_bad_input(run: Run, pachd: Pachd, proxy: Proxy, tmp_path: Path) -> None:
    run("file", repo="r", path="/d/a", content="1")
    proxy.calls.clear()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"repo": "none", "path": "/a", "content": ""}, "repo none does not exist; make it with pachyderm_repo"),
        ({"path": "/a"}, "/a: needs either content or src"),
        ({}, "path or files: missing"),
        ({"state": "absent"}, "path or files: missing"),
        ({"state": "synced"}, "src: missing"),
        ({"state": "synced", "src": str(tmp_path / "none")}, "is not a folder"),
        ({"state": "fetched"}, "dest: missing"),
        ({"path": "/a", "content": "", "exclude": ["*"]}, "exclude: means nothing with state present"),
        ({"path": "/a", "state": "absent", "content": "x"}, "content: means nothing with state absent"),
        ({"state": "fetched", "dest": "/tmp/x", "src": "/tmp"}, "src: means nothing with state fetched"),
        ({"state": "fetched", "dest": "/tmp/x", "repo": "none"}, "repo none does not exist"),
        ({"state": "fetched", "dest": "/tmp/x", "branch": "none"}, "branch none not found in repo r"),
        ({"state": "fetched", "dest": "/tmp/x", "commit": "0" * 32}, f"commit {'0' * 32} not found in repo r"),
        ({"state": "fetched", "dest": "/tmp/x", "path": "/none"}, "has no file at or below /none"),
        ({"path": "/d", "content": "x"}, "/d: is a folder in the repo; remove it first"),
        ({"path": "/", "content": "x"}, "/: is the repo itself"),
        ({"path": "/a", "src": str(tmp_path)}, "is not a file"),
    ]
    for arguments, text in cases:
        answer = run("file", **{"repo": "r", **arguments})
        assert answer.get("failed"), arguments
        assert text in answer["msg"], answer["msg"]
    files = [{"path": "/a*", "content": ""}, {"path": "/ä", "src": "/none"}, {"path": "/ä", "content": ""}]
    answer = run("file", repo="r", files=files)
    assert answer["problems"] == [
        "/none: cannot be read: No such file or directory",
    ]
    files[1] = {"path": "/ä", "content": "1"}
    assert run("file", repo="r", files=files)["problems"] == [
        "/a*: pachd allows no '*' in a path",
        "/ä: pachd allows no 'ä' in a path",
        "/ä: given twice",
        "/ä: pachd allows no 'ä' in a path",
    ]
    assert proxy.writes == []


def test_no_diff_unless_asked_for(run: Run) -> None:
    assert "diff" not in run("file", repo="r", path="/a", content="1", _ansible_diff=False)
