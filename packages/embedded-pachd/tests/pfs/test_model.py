# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system against a model of ten lines: each commit is a dictionary from path to bytes."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from embedded_pachd.pfs import branches, commit_sets, commits, repos
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, CommitName, RepoName
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.pfs.writing import writing
from embedded_pachd.store.check import problems
from embedded_pachd.store.collect import collect

REPO = RepoName("r")
MASTER = BranchName(REPO, "master")
PATHS = st.sampled_from(["/a", "/b", "/d/x", "/d/y", "/d/e/z", "/dd"])
LARGE = b"large" * 30_000
DATA = st.binary(max_size=5) | st.booleans().map(lambda first: LARGE if first else LARGE[1:])


class VersionedFiles(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="embedded-pachd-model-"))
        self.filesystem = FileSystem(self.root)
        self.commits: list[tuple[str, dict[str, bytes]]] = []

    def teardown(self) -> None:
        self.filesystem.close()
        shutil.rmtree(self.root)

    @initialize()
    def make_repo(self) -> None:
        with self.filesystem.transaction() as tx:
            repos.create(tx, REPO)

    @rule(
        actions=st.lists(
            st.tuples(st.sampled_from(["put", "append", "delete", "remove", "move"]), PATHS, DATA), max_size=6
        )
    )
    def commit(self, actions: list[tuple[str, str, bytes]]) -> None:
        before = self.commits[-1][1] if self.commits else {}
        files = dict(before)
        removed: set[str] = set()
        with self.filesystem.snapshot() as s, writing(self.filesystem.store) as writer:
            for action, path, data in actions:
                match action:
                    case "put" | "append":
                        writer.put(path, data, append=action == "append")
                        files[path] = (files.get(path, b"") if action == "append" else b"") + data
                    case "delete":
                        writer.delete(path)
                        files.pop(path, None)
                    case "remove":
                        writer.delete("/d/")
                        files = {path: data for path, data in files.items() if not path.startswith("/d/")}
                        removed.add("/d/")
                    case "move" if before.get("/a") is not None and self.commits:
                        writer.copy(open_files(s, CommitName(REPO, self.commits[-1][0])).entries("/a"), "/a", path)
                        files[path] = before["/a"]
            changes = writer.changes
            with self.filesystem.transaction() as tx:
                name = commits.start(tx, MASTER)
                commits.apply(tx, name, changes)
                commits.finish(tx, name)
        self.commits.append((name.id, files))

    @precondition(lambda self: len(self.commits) > 1)
    @rule(which=st.integers(0, 100))
    def squash(self, which: int) -> None:
        at = which % (len(self.commits) - 1)
        with self.filesystem.transaction() as tx:
            commit_sets.squash(tx, self.commits.pop(at)[0])

    @precondition(lambda self: self.commits)
    @rule()
    def drop(self) -> None:
        with self.filesystem.transaction() as tx:
            commit_sets.drop(tx, self.commits.pop()[0])
            if not self.commits:
                branches.delete(tx, MASTER)

    @rule()
    def collect_garbage(self) -> None:
        collect(self.filesystem.store)

    @rule()
    def open_again(self) -> None:
        self.filesystem.close()
        self.filesystem = FileSystem(self.root)

    @invariant()
    def every_commit_is_as_it_was_made(self) -> None:
        with self.filesystem.snapshot() as s:
            for commit_id, expected in self.commits:
                files = open_files(s, CommitName(REPO, commit_id))
                found = {file.path: b"".join(files.read(file)) for file in files.entries()}
                assert found == expected
                assert sum(f.size for f in files.list_directory("/")) == sum(map(len, expected.values()))

    @invariant()
    def nothing_is_damaged(self) -> None:
        assert list(problems(self.filesystem.store)) == []


VersionedFiles.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestVersionedFiles = VersionedFiles.TestCase
