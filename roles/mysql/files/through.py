# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program with a Unix socket that leads to the database server in a pod.

    through.py PLACE PROGRAM [ARGUMENT...]

PLACE is what database.connect wants for a pod, as JSON; ``{socket}`` in an argument becomes the path of the socket.
Ends with the exit code of the program.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from database import Unreachable, forwarded

PIECE = 64 * 1024


def copy(source: Any, target: Any) -> None:
    """All bytes until one of the two is closed, then close the other's way."""
    with contextlib.suppress(OSError):
        while data := source.recv(PIECE):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def serve(listener: socket.socket, place: dict[str, Any]) -> None:
    """A port-forward of its own for every connection; one that cannot be had is closed at once."""
    with contextlib.suppress(OSError):  # the listener is closed at the end
        while True:
            here, _address = listener.accept()
            try:
                there = forwarded(place)
            except Unreachable as error:
                print(f"through.py: {error}", file=sys.stderr)
                here.close()
                continue
            for pair in ((here, there), (there, here)):
                threading.Thread(target=copy, args=pair, daemon=True).start()


def main() -> int:
    place, command = json.loads(sys.argv[1]), sys.argv[2:]
    # the folder is only this user's, as nobody else may come in by it
    with tempfile.TemporaryDirectory(prefix="cpsign-") as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "mysql.sock"
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=serve, args=(listener, place), daemon=True).start()
        arguments = [word.replace("{socket}", str(path)) for word in command]
        return subprocess.run(arguments, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
