# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repos, branches, commits and files, beyond what record.py plays."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from record import files, modify
from steps import each_step, file_paths


def projects(r: Any, c: Any, _image: str) -> None:
    with suppress(Exception):
        for repo in c.list_repo():
            c.delete_repo(repo.repo.name, project_name=repo.repo.project.name, force=True)
        for project in c.list_project():
            if project.project.name != "default":
                c.delete_project(project.project.name, force=True)
    each_step(
        r,
        {
            "create": lambda: c.create_project("one", description="first"),
            "create again": lambda: c.create_project("one"),
            "update": lambda: c.create_project("one", description="second", update=True),
            "inspect": lambda: c.inspect_project("one"),
            "inspect default": lambda: c.inspect_project("default").project.name,
            "inspect missing": lambda: c.inspect_project("none"),
            "list": lambda: [p.project.name for p in c.list_project()],
            "bad name with space": lambda: c.create_project("a b"),
            "bad name with slash": lambda: c.create_project("a/b"),
            "bad name with underscore first": lambda: c.create_project("_a"),
            "bad name with dash first": lambda: c.create_project("-a"),
            "digits": lambda: c.create_project("1"),
            "empty name": lambda: c.create_project(""),
            "long name": lambda: c.create_project("p" * 52),
            "longest name": lambda: c.create_project("p" * 51),
            "repo in default": lambda: c.create_repo("r"),  # the player looks for every repo's branches there
            "same name in another": lambda: c.create_repo("r", project_name="one"),
            "repo in missing project": lambda: c.create_repo("r", project_name="none"),
            "inspect repo": lambda: c.inspect_repo("r", project_name="one"),
            "inspect repo of missing project": lambda: c.inspect_repo("r", project_name="none"),
            "put": lambda: c.put_file_bytes({"id": "", "branch": "master", "repo": "r", "project": "one"}, "/f", b"1"),
            "delete project with repo": lambda: c.delete_project("one"),
            "delete project by force": lambda: c.delete_project("one", force=True),
            "delete missing": lambda: c.delete_project("none"),
            "delete repo of project": lambda: c.delete_repo("r", project_name="one"),
            "list repos": lambda: [[x.repo.project.name, x.repo.name] for x in c.list_repo()],
            "delete empty": lambda: c.delete_project("one"),
            "list at end": lambda: [p.project.name for p in c.list_project()],
        },
    )
    for name in ("one", "1", "p" * 51):
        with suppress(Exception):
            c.delete_project(name, force=True)


def commits_more(r: Any, c: Any, _image: str) -> None:
    c.create_repo("k")
    c.create_repo("other")
    m = ("k", "master")
    each_step(
        r,
        {
            "start in missing repo": lambda: c.start_commit("none", "master"),
            "start without branch": lambda: c.start_commit("k", ""),
            "start with bad branch": lambda: c.start_commit("k", "a b"),
            "start with missing parent": lambda: c.start_commit("k", "x", parent="0" * 32),
            "start with parent of missing branch": lambda: c.start_commit("k", "x", parent=("k", "nobranch")),
            "finish missing": lambda: c.finish_commit(("k", "0" * 32)),
            "finish missing branch": lambda: c.finish_commit(("k", "nobranch")),
            "inspect set missing": lambda: c.inspect_commit("0" * 32),
            "inspect no repo": lambda: c.inspect_commit(("none", "master")),
            "squash missing": lambda: c.squash_commit("0" * 32),
            "drop missing": lambda: c.drop_commit("0" * 32),
            "list empty repo": lambda: c.list_commit("k"),
            "list sets without any": lambda: [s.commit_set.id for s in c.list_commit()],
            "list file of empty": lambda: c.list_file(m, "/"),
            "get file of empty": lambda: c.get_file(m, "/f").read(),
        },
    )
    one = c.start_commit("k", "master", description="first")
    r.step("inspect open", lambda: c.inspect_commit(one))
    c.put_file_bytes(one, "/a", b"1")
    r.step("list open", lambda: file_paths(c.list_file(one, "/")))
    r.step("inspect file open", lambda: c.inspect_file(one, "/a"))
    r.step("diff open", lambda: [[d.new_file.file.path, d.old_file.file.path] for d in c.diff_file(one, "/")])
    r.step("branch at open commit", lambda: c.create_branch("k", "b2", head_commit=one))
    r.step("finish with description", lambda: c.finish_commit(one, description="last"))
    r.step("inspect finished", lambda: c.inspect_commit(one))
    two = c.start_commit("k", "master")
    r.step("finish with error", lambda: c.finish_commit(two, error="broken"))
    r.step("inspect with error", lambda: c.inspect_commit(two))
    r.step("put after error", lambda: c.put_file_bytes(m, "/b", b"2"))
    r.step("files after error", lambda: files(c, m))
    r.step("start with parent", lambda: c.start_commit("k", "side", parent=one.id))
    r.step("finish side", lambda: c.finish_commit(("k", "side")))
    r.step("files of side", lambda: files(c, ("k", "side")))
    r.step("parent of side", lambda: list(c.inspect_commit(("k", "side"))))
    r.step("start with parent on branch that exists", lambda: c.start_commit("k", "side", parent=("k", "master")))
    r.step("force finish", lambda: c.finish_commit(("k", "side"), force=True))
    r.step("list all branches", lambda: [[x.commit.id, x.commit.branch.name] for x in c.list_commit("k", all=True)])
    r.step("list from", lambda: [x.commit.id for x in c.list_commit("k", to_commit=m, from_commit=one)])
    r.step("list to", lambda: [x.commit.id for x in c.list_commit("k", to_commit=one)])
    r.step("list to branch", lambda: [x.commit.id for x in c.list_commit("k", to_commit=("k", "side"))])
    r.step("list to other repo", lambda: [x.commit.id for x in c.list_commit("k", to_commit=("other", "master"))])
    r.step("list reverse", lambda: [x.commit.id for x in c.list_commit("k", reverse=True)])
    r.step("list number 2 reverse", lambda: [x.commit.id for x in c.list_commit("k", number=2, reverse=True)])
    r.step("list sets", lambda: [s.commit_set.id for s in c.list_commit()])
    r.step("subscribe", lambda: [next(c.subscribe_commit("k", "master", from_commit=one))])
    r.step("subscribe all", lambda: [next(c.subscribe_commit("k", "master"))])
    r.step("wait", lambda: c.wait_commit(one))
    r.step("wait for missing", lambda: c.wait_commit(("k", "0" * 32)))
    r.step("wait for set", lambda: c.wait_commit(one.id))
    r.step("ancestor of the first", lambda: c.list_file(("k", f"{one.id}^"), "/"))
    r.step("ancestor 0", lambda: file_paths(c.list_file(("k", "master^0"), "/")))
    r.step("ancestor ~", lambda: file_paths(c.list_file(("k", "master~"), "/")))
    r.step("descendant .1", lambda: file_paths(c.list_file(("k", "master.1"), "/")))
    r.step("descendant .-1", lambda: file_paths(c.list_file(("k", "master.-1"), "/")))
    r.step("descendant .99", lambda: file_paths(c.list_file(("k", "master.99"), "/")))
    r.step("ancestor x", lambda: file_paths(c.list_file(("k", "master^x"), "/")))
    r.step("ancestor of id with tilde", lambda: file_paths(c.list_file(("k", f"{one.id}~1"), "/")))
    three = c.start_commit("k", "master")
    r.step("squash open", lambda: c.squash_commit(three.id))
    r.step("drop open", lambda: c.drop_commit(three.id))
    r.step("list at end", lambda: c.list_commit("k", all=True))
    r.step("drop shared", lambda: c.drop_commit(one.id))
    r.step("squash first", lambda: c.squash_commit(one.id))
    r.step("files at end", lambda: files(c, m))
    r.step("files of side at end", lambda: files(c, ("k", "side")))
    r.step("inspect repo at end", lambda: c.inspect_repo("k"))


def branches_more(r: Any, c: Any, _image: str) -> None:
    from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs

    for name in "abc":
        c.create_repo(name)

    def branch(repo: str, name: str = "master") -> Any:
        return pfs.Branch(name=name, repo=pfs.Repo(name=repo, type="user", project=pfs.Project(name="default")))

    c.put_file_bytes(("a", "master"), "/f", b"1")
    each_step(
        r,
        {
            "create in missing repo": lambda: c.create_branch("none", "x"),
            "head of other repo": lambda: c.create_branch("b", "x", head_commit=("a", "master")),
            "head missing": lambda: c.create_branch("b", "x", head_commit=("b", "0" * 32)),
            "head of missing branch": lambda: c.create_branch("b", "x", head_commit=("b", "none")),
            "provenance": lambda: c.create_branch("b", "master", provenance=[branch("a")]),
            "inspect it": lambda: c.inspect_branch("b", "master"),
            "inspect its provenance": lambda: c.inspect_branch("a", "master"),
            "commit of it": lambda: c.inspect_commit(("b", "master")),
            "put into provenance": lambda: c.put_file_bytes(("a", "master"), "/f", b"2"),
            "commits of it": lambda: c.list_commit("b"),
            "commits of it with all origins": lambda: c.list_commit(
                "b", origin_kind=pfs.OriginKind.ORIGIN_KIND_UNKNOWN
            ),
            "start on it": lambda: c.start_commit("b", "master"),
            "provenance on missing repo": lambda: c.create_branch("c", "master", provenance=[branch("none")]),
            "provenance on missing branch": lambda: c.create_branch("c", "x", provenance=[branch("a", "later")]),
            "branches of a": lambda: [x.branch.name for x in c.list_branch("a")],
            "cycle of two": lambda: c.create_branch("a", "master", provenance=[branch("b")]),
            "cycle of one": lambda: c.create_branch("a", "master", provenance=[branch("a")]),
            "chain": lambda: c.create_branch("c", "master", provenance=[branch("b")]),
            "inspect chain": lambda: c.inspect_branch("c", "master"),
            "long cycle": lambda: c.create_branch("a", "master", provenance=[branch("c")]),
            "delete in use": lambda: c.delete_branch("a", "master"),
            "delete in use by force": lambda: c.delete_branch("a", "master", force=True),
            "inspect after force": lambda: c.inspect_branch("b", "master"),
            "delete repo in use": lambda: c.delete_repo("b"),
            "delete repo by force": lambda: c.delete_repo("b", force=True),
            "list c": lambda: c.list_branch("c"),
            "list reverse": lambda: [x.branch.name for x in c.list_branch("a", reverse=True)],
            "list missing repo": lambda: list(c.list_branch("none")),
            "inspect in missing repo": lambda: c.inspect_branch("none", "master"),
            "delete in missing repo": lambda: c.delete_branch("none", "master"),
            "name with dot": lambda: c.create_branch("a", "x.y"),
            "name with caret": lambda: c.create_branch("a", "x^"),
            "long name": lambda: c.create_branch("a", "x" * 200),
            "names at end": lambda: [x.branch.name for x in c.list_branch("a")],
        },
    )


def triggers(r: Any, c: Any, _image: str) -> None:
    from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs

    c.create_repo("t")
    master = ("t", "master")

    def heads() -> list[Any]:
        found = {x.branch.name: x.head.id for x in c.list_branch("t")}
        return [[name, found[name] == found.get("master")] for name in sorted(found)]

    def trigger(name: str, **more: Any) -> Callable[[], Any]:
        return lambda: c.create_branch("t", name, trigger=pfs.Trigger(**{"branch": "master", **more}))

    each_step(
        r,
        {
            "by commits": trigger("by-commits", commits=2),
            "by size": trigger("by-size", size="1K"),
            "any": trigger("any", size="10", commits=3),
            "all": trigger("all", all=True, size="10", commits=2),
            "by nothing": trigger("by-nothing"),
            "bad size": trigger("bad", size="lots"),
            "negative commits": trigger("bad", commits=-1),
            "bad cron": trigger("bad", rate_limit_spec="nope"),
            "bad cron spec": trigger("bad", cron_spec="nope"),
            "no branch": trigger("bad", branch="", commits=1),
            "itself": trigger("bad", branch="bad", commits=1),
            "in a circle": trigger("master", branch="by-commits", commits=1),
            "of missing branch": trigger("later", branch="nowhere", commits=1),
            "inspect": lambda: c.inspect_branch("t", "by-commits"),
            "list": lambda: c.list_branch("t"),
        },
    )
    for number in range(4):
        c.put_file_bytes(master, f"/f{number}", b"x" * (4 if number < 2 else 600))
        r.step(f"heads after {number + 1}", heads)
    r.step("commits of a trigger branch", lambda: [x.commit.id for x in c.list_commit("t", all=True)])
    r.step("take trigger away", lambda: c.create_branch("t", "by-commits", head_commit=("t", "by-commits")))
    r.step("inspect after", lambda: c.inspect_branch("t", "by-commits"))
    r.step(
        "with provenance",
        lambda: c.create_branch(
            "t",
            "both",
            provenance=[pfs.Branch(name="x", repo=pfs.Repo(name="t", type="user"))],
            trigger=pfs.Trigger(branch="master", commits=1),
        ),
    )


def files_odd(r: Any, c: Any, _image: str) -> None:
    c.create_repo("f")
    m = ("f", "master")
    everything = "".join(map(chr, range(32, 127)))
    for each in everything:
        if not each.isalnum():
            r.step(f"put a{each}b", lambda each=each: c.put_file_bytes(m, f"/odd/a{each}b", b"x"))
    for path in (
        "/nul\0x",
        "/new\nline",
        "/del\x7f",
        "/é",
        "/日本",
        "/emoji😀",
        "/../up",
        "/a/../../b",
        "/a/./b",
        "/a/",
        "/a//b/",
        "./c",
        "../d",
        "/...",
        "/.hidden",
        "/" + "l" * 300,
        "/" + "d/" * 60 + "f",
    ):
        r.step(f"put {path[:20]!r}", lambda path=path: c.put_file_bytes(m, path, b"y"))
    r.step("walk", lambda: files(c, m))
    r.step("list odd", lambda: file_paths(c.list_file(m, "/odd")))
    for path in ("/odd/a b", "/odd/", "odd", "/odd/../odd", "", "/", ".", "/odd//a b", "/odd/a*b", "/odd/a\\*b"):
        r.step(f"inspect {path!r}", lambda path=path: c.inspect_file(m, path))
        r.step(f"exists {path!r}", lambda path=path: c.path_exists(m, path))
        r.step(f"walk {path!r}", lambda path=path: file_paths(c.walk_file(m, path)))
        r.step(f"list {path!r}", lambda path=path: file_paths(c.list_file(m, path)))
        r.step(f"get {path!r}", lambda path=path: c.get_file(m, path).read())
    r.step("exists missing", lambda: c.path_exists(m, "/zz"))
    r.step("exists in missing branch", lambda: c.path_exists(("f", "none"), "/zz"))
    r.step("exists in missing repo", lambda: c.path_exists(("none", "master"), "/zz"))
    r.step("get empty file", lambda: (c.put_file_bytes(m, "/none", b""), c.get_file(m, "/none").read())[1])
    r.step("inspect empty file", lambda: c.inspect_file(m, "/none"))
    c.create_repo("less")
    less = ("less", "master")
    for path in ("/", "", "/**", "/odd/*", "/zz", "zz/"):
        modify(c, less, [("put", "/odd/x", b"1"), ("put", "/zz", b"2"), ("put", "/y", b"3")])
        r.step(f"delete {path!r}", lambda path=path: c.delete_file(less, path))
        r.step(f"left after deleting {path!r}", lambda: file_paths(c.walk_file(less, "/")))
    r.step("delete in missing repo", lambda: c.delete_file(("none", "master"), "/a"))
    r.step("delete on missing branch", lambda: c.delete_file(("f", "fresh"), "/a"))
    r.step("branches", lambda: [x.branch.name for x in c.list_branch("f")])


def collisions(r: Any, c: Any, _image: str) -> None:
    c.create_repo("f")
    m = ("f", "master")
    each_step(
        r,
        {
            "file and dir": lambda: modify(c, m, [("put", "/d/e", b"1"), ("put", "/d", b"2")]),
            "commit with it": lambda: c.list_commit("f"),
            "again a file": lambda: modify(c, m, [("put", "/d", b"3")]),
            "dir below file": lambda: modify(c, m, [("put", "/d/x", b"4")]),
            "commits": lambda: [x.error for x in c.list_commit("f")],
            "delete file put dir": lambda: modify(c, m, [("del", "/d"), ("put", "/d/y", b"5")]),
            "errors at end": lambda: [x.error for x in c.list_commit("f")],
            "delete dir put file": lambda: modify(c, m, [("del", "/d/"), ("put", "/d", b"6")]),
            "errors at last": lambda: [x.error for x in c.list_commit("f")],
            "append to missing": lambda: modify(c, m, [("app", "/new", b"1")]),
            "append empty": lambda: modify(c, m, [("app", "/new", b"")]),
            "overwrite with empty": lambda: modify(c, m, [("put", "/new", b"")]),
            "append then put": lambda: modify(c, m, [("app", "/n2", b"1"), ("put", "/n2", b"2")]),
            "put then append": lambda: modify(c, m, [("put", "/n2", b"3"), ("app", "/n2", b"4")]),
            "delete then append": lambda: modify(c, m, [("del", "/n2"), ("app", "/n2", b"5")]),
            "nothing at all": lambda: modify(c, m, []),
            "number of commits": lambda: len(list(c.list_commit("f"))),
        },
    )
    c.create_repo("o")
    o = c.start_commit("o", "master")
    each_step(
        r,
        {
            "open: put": lambda: modify(c, o, [("put", "/a", b"1"), ("put", "/b/c", b"2")]),
            "open: put again": lambda: modify(c, o, [("put", "/a", b"2")]),
            "open: append": lambda: modify(c, o, [("app", "/a", b"3")]),
            "open: delete": lambda: modify(c, o, [("del", "/a")]),
            "open: delete dir": lambda: modify(c, o, [("del", "/b/")]),
            "open: put after": lambda: modify(c, o, [("put", "/a", b"4")]),
            "open: finish": lambda: c.finish_commit(o),
            "open: finished": lambda: files(c, o),
            "open: size": lambda: list(c.inspect_commit(o)),
        },
    )


GLOBS = [
    "/a*", "/*a", "a*", "/?", "/??", "/???", "/[a-c]", "/[!a]", "/[^a]", "/[]", "/[a", "/a]", "/[a-]", "/[-a]",
    "/[!]", "/[]a]", "/{a,b}", "/{a,b", "/a,b}", "/{}", "/{,a}", "/{a}", "/{a,{b,c}}", "/{a*,b}", "/(a)", "/(a|b)",
    "/(a|b", "/a)", "/()", "/@(a|b)", "/@(a", "/*(a)", "/+(a)", "/?(a)", "/!(a)", "/!(a|b)", "/!(*)", "/!(a)*",
    "/!(dir)/*", "/*(a|b)", "/+(a|b)", "/?(a)b", "/(a)(b)", "/((a)b)", "/(*)", "/(**)", "/**/", "**/", "/**/*",
    "/**/**", "/***", "/*/**", "/**/a", "/**a", "/a**", "/dir/**/x", "/dir/**/", "/dir*/**", "/dir*", "/dir/*/",
    "/di?/*", "/*/a", "/dir/./a", "/dir/../a", "//a", "a", "./a", "/a/", "/dir//a", "/\\a", "/a\\", "/\\*", "\\/a",
    "/a\\b", "/A", "/[A-Z]", "/[0-9]*", "/[a-z0-9]", "/*.*", "/.*", "/*.{csv,txt}", "/*.!(csv)", "/+([0-9])",
    "/@([0-9])", "/{1..3}", "/a b", "/*-*", "/*_*", "/**.csv", "/**/*.c?v", "/[[:alpha:]]", "/[\\w]", "/$1", "/^a",
    "/a$", "/a+", "/a|b", "/!a", "/@a", "/~", "/a,b", "/*,*", "/dir/sub/deep/**", "/{dir,a}/*", "/{dir/sub,a}/*",
    "/[/]a", "/dir[/]a", "/dir?a", " ", "/ ", "/*(", "/!(", "/?(", "/+()", "/!()", "/@()", "/*()", "/a!(b)c",
    "/ab!(c)", "/a*(b)c", "/(a)*", "/(a*)", "/(?)", "/([ab])",
]  # fmt: skip


def globs(r: Any, c: Any, _image: str) -> None:
    c.create_repo("g")
    m = ("g", "master")
    paths = (
        "a", "b", "c", "ab", "abc", "aab", "A", "1", "12", "a b", "a-b", "a_b",
        "a.csv", "b.txt", "c.tar.gz", ".hid", "a,b", "a$",
        "~", "a|b",
        "dir/a", "dir/b.csv", "dir/sub/x", "dir/sub/deep/y.csv", "dir2/a", "dir2/x/a", "a\\b",
    )  # fmt: skip
    with c.modify_file_client(m) as w:
        for path in paths:
            w.put_file_from_bytes("/" + path, b"x")
    for pattern in GLOBS:
        r.step(f"glob {pattern}", lambda p=pattern: file_paths(c.glob_file(m, p)))
    r.step("glob missing branch", lambda: file_paths(c.glob_file(("g", "none"), "/*")))
    r.step("glob missing repo", lambda: file_paths(c.glob_file(("none", "master"), "/*")))
    for pattern in ("/a", "/dir", "/dir/", "/dir/*", "/*.csv", "/**", "/", "/none", "/dir/sub"):
        r.step(f"get {pattern}", lambda p=pattern: c.get_file(m, p).read())
        r.step(f"tar {pattern}", lambda p=pattern: tar_members(c.get_file_tar(m, p)))


def tar_members(archive: Any) -> list[Any]:
    found = []
    for each in archive:
        data = archive.extractfile(each)
        found.append([each.name, each.size, each.type.decode(), data.read() if data else None])
    return found


def differences(r: Any, c: Any, _image: str) -> None:
    c.create_repo("d")
    m = ("d", "master")

    def diff(*args: Any, **more: Any) -> list[Any]:
        return [
            [d.new_file.file.path, d.new_file.size_bytes, d.old_file.file.path, d.old_file.size_bytes]
            for d in c.diff_file(*args, **more)
        ]

    modify(c, m, [("put", "/a", b"1"), ("put", "/x/b", b"2"), ("put", "/x/c", b"3"), ("put", "/y/d", b"4")])
    r.step("first commit", lambda: diff(m, "/"))
    modify(c, m, [("put", "/a", b"changed"), ("del", "/x/b"), ("put", "/z/e", b"5"), ("put", "/y/d", b"4")])
    each_step(
        r,
        {
            "second commit": lambda: diff(m, "/"),
            "messages": lambda: list(c.diff_file(m, "/")),
            "shallow": lambda: diff(m, "/", shallow=True),
            "below": lambda: diff(m, "/x"),
            "below with slash": lambda: diff(m, "/x/"),
            "one file": lambda: diff(m, "/a"),
            "missing path": lambda: diff(m, "/none"),
            "to itself": lambda: diff(m, "/", m, "/"),
            "against the first": lambda: diff(m, "/", ("d", "master^"), "/"),
            "backwards": lambda: diff(("d", "master^"), "/", m, "/"),
            "two paths": lambda: diff(m, "/x", m, "/y"),
            "missing old": lambda: diff(m, "/", ("d", "none"), "/"),
            "missing new": lambda: diff(("d", "none"), "/"),
        },
    )
    modify(c, m, [("del", "/y/"), ("put", "/y", b"file now")])
    r.step("dir became file", lambda: diff(m, "/"))
    r.step("errors", lambda: [x.error for x in c.list_commit("d")])
    r.step("shallow after", lambda: diff(m, "/", shallow=True))


def copies(r: Any, c: Any, _image: str) -> None:
    for name in "ab":
        c.create_repo(name)
    a, b = ("a", "master"), ("b", "master")
    modify(c, a, [("put", "/f", b"1"), ("put", "/d/x", b"2"), ("put", "/d/e/y", b"3")])
    head = next(iter(c.list_commit("a"))).commit
    each_step(
        r,
        {
            "file": lambda: c.copy_file(head, "/f", b, "/g"),
            "file again": lambda: c.copy_file(head, "/f", b, "/g"),
            "file appended": lambda: c.copy_file(head, "/f", b, "/g", append=True),
            "dir with slash": lambda: c.copy_file(head, "/d/", b, "/t"),
            "dir to dir with slash": lambda: c.copy_file(head, "/d", b, "/u/"),
            "root": lambda: c.copy_file(head, "/", b, "/all"),
            "to root": lambda: c.copy_file(head, "/d", b, "/"),
            "missing": lambda: c.copy_file(head, "/none", b, "/n"),
            "glob": lambda: c.copy_file(head, "/d/*", b, "/globbed"),
            "same repo": lambda: c.copy_file(head, "/f", a, "/f2"),
            "walk a": lambda: files(c, a),
            "walk b": lambda: files(c, b),
        },
    )


def large(r: Any, c: Any, _image: str) -> None:
    """Where files are cut into chunks shows in their hashes."""
    c.create_repo("l")
    m = ("l", "master")
    dice = random.Random(11)
    megabyte = dice.randbytes(1_000_000)
    contents = {
        "zeros": bytes(25_000_000),
        "exactly a million": megabyte,
        "one more": megabyte + b"x",
        "repeated": megabyte * 24,
        "text": b"".join(b"line %d\n" % number for number in range(1_500_000)),
        "longest chunk": bytes(20_000_000),
        "longer": bytes(20_000_001),
    }
    for name, data in contents.items():
        r.step(f"put {name}", lambda name=name, data=data: c.put_file_bytes(m, f"/{name}", data))
    r.step("many appends", lambda: (modify(c, m, [("app", "/many", megabyte)] * 12), None)[1])
    r.step("small appends", lambda: (modify(c, m, [("app", "/small", b"%d " % i) for i in range(300)]), None)[1])
    r.step("append to large", lambda: c.put_file_bytes(m, "/repeated", megabyte, append=True))
    r.step("append to zeros", lambda: c.put_file_bytes(m, "/zeros", b"end", append=True))
    r.step("hashes", lambda: files(c, m))
    head = next(iter(c.list_commit("l"))).commit
    r.step("copy", lambda: c.copy_file(head, "/repeated", m, "/copied"))
    r.step("append to copy", lambda: c.put_file_bytes(m, "/copied", b"more", append=True))
    r.step("hashes at end", lambda: files(c, m))
    r.step("size", lambda: next(iter(c.inspect_commit(m))).details.size_bytes)


SCENARIOS = [projects, commits_more, branches_more, triggers, files_odd, collisions, globs, differences, copies, large]
