# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store's folder: one database, one folder of packs, one lock."""

import fcntl
import os
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedded_pachd.errors import PachdError, PreconditionError
from embedded_pachd.store.chunks import ChunkBatch
from embedded_pachd.store.database import Database
from embedded_pachd.store.packs import Packs, make_folder
from embedded_pachd.store.tree import NodeCache

DATABASE = "pachd.sqlite"
PACKS = "packs"
_SERVER_LOCK = "lock"
_COLLECTOR_LOCK = "gc.lock"
_FLOCK = "@hhqqi"
"""Linux's struct flock: kind, whence, start, length, process. Its locks can be asked for without taking them."""


class Store:
    """`exclusive`: the server's way of opening; a second one is refused. Tools that may run beside it open without."""

    def __init__(self, root: Path, *, exclusive: bool = True) -> None:
        self.root = root
        make_folder(root)
        self._lock = _take_lock(root / _SERVER_LOCK) if exclusive else None
        self.database = Database(root / DATABASE)
        (root / DATABASE).chmod(0o600)
        self.packs = Packs(root / PACKS)
        self.nodes = NodeCache()
        if exclusive:
            self._remove_nameless_packs()

    @property
    def id(self) -> str:
        """Names this store for ever; clients take it for their cluster's id."""
        with self.database.write() as db:
            db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES ('id', ?)", (str(uuid.uuid4()),))
            return str(db.execute("SELECT value FROM setting WHERE name = 'id'").fetchone()[0])

    def _remove_nameless_packs(self) -> None:
        """What a crash left behind: packs that no transaction came to name. Not while `gc` or `backup` runs beside us:
        they have packs that are about to be named."""
        with suppress(PreconditionError), self.collecting():
            with self.database.read() as db:
                known = {name for (name,) in db.execute("SELECT name FROM pack")}
            for name in self.packs.names() - known:
                self.packs.remove(name)

    def in_use(self) -> bool:
        """Whether a server has the store open."""
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        with (self.root / _SERVER_LOCK).open("a") as file:
            found = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))
        return bool(found[0] != fcntl.F_UNLCK)

    def database_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.root.glob(DATABASE + "*"))

    @contextmanager
    def batch(self) -> Iterator[ChunkBatch]:
        """New chunks; garbage is not collected meanwhile, so that a chunk found to be there already stays."""
        with self.keep_garbage():
            batch = ChunkBatch(self.database, self.packs)
            try:
                yield batch
            finally:
                batch.close()

    @contextmanager
    def keep_garbage(self) -> Iterator[None]:
        with (self.root / _COLLECTOR_LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Held while garbage is removed; raises PreconditionError when uploads are under way."""
        with (self.root / _COLLECTOR_LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PreconditionError(
                    "files are being written or a backup is made: try again when that is done"
                ) from error
            yield

    def close(self) -> None:
        self.database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def existing_store(root: Path) -> Iterator[Store]:
    """A store for a tool that may run beside the server."""
    if not (root / DATABASE).is_file():
        raise PachdError(f"{root} holds no store")
    store = Store(root, exclusive=False)
    try:
        yield store
    finally:
        store.close()


def _take_lock(path: Path) -> int:
    """For as long as the handle that it gives is open."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except BlockingIOError as error:
        os.close(handle)
        raise PachdError(
            f"another server has {path.parent} open: stop it first, or give this one a folder of its own"
        ) from error
    return handle
