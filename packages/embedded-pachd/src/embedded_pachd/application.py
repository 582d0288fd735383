# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running server: all layers put together."""

from pathlib import Path
from types import TracebackType

from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pps.system import PipelineSystem
from embedded_pachd.status import report
from embedded_pachd.wire.debug_service import DebugService
from embedded_pachd.wire.pps_service import PpsService
from embedded_pachd.wire.server import Listening, Server
from embedded_pachd.wire.steps import Steps

_GRACE = 2.0
"""Seconds that calls under way get when the server ends."""


class Application:
    """Opens the store and listens; usable as a context."""

    def __init__(
        self,
        root: Path,
        at: Listening,
        images: Path | None = None,
        sandbox: bool = True,
        egress: Path | None = None,
    ) -> None:
        self.filesystem = FileSystem(root)
        try:
            self._pipelines = PipelineSystem(self.filesystem, images, sandbox, egress)
            steps = Steps(self.filesystem)
            more = {
                "pps_v2.API": PpsService(self._pipelines, steps),
                "debug_v2.Debug": DebugService(lambda: report(self.filesystem.store)),
            }
            self._server = Server(self.filesystem, steps, self.filesystem.store.id, more, at)
        except BaseException:
            self.filesystem.close()
            raise
        self.address = self._server.address
        self._pipelines.start()
        self._server.start()

    def close(self) -> None:
        self._server.stop(_GRACE).wait()
        self._pipelines.close()
        self.filesystem.close()

    def __enter__(self) -> "Application":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()
