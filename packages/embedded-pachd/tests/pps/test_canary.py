# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret's value is searched for everywhere: it may be in the folder of secrets and in the step, and nowhere else."""

import base64
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import ServerProcess
from google.protobuf.empty_pb2 import Empty
from pachd import Pachd

from embedded_pachd.messages import debug_pb2, pfs_pb2, pps_pb2

CANARY = "canary-7f3b9c21e5"
SIGNS = [CANARY.encode(), base64.b64encode(CANARY.encode()).rstrip(b"=")]
# Says that it knows both values, without saying them, and stays until it is told to go on.
STEP = """
test "$VALUE" = "$(cat /secrets/key)" && test ${#VALUE} = 17 && echo known > /pfs/out/answer
while ! test -e /tmp/go; do sleep 0.05; done
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which the server inherits."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def server(tmp_path: Path, temporary: Path) -> Iterator[ServerProcess]:
    with (tmp_path / "log").open("wb") as log:
        running = ServerProcess(tmp_path / "store", stderr=log)
        yield running
        running.kill()


def betrayals(*places: Path) -> list[str]:
    """Files with the value in their name or bytes."""
    files = (path for place in places for path in ([place] if place.is_file() else place.rglob("*")))
    return [str(path) for path in files if any(sign in os.fsencode(path.name) + _bytes(path) for sign in SIGNS)]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b""
    except FileNotFoundError:
        return b""


def processes_that_know() -> list[str]:
    """Command lines with the value, and environments of those processes with it that are not in a sandbox."""
    found = []
    outside = Path("/proc/self/ns/pid").readlink()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(sign in (process / "cmdline").read_bytes() for sign in SIGNS):
                found.append(str(process / "cmdline"))
            in_sandbox = (process / "ns/pid").readlink() != outside
            if not in_sandbox and any(sign in (process / "environ").read_bytes() for sign in SIGNS):
                found.append(str(process / "environ"))
        except OSError:  # it has just ended
            continue
    return found


def test_a_secret_stays_where_it_belongs(tmp_path: Path, temporary: Path, server: ServerProcess) -> None:
    store = tmp_path / "store"
    pachd = Pachd(server.address)
    pachd.secret("s", key=CANARY)
    pachd.create_repo("in")
    pachd.files("in", a="1")
    secrets = [{"name": "s", "key": "key", "env_var": "VALUE"}, {"name": "s", "mount_path": "/secrets"}]
    pachd.create("p", STEP, "in", transform={"secrets": secrets})
    while not (answers := list(store.glob("scratch/**/pfs/out/answer"))):
        assert not pachd.jobs("p") or not pachd.jobs("p")[0].HasField("finished"), "the step does not know the secret"
        time.sleep(0.02)
    assert processes_that_know() == []
    (answers[0].parents[2] / "tmp/go").touch()
    assert pachd.wait("p").state == pps_pb2.JOB_SUCCESS
    assert pachd.get("p", "/answer") == b"known\n"
    pachd.create("leaves", "exit 1", "in", transform={"secrets": secrets})
    assert pachd.wait("leaves").state == pps_pb2.JOB_FAILURE

    program = Path(sys.executable).parent / "embedded-pachd"
    for command in (["status"], ["fsck"], ["backup", "--to", str(tmp_path / "backup")]):
        done = subprocess.run([program, *command, "--root", store], capture_output=True, check=True)
        assert not any(sign in done.stdout + done.stderr for sign in SIGNS)
    assert not any(sign in answer for answer in _answers(pachd) for sign in SIGNS)
    secret = store / "secrets/s.json"
    assert betrayals(store, tmp_path / "backup", temporary, tmp_path / "log", Path("/dev/shm")) == [
        str(secret),
        str(tmp_path / "backup/secrets/s.json"),
    ]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (store, secret.parent, secret)]
    assert modes == [0o700, 0o700, 0o600]

    pachd.pps("DeleteSecret", pps_pb2.DeleteSecretRequest(secret=pps_pb2.Secret(name="s")))
    subprocess.run([program, "backup", "--to", tmp_path / "backup", "--root", store], capture_output=True, check=True)
    pachd.close()
    assert server.end() == 0
    assert betrayals(tmp_path) == []


def _answers(pachd: Pachd) -> Iterator[bytes]:
    """All that clients can ask for."""
    pipeline = pps_pb2.Pipeline(name="p")
    yield from (message.SerializeToString() for message in [pachd.pps("ListSecret", Empty())])
    yield pachd.pps("InspectSecret", pps_pb2.InspectSecretRequest(secret=pps_pb2.Secret(name="s"))).SerializeToString()
    for rpc, request in (
        ("ListPipeline", pps_pb2.ListPipelineRequest(details=True)),
        ("ListJob", pps_pb2.ListJobRequest(pipeline=pipeline, details=True)),
        ("GetLogs", pps_pb2.GetLogsRequest(pipeline=pipeline)),
        ("ListDatum", pps_pb2.ListDatumRequest(job=pachd.job("p"))),
    ):
        yield from (message.SerializeToString() for message in pachd.pps(rpc, request))
    for info in pachd.call("ListRepo", pfs_pb2.ListRepoRequest(type="")):
        for path in pachd.paths(info.repo.name) if info.repo.type == "user" else ():
            yield path.encode()
    for message in pachd.call("DumpV2", debug_pb2.DumpV2Request(), "debug_v2.Debug"):
        yield message.SerializeToString()
