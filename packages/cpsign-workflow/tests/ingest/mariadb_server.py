# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real MariaDB server with a data folder of its own, for tests and benchmarks."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql
from pymysql.cursors import Cursor

START_SECONDS = 60


def _program(name: str) -> str:
    """mariadbd lies in sbin, which an ordinary user's PATH does not hold."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: install mariadb-server-core"
    return found


@dataclass
class Server:
    folder: Path
    socket: Path
    port: int
    process: subprocess.Popen[bytes]

    def connect(self, database: str | None = None) -> "pymysql.Connection[Cursor]":
        return pymysql.connect(
            unix_socket=str(self.socket), user=getpass.getuser(), database=database, autocommit=True, local_infile=True
        )

    def execute(self, *statements: str, database: str | None = None) -> None:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    """Start one in ``folder`` (a short path: a socket's has 107 characters at most); stop it at the end."""
    user = getpass.getuser()
    subprocess.run(
        [
            _program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--user={user}",
            f"--auth-root-socket-user={user}",
            "--auth-root-authentication-method=socket",
            "--skip-test-db",
        ],
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = folder / "s"
    process = subprocess.Popen(
        [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--socket={path}",
            "--bind-address=127.0.0.1",
            f"--port={port}",
            f"--user={user}",
            f"--log-error={folder / 'log'}",
            f"--pid-file={folder / 'pid'}",
            "--local-infile=1",
            *options,
        ]
    )
    running = Server(folder, path, port, process)
    try:
        _wait(running)
        yield running
    finally:
        running.stop()


def _wait(running: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            running.connect().close()
        except pymysql.MySQLError:
            alive = running.process.poll() is None and time.monotonic() < deadline
            assert alive, (running.folder / "log").read_text()
            time.sleep(0.05)
        else:
            return
