# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port-forward inside this process: a socket whose every connection leads to a port of a pod."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from ._errors import UserError

PIECE = 1024 * 1024  # bytes


class Forward:
    """`open_stream` makes one connection to `port`, as the Kubernetes client's PortForward.

    The first is made at once, so that what is wrong with it is known before anybody connects. The socket lies in a
    folder that only its owner can enter: another user of this machine cannot come in by it.
    """

    def __init__(self, open_stream: Callable[[], Any], port: int) -> None:
        self._open_stream, self._port = open_stream, port
        self._unused = [open_stream()]
        self._last = self._unused[0]
        self._error = ""
        self._folder = Path(tempfile.mkdtemp(prefix="pachd-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        Thread(target=self._serve, name=f"forward to {port}", daemon=True).start()

    @property
    def path(self) -> Path:
        """Of the socket."""
        return self._folder / "socket"

    @property
    def trouble(self) -> str:
        """What went wrong with the last connection, as far as it is known."""
        return self._error or self._last.error(self._port) or ""

    def close(self) -> None:
        """Take no more connections; those there are end with their client's."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stream in self._unused:
            stream.socket(self._port).shutdown(socket.SHUT_WR)
        shutil.rmtree(self._folder)

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, here: socket.socket) -> None:
        try:
            self._last = self._unused.pop() if self._unused else self._open_stream()
        except UserError as error:
            self._error = str(error)
            here.close()
            return
        Thread(target=_carry, args=(here, self._last.socket(self._port)), daemon=True).start()


def _carry(here: socket.socket, there: socket.socket) -> None:
    """Both ways, until both sides have ended."""
    back = Thread(target=_pass_on, args=(there, here), daemon=True)
    back.start()
    _pass_on(here, there)
    back.join()
    here.close()
    there.close()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
