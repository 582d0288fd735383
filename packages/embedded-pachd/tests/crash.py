# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments. Each actor changes its own part of the store and keeps a log of what was acknowledged;
after the next start the store has to hold that, with the change under way at the kill made wholly or not at all.
"""

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import grpc
from client import Client, ServerProcess, head, modifications, repo
from pachd import Pachd

from embedded_pachd.messages import pfs_pb2, pps_pb2
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import CommitName, RepoName
from embedded_pachd.pfs.reading import open_files
from embedded_pachd.store.backup import restore
from embedded_pachd.store.check import problems
from embedded_pachd.store.store import existing_store

PROGRAM = Path(sys.executable).parent / "embedded-pachd"
SIZES = [0, 10, 5_000, 200_000, 3_000_000]

Files = dict[str, bytes]


class Actor:
    """Something that a client does again and again until the server is gone."""

    name: ClassVar[str]

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.done = 0
        """Number of acknowledged changes."""

    def prepare(self, client: Pachd) -> None:
        client.create_repo(self.name)

    def act(self, client: Pachd) -> None:
        """One change; logs what it means to do before, and that it was acknowledged afterwards."""
        raise NotImplementedError

    def compare(self, client: Pachd) -> None:
        """Look at the store after a crash, and go on from what is there."""
        raise NotImplementedError

    def files(self, number: int) -> Files:
        sizes = self.dice.choices(SIZES, [4, 8, 8, 4, 1], k=number)
        return {f"/{self.dice.randrange(8)}": self.dice.randbytes(size) for size in sizes}


class Puts(Actor):
    """Puts several files at a time, and the number of the put."""

    name = "puts"

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self.acknowledged: Files = {}
        self.meant: Files = {}

    def act(self, client: Pachd) -> None:
        self.meant = self.files(3) | {"/number": b"%d" % (self.done + 1)}
        client.put(self.name, iter(self.meant.items()))
        self.acknowledged |= self.meant
        self.done += 1

    def compare(self, client: Pachd) -> None:
        found = contents(client, head(self.name))
        assert found in (self.acknowledged, self.acknowledged | self.meant), "puts: not what was acknowledged"
        self.acknowledged = found
        self.done = int(found.get("/number", b"0"))


class Commits(Actor):
    """Commits that stay open between calls; squashing and dropping some."""

    name = "commits"

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self.history: list[tuple[str, bool, Files]] = []
        """Id, whether it is finished, and the files of each commit, oldest first."""
        self.meant = self.history

    def act(self, client: Pachd) -> None:
        self._step(client)
        self.history = self.meant
        self.done += 1

    def _step(self, client: Pachd) -> None:
        newest = self.history[-1] if self.history else None
        if newest is None or (newest[1] and len(self.history) < 5):
            self.meant = [*self.history, ("", False, dict(newest[2]) if newest else {})]
            request = pfs_pb2.StartCommitRequest(branch=pfs_pb2.Branch(repo=repo(self.name), name="master"))
            self.meant[-1] = (client.call("StartCommit", request).id, *self.meant[-1][1:])
        elif newest[1] and self.dice.random() < 0.5:
            self.meant = self.history[:-1]
            self._end("DropCommitSet", pfs_pb2.DropCommitSetRequest, client, newest[0])
        elif newest[1]:
            victim = self.dice.choice(self.history[:-1])
            self.meant = [commit for commit in self.history if commit is not victim]
            self._end("SquashCommitSet", pfs_pb2.SquashCommitSetRequest, client, victim[0])
        elif self.dice.random() < 0.5:
            new = self.files(2)
            self.meant = [*self.history[:-1], (newest[0], False, newest[2] | new)]
            client.call("ModifyFile", modifications(self._commit(newest[0]), iter(new.items())))
        else:
            self.meant = [*self.history[:-1], (newest[0], True, newest[2])]
            client.call("FinishCommit", pfs_pb2.FinishCommitRequest(commit=self._commit(newest[0])))

    def _end(self, rpc: str, request: Callable[..., Any], client: Pachd, name: str) -> None:
        client.call(rpc, request(commit_set=pfs_pb2.CommitSet(id=name)))

    def _commit(self, name: str) -> Any:
        return pfs_pb2.Commit(repo=repo(self.name), id=name)

    def compare(self, client: Pachd) -> None:
        infos = list(client.call("ListCommit", pfs_pb2.ListCommitRequest(repo=repo(self.name), all=True)))
        found = [(info.commit.id, info.HasField("finished"), contents(client, info.commit)) for info in reversed(infos)]
        if self.meant and self.meant[-1][0] == "" and len(found) == len(self.meant):
            self.meant = [*self.meant[:-1], (found[-1][0], *self.meant[-1][1:])]  # its id never reached the client
        assert found in (self.history, self.meant), f"commits: {_short(found)} instead of {_short(self.history)}"
        self.history = self.meant = found


class Repos(Actor):
    """Makes repos with something in them, and deletes them."""

    name = "repos"

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self.there: set[str] = set()
        self.meant = self.there

    def prepare(self, client: Pachd) -> None:
        """Nothing is needed."""

    def act(self, client: Pachd) -> None:
        name = f"repos-{self.dice.randrange(4)}"
        if name in self.there:
            self.meant = self.there - {name}
            client.call("DeleteRepo", pfs_pb2.DeleteRepoRequest(repo=repo(name)))
        else:
            self.meant = self.there | {name}
            client.create_repo(name)
            self.there = self.meant
            client.put(name, iter([("/a", b"a"), ("/b", b"b" * 100_000)]))
        self.there = self.meant
        self.done += 1

    def compare(self, client: Pachd) -> None:
        infos = client.call("ListRepo", pfs_pb2.ListRepoRequest(type="user"))
        found = {info.repo.name for info in infos if info.repo.name.startswith("repos-")}
        assert found in (self.there, self.meant), f"repos: {found} instead of {self.there}"
        for name in found:
            assert sorted(contents(client, head(name))) in ([], ["/a", "/b"]), "half a put"
        self.there = self.meant = found


class Jobs(Actor):
    """Puts the input of two pipelines, one after the other. Every job has to end well, whatever was killed."""

    name = "in"

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self.acknowledged: Files = {}
        self.meant: Files = {}

    def prepare(self, client: Pachd) -> None:
        client.create_repo("in")
        client.create("copy", "cp /pfs/in/* /pfs/out/", "in", parallelism_spec={"constant": 2})
        client.create("sum", "cat /pfs/copy/* > /pfs/out/sum", {"pfs": {"repo": "copy", "glob": "/"}})

        self._before = self._commits(client)

    def _commits(self, client: Pachd) -> set[str]:
        return {info.commit.id for info in client.call("ListCommit", pfs_pb2.ListCommitRequest(repo=repo("in")))}

    def act(self, client: Pachd) -> None:
        new = {f"/{self.dice.randrange(5)}": self.dice.choice([b"1", b"2", b"x" * 300_000]) for _unused in range(2)}
        self.meant = self.acknowledged | new
        client.put("in", iter(new.items()))
        self.acknowledged = self.meant
        self.done += 1
        if self.dice.random() < 0.7:
            client.wait("sum")

    def compare(self, client: Pachd) -> None:
        found = contents(client, head("in"))
        assert found in (self.acknowledged, self.meant), "in: not what was acknowledged"
        self.acknowledged = self.meant = found
        if not found:
            return
        client.wait("sum")
        assert contents(client, head("copy")) == found
        assert contents(client, head("sum")) == {"/sum": b"".join(found[path] for path in sorted(found))}
        commits = self._commits(client) - self._before
        assert len(commits) >= self.done
        for pipeline in ("copy", "sum"):
            ended = {job.job.id: job.state for job in client.jobs(pipeline)}
            assert set(ended.values()) == {pps_pb2.JOB_SUCCESS}, f"{pipeline}: {ended}"
            assert ended.keys() >= commits, f"{pipeline}: a commit without a job"


class Tool:
    """`gc` or `backup` beside the server, killed with it."""

    def __init__(self, root: Path, puts: Puts, *, collects: bool) -> None:
        self._puts = puts
        self._first = puts.done
        self._target = root.parent / "backup"
        arguments = ["gc"] if collects else ["backup", "--to", str(self._target)]
        self._collects = collects
        self._process = subprocess.Popen(
            [PROGRAM, arguments[0], "--root", root, *arguments[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def kill(self) -> None:
        self._process.kill()
        output = self._process.communicate()[0].decode()
        code = self._process.returncode
        assert code in (0, -9) or "try again when that is done" in output, output
        self.complete = code == 0

    def compare(self, scratch: Path) -> None:
        """A backup that said it was complete holds one moment between its start and its end."""
        if self._collects or not self.complete:
            return
        restore(self._target, scratch)
        store = FileSystem(scratch)
        assert list(problems(store.store)) == []
        with store.snapshot() as s:
            files = open_files(s, CommitName(RepoName("puts"), "", "master")) if self._first else None
            number = int(b"".join(files.read(files.get("/number")))) if files else 0
        store.close()
        shutil.rmtree(scratch)
        assert self._first <= number <= self._puts.done + 1


def contents(client: Client, commit: Any) -> Files:
    """All files of a commit; none when the branch is not there yet."""
    try:
        root = pfs_pb2.File(commit=commit, path="/")
        infos = [info for info in client.call("WalkFile", pfs_pb2.WalkFileRequest(file=root)) if info.size_bytes >= 0]
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        return {}
    found = {}
    for info in infos:
        if info.file_type == pfs_pb2.FILE:
            request = pfs_pb2.GetFileRequest(file=pfs_pb2.File(commit=info.file.commit, path=info.file.path))
            found[info.file.path] = b"".join(piece.value for piece in client.call("GetFile", request))
    return found


class Clients:
    """All actors at once, each in a thread of its own, until the server is killed."""

    def __init__(self, address: str, actors: list[Actor]) -> None:
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(address, actor), daemon=True) for actor in actors]
        for thread in self._threads:
            thread.start()

    def _run(self, address: str, actor: Actor) -> None:
        client = Pachd(address)
        try:
            while True:
                actor.act(client)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                self._faults.append(error)
        finally:
            client.close()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self._faults:
            raise AssertionError("a client failed before the server was killed") from self._faults[0]


def rounds(folder: Path, number: int, seed: int) -> Iterator[str]:
    """Kill and compare `number` times; gives a line about each round. AssertionError when something is lost."""
    dice = random.Random(seed)
    actors = [Puts(dice), Commits(dice), Repos(dice), Jobs(dice)]
    root = folder / "store"
    running = ServerProcess(root)
    first = Pachd(running.address)
    for actor in actors:
        actor.prepare(first)
    first.close()
    for each in range(number):
        clients = Clients(running.address, actors)
        delay = dice.uniform(0.02, 1.0)
        time.sleep(delay / 2)
        tool = Tool(root, actors[0], collects=each % 2 == 0)  # type: ignore[arg-type]
        time.sleep(delay / 2)
        running.kill()
        tool.kill()
        clients.join()
        if dice.random() < 0.3:
            _kill_starting(root, dice.uniform(0.1, 0.8))
        running = ServerProcess(root)
        _compare(running.address, actors, root)
        tool.compare(folder / f"restored-{each}")
        done = ", ".join(f"{actor.done} {actor.name}" for actor in actors)
        yield f"round {each + 1} of {number}: killed after {delay:.2f} s; acknowledged {done}"
    assert running.end() == 0


def _kill_starting(root: Path, delay: float) -> None:
    starting = subprocess.Popen(
        [PROGRAM, "serve", "--root", root, "--address", "127.0.0.1:0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(delay)
    starting.kill()
    starting.wait()


def _compare(address: str, actors: list[Actor], root: Path) -> None:
    client = Pachd(address)
    for actor in actors:
        actor.compare(client)
    client.close()
    with existing_store(root) as store:
        assert list(problems(store)) == []


def _short(history: list[tuple[str, bool, Files]]) -> list[tuple[str, bool, list[str]]]:
    return [(name[:4], finished, sorted(files)) for name, finished, files in history]
