# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""byte_fuzzer.py FOLDER [libFuzzer's options]: bytes for calls, chosen so that they reach ever more of the code.

The first byte says which call, the rest is its message, or several, each after a byte with its length. Whatever they
are, the call answers or refuses; anything else ends the program with the exception.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import atheris
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import BytesValue

with atheris.instrument_imports(include=["embedded_pachd"]):
    from embedded_pachd.errors import PachdError
    from embedded_pachd.messages import message_class, pfs_pb2, pps_pb2, service
    from embedded_pachd.pfs.filesystem import FileSystem
    from embedded_pachd.pps.system import PipelineSystem
    from embedded_pachd.wire.pfs_service import PfsService
    from embedded_pachd.wire.pps_service import PpsService
    from embedded_pachd.wire.steps import Steps
    from embedded_pachd.wire.transaction_service import TransactionService

REPO = pfs_pb2.Repo(name="r", type="user", project=pfs_pb2.Project(name="default"))
HEAD = pfs_pb2.Commit(repo=REPO, branch=pfs_pb2.Branch(repo=REPO, name="master"))
FILE = pfs_pb2.File(commit=HEAD, path="/a")
PFS = pps_pb2.PFSInput(name="r", repo="r", glob="/*")
SPEC = pps_pb2.CreatePipelineRequest(
    pipeline=pps_pb2.Pipeline(name="p"),
    transform=pps_pb2.Transform(image="alpine", cmd=["true"]),
    input=pps_pb2.Input(cross=[pps_pb2.Input(pfs=PFS)]),
)
UPLOAD = [
    pfs_pb2.ModifyFileRequest(set_commit=HEAD),
    pfs_pb2.ModifyFileRequest(delete_file=pfs_pb2.DeleteFile(path="/a")),
    pfs_pb2.ModifyFileRequest(add_file=pfs_pb2.AddFile(path="/a", raw=BytesValue(value=b"x"))),
]
SEEDS = [
    pfs_pb2.CreateRepoRequest(repo=REPO, update=True),
    pfs_pb2.StartCommitRequest(branch=HEAD.branch),
    pfs_pb2.InspectCommitRequest(commit=HEAD),
    pfs_pb2.ListCommitRequest(repo=REPO, to=HEAD),
    pfs_pb2.CreateBranchRequest(head=HEAD, branch=HEAD.branch, provenance=[HEAD.branch]),
    pfs_pb2.GetFileRequest(file=FILE),
    pfs_pb2.WalkFileRequest(file=FILE),
    pfs_pb2.GlobFileRequest(commit=HEAD, pattern="/{a,b}*"),
    pfs_pb2.DiffFileRequest(new_file=FILE, old_file=FILE),
    SPEC,
    pps_pb2.ListDatumRequest(input=SPEC.input),
]
"""Messages that make sense, for every call that takes one of their type."""
OFTEN_ANEW = 100


class Gone:
    """A client that waits for nothing."""

    transaction_id = ""

    def alive(self) -> bool:
        return False


class Target:
    def __init__(self, folder: Path) -> None:
        filesystem = FileSystem(folder / "store")
        steps = Steps(filesystem)
        served: dict[str, Any] = {
            "pfs_v2.API": PfsService(filesystem, steps, fetch_urls=False),
            "pps_v2.API": PpsService(PipelineSystem(filesystem, None, True), steps),  # not started: no job runs
            "transaction_v2.API": TransactionService(filesystem, steps),
        }
        self._calls = [
            (getattr(servicer, rpc.name), rpc)
            for name, servicer in served.items()
            for rpc in service(name).methods
            if hasattr(servicer, rpc.name)
        ]
        self._pfs = served["pfs_v2.API"]
        self._count = 0

    def seeds(self) -> Iterator[bytes]:
        for number, (_method, rpc) in enumerate(self._calls):
            known = UPLOAD if rpc.client_streaming else [m for m in SEEDS if rpc.input_type == m.DESCRIPTOR]
            packed = [message.SerializeToString() for message in known] or [b""]
            if rpc.client_streaming:
                packed = [b"".join(bytes([len(message)]) + message for message in packed)]
            yield from (bytes([number]) + message for message in packed)

    def try_bytes(self, data: bytes) -> None:
        if self._count % OFTEN_ANEW == 0:
            with suppress(PachdError):
                self._pfs.CreateRepo(SEEDS[0], Gone())
                self._pfs.ModifyFile(iter(UPLOAD), Gone())
        self._count += 1
        method, rpc = self._calls[data[0] % len(self._calls) if data else 0]
        parse = message_class(rpc.input_type).FromString
        with suppress(PachdError, DecodeError):
            answer = method(map(parse, _split(data[1:])) if rpc.client_streaming else parse(data[1:]), Gone())
            if rpc.server_streaming:
                list(islice(answer or (), 50))


def _split(data: bytes) -> Iterator[bytes]:
    while data:
        yield data[1 : 1 + data[0]]
        data = data[1 + data[0] :]


def main() -> None:
    logging.disable()
    folder = Path(sys.argv.pop(1))
    target = Target(folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds()):
        (corpus / str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], target.try_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
