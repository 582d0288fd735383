# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full disk damages nothing."""

import random
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from client import Client, ServerProcess

from embedded_pachd.messages import pfs_pb2


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


def test_a_full_disk_is_told_and_free_space_heals(tmp_path: Path) -> None:
    """A small file system of the server's own, filled and freed again."""
    place = tmp_path / "small"
    place.mkdir()
    jail = ("bwrap", "--dev-bind", "/", "/", "--size", "30000000", "--tmpfs", str(place), "--die-with-parent")
    running = ServerProcess(place / "a" / "store", prefix=jail, token_in=tmp_path)
    client = Client(running.address)
    inside = Path(f"/proc/{_child(running.pid)}/root{place}")
    try:
        client.create_repo("r")
        client.put("r", iter([("/kept", b"x" * 100_000)]))
        (inside / "ballast").write_bytes(bytes(20_000_000))
        for size in (20_000_000, 60_000):
            with pytest.raises(grpc.RpcError) as caught:
                _put_many(client, size)
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert client.get("r", "/kept") == b"x" * 100_000
        (inside / "ballast").unlink()
        client.put("r", iter([("/later", b"y" * 100_000)]))
        assert client.get("r", "/later") == b"y" * 100_000
        assert list(client.call("Fsck", pfs_pb2.FsckRequest())) == []
    finally:
        client.close()
        running.kill()


def _put_many(client: Client, size: int) -> None:
    for number in range(400):
        client.put("r", iter([(f"/{number}", random.Random(number).randbytes(size))]))


def _child(pid: int) -> int:
    """The server itself, under bwrap."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
