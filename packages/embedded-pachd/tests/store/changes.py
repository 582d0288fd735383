# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that changes a store again and again, and prints before each change what it means the store to hold, and
afterwards that it holds it: to be traced by test_power_loss.py.

    python changes.py FOLDER SEED [database|PATTERN]     # the last: whose syncs to leave out (a pattern of paths)
"""

import hashlib
import json
import os
import random
import re
import signal
import sys
from pathlib import Path
from sqlite3 import Connection

from ptrace.binding import ptrace_traceme

from embedded_pachd.pfs import commit_sets, commits, file_sets, repos
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.names import BranchName, RepoName
from embedded_pachd.pfs.writing import Writer, writing
from embedded_pachd.pps.secrets import Secrets
from embedded_pachd.store.backup import backup
from embedded_pachd.store.collect import collect
from embedded_pachd.store.database import Database

REPO = RepoName("r")
MASTER = BranchName(REPO, "master")
STEPS = 30


class Changes:
    """`state`: what the store holds; hashes of files by path, secrets by name, and the files in the backup."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.dice = dice
        self.filesystem = FileSystem(folder / "a" / "store")
        self.secrets = Secrets(self.filesystem.store.root / "secrets")
        self.backup = folder / "backups" / "one"
        self.files: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.saved: dict[str, str] | None = None
        self.heads: list[str] = []

    def say(self, word: str) -> None:
        os.write(1, f"{word} {json.dumps([self.files, self.values, self.saved])}".encode())

    def step(self) -> None:
        getattr(self, self.dice.choice(["put", "put", "put", "put_set", "secret", "squash", "collect", "save"]))()
        self.say("done")

    def _new(self, writer: Writer) -> None:
        for _number in range(self.dice.randrange(1, 4)):
            path = f"/{self.dice.randrange(6)}"
            data = self.dice.randbytes(self.dice.choice([0, 10, 5_000, 70_000, 300_000]))
            writer.put(path, data)
            self.files[path] = hashlib.sha256(data).hexdigest()

    def put(self) -> None:
        with writing(self.filesystem.store) as writer:
            self._new(writer)
            self.say("means")
            changes = writer.changes
            with self.filesystem.transaction() as tx:
                repos.create(tx, REPO, update=True)
                name = commits.start(tx, MASTER)
                commits.apply(tx, name, changes)
                commits.finish(tx, name)
        self.heads.append(name.id)

    def put_set(self) -> None:
        before = dict(self.files)
        with writing(self.filesystem.store) as writer:
            self._new(writer)
            after, self.files = self.files, before
            changes = writer.changes
            with self.filesystem.transaction() as tx:
                set_id = file_sets.create(tx, changes)
        self.files = after
        self.say("means")
        with self.filesystem.store.batch() as batch, self.filesystem.transaction() as tx:
            repos.create(tx, REPO, update=True)
            name = commits.start(tx, MASTER)
            commits.apply(tx, name, file_sets.load(tx, batch, set_id))
            commits.finish(tx, name)
        self.heads.append(name.id)

    def secret(self) -> None:
        name = f"s{self.dice.randrange(3)}"
        if self.values.pop(name, None):
            self.say("means")
            self.secrets.delete(name)
            return
        self.values[name] = str(self.dice.random())
        self.say("means")
        self.secrets.create(json.dumps({"metadata": {"name": name}, "stringData": {"k": self.values[name]}}).encode())

    def squash(self) -> None:
        if len(self.heads) > 1:
            with self.filesystem.transaction() as tx:
                commit_sets.squash(tx, self.heads.pop(self.dice.randrange(len(self.heads) - 1)))

    def collect(self) -> None:
        collect(self.filesystem.store)

    def save(self) -> None:
        self.saved = dict(self.files)
        self.say("means")
        backup(self.filesystem.store, self.backup)


def leave_out(what: str) -> None:
    """Take syncs out of the store."""
    if what == "database":
        connect = Database._connect

        def careless(self: Database) -> Connection:
            connection = connect(self)
            connection.execute("PRAGMA synchronous=OFF")
            return connection

        Database._connect = careless  # type: ignore[method-assign]
    else:
        sync = os.fsync

        def some(descriptor: int) -> None:
            if not re.search(what, str(Path(f"/proc/self/fd/{descriptor}").readlink())):
                sync(descriptor)

        os.fsync = some  # type: ignore[assignment]


if __name__ == "__main__":
    for each in sys.argv[3:]:
        leave_out(each)
    ptrace_traceme()
    os.kill(os.getpid(), signal.SIGSTOP)
    changing = Changes(Path(sys.argv[1]), random.Random(sys.argv[2]))
    for _step in range(STEPS):
        changing.step()
    os._exit(0)
