# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_v2.Debug: what somebody who helps from afar asks for. Archives are tar.gz, as pachd's are."""

import io
import sys
import tarfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

import embedded_pachd
from embedded_pachd.errors import InvalidError
from embedded_pachd.messages import debug_pb2
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call

_PIECE = 1024 * 1024
_SAMPLES_PER_SECOND = 50
_LONGEST_PROFILE = 60.0


class DebugService:
    """`report` gives the lines that describe the store."""

    def __init__(self, report: Callable[[], Iterator[str]]) -> None:
        self._report = report

    def GetDumpV2Template(self, _request: Any, _call: Call) -> Any:
        request = debug_pb2.DumpV2Request(system=debug_pb2.System(version=True, database=True))
        return debug_pb2.GetDumpV2TemplateResponse(request=request)

    def DumpV2(self, _request: Any, _call: Call) -> Iterator[Any]:
        texts = {"version.txt": f"embedded-pachd {embedded_pachd.__version__}\nPython {sys.version}\n"}
        yield _progress("version", 1)
        texts["status.txt"] = "\n".join(self._report()) + "\n"
        yield _progress("status", 2)
        for piece in _pieces(_archive(texts)):
            yield debug_pb2.DumpChunk(content=debug_pb2.DumpContent(content=piece))

    def Profile(self, request: Any, call: Call) -> Iterator[Any]:
        """Where the threads are, sampled for a while: a line per stack with its count, outermost call first."""
        if request.profile.name != "cpu":
            raise InvalidError(f'there is no profile "{request.profile.name}": only "cpu"')
        seconds = convert.nanoseconds(request.profile.duration) / 1e9
        end = time.monotonic() + min(seconds, _LONGEST_PROFILE)
        stacks: Counter[str] = Counter()
        while time.monotonic() < end and call.alive():
            for frame in sys._current_frames().values():
                calls = traceback.extract_stack(frame)
                stacks[";".join(f"{c.name} ({Path(c.filename).name}:{c.lineno})" for c in calls)] += 1
            time.sleep(1 / _SAMPLES_PER_SECOND)
        text = "".join(f"{stack} {count}\n" for stack, count in stacks.most_common())
        yield from map(_bytes, _pieces(_archive({"cpu.folded": text})))

    def Binary(self, _request: Any, _call: Call) -> Iterator[Any]:
        """The code that is running."""
        folder = Path(embedded_pachd.__file__).parent
        texts = {str(path.relative_to(folder.parent)): path.read_text() for path in sorted(folder.rglob("*.py"))}
        yield from map(_bytes, _pieces(_archive(texts)))


def _progress(task: str, done: int) -> Any:
    return debug_pb2.DumpChunk(progress=debug_pb2.DumpProgress(task=task, total=2, progress=done))


def _bytes(piece: bytes) -> BytesValue:
    return BytesValue(value=piece)


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))


def _archive(texts: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, text in texts.items():
            data = text.encode()
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return target.getvalue()
