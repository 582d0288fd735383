# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of the embedded pachd: idle, and its peak while many clients upload large files at once.

.venvs/pachd/bin/python tests/bench/bench_memory.py [--uploads 50] [--megabytes 100]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/embedded-pachd/tests"))
from client import Client, ServerProcess

MEGABYTE = os.urandom(2**20)


def memory(pid: int, field: str) -> int:
    """VmRSS or VmHWM (its peak), in MB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines[field].split()[0]) // 1024


def run(folder: Path, uploads: int, megabytes: int) -> None:
    server = ServerProcess(folder / "store")
    print(f"idle {memory(server.pid, 'VmRSS')} MB (aim 150)", flush=True)
    clients = [Client(server.address) for _number in range(uploads)]
    for number, client in enumerate(clients):
        client.create_repo(f"r{number}")

    def put(number: int) -> None:
        def files() -> Iterator[tuple[str, bytes]]:
            yield "/large", b"%d" % number + MEGABYTE * megabytes

        clients[number].put(f"r{number}", files())

    start = time.perf_counter()
    with ThreadPoolExecutor(uploads) as pool:
        list(pool.map(put, range(uploads)))
    print(
        f"{uploads} uploads of {megabytes} MB at once: {time.perf_counter() - start:.0f} s, "
        f"peak {memory(server.pid, 'VmHWM')} MB, afterwards {memory(server.pid, 'VmRSS')} MB"
    )
    for client in clients:
        client.close()
    server.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
        run(Path(folder), options.uploads, options.megabytes)
