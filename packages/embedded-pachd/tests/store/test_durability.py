# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was acknowledged stays, whenever the server is killed; and a full disk damages nothing."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import pytest
from client import Client, ServerProcess, head

from embedded_pachd.messages import pfs_pb2
from embedded_pachd.store.check import problems
from embedded_pachd.store.store import Store

ROUNDS = 6


class Uploader(threading.Thread):
    """Puts files until the server is gone, and keeps what was acknowledged."""

    def __init__(self, address: str, number: int, files: dict[str, bytes]) -> None:
        super().__init__(daemon=True)
        self._client = Client(address)
        self._dice = random.Random(number)
        self._repo = f"repo-{number}"
        self.acknowledged = files
        self.maybe: dict[str, bytes] = {}

    def run(self) -> None:
        try:
            while True:
                size = self._dice.choice([0, 10, 5_000, 200_000])
                self.maybe = {f"/{self._dice.randrange(8)}": self._dice.randbytes(size) for _ in range(2)}
                self._client.put(self._repo, iter(self.maybe.items()))
                self.acknowledged.update(self.maybe)
                self.maybe = {}
        except grpc.RpcError:
            self._client.close()


def test_killed_at_random_moments(tmp_path: Path) -> None:
    dice = random.Random(11)
    uploads: list[dict[str, bytes]] = [{}, {}]
    for round_number in range(ROUNDS):
        running = ServerProcess(tmp_path / "store")
        client = Client(running.address)
        if round_number == 0:
            for number in range(len(uploads)):
                client.create_repo(f"repo-{number}")
        threads = [Uploader(running.address, n, files) for n, files in enumerate(uploads)]
        for thread in threads:
            thread.start()
        time.sleep(0.3 + dice.random() * 0.5)
        running.kill()
        client.close()
        for thread in threads:
            thread.join(60)
        store = Store(tmp_path / "store")
        assert list(problems(store)) == []
        store.close()
        again = ServerProcess(tmp_path / "store")
        client = Client(again.address)
        for number, thread in enumerate(threads):
            uploads[number] = _found(client, f"repo-{number}", thread)
        client.close()
        assert again.end() == 0
    assert any(uploads)


def _found(client: Client, repo: str, thread: Uploader) -> dict[str, bytes]:
    """The files that are there: all that was acknowledged, with the last upload wholly or not at all."""
    try:
        found = {path: client.get(repo, path) if _size(client, repo, path) else b"" for path in client.paths(repo)}
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        found = {}
    assert found in (thread.acknowledged, thread.acknowledged | thread.maybe)
    return found


def _size(client: Client, repo: str, path: str) -> int:
    request = pfs_pb2.InspectFileRequest(file=pfs_pb2.File(commit=head(repo), path=path))
    return int(client.call("InspectFile", request).size_bytes)


def _fill(client: Client) -> None:
    """More small files than the database may take."""
    for number in range(40):
        dice = random.Random(number)
        client.put("r", ((f"/{number}-{n}", dice.randbytes(50_000)) for n in range(20)))


LIMIT = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, 8_000_000))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_disk_that_takes_no_more_is_told_and_harms_nothing(tmp_path: Path) -> None:
    """Simulated by a limit on the size of files, which both packs and the database run into."""
    running = ServerProcess(tmp_path / "store", prefix=(sys.executable, "-c", LIMIT))
    client = Client(running.address)
    try:
        client.create_repo("r")
        client.put("r", iter([("/kept", b"x" * 100_000)]))
        with pytest.raises(grpc.RpcError) as caught:
            client.put("r", iter([("/large", bytes(20_000_000))]))
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.RpcError) as caught:
            _fill(client)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "space" in caught.value.details() or "disk" in caught.value.details()
        assert client.get("r", "/kept") == b"x" * 100_000
    finally:
        client.close()
        running.kill()
    program = Path(sys.executable).parent / "embedded-pachd"
    checked = subprocess.run(
        [program, "fsck", "--root", tmp_path / "store"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "no problem found\n")
