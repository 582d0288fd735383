# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the embedded pachd's file system beside those of a real pachd 2.7.6 and the aim; nothing passes or fails.

.venvs/pachd/bin/python tests/bench/bench_pfs.py [--million]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/embedded-pachd/tests"))
from client import Client, ServerProcess, head

from embedded_pachd.messages import pfs_pb2

KILOBYTE = os.urandom(1000)
MEGABYTE = os.urandom(2**20)


def shown(server: ServerProcess, what: str, real: str, aim: str, call: Callable[[], object]) -> None:
    """With the server's processor time, which other work on the machine (the client's too) does not change."""
    start, before = time.perf_counter(), processor_seconds(server.pid)
    call()
    took, busy = time.perf_counter() - start, processor_seconds(server.pid) - before
    print(f"{what:36s} {took:8.3f} s, server {busy:6.2f} s   real {real:>9s}   aim {aim:>7s}", flush=True)


def small_files(number: int, folder: Callable[[int], str] = lambda _: "") -> Iterator[tuple[str, bytes]]:
    return ((f"{folder(i)}/f{i:07d}", b"%08d" % i + KILOBYTE) for i in range(number))


def commit(client: Client, times: int) -> None:
    """A new content for one of the 10,000 files, again and again."""
    for number in range(times):
        client.put("small", iter([(f"/f{number:07d}", b"%d" % number)]))


def listed(client: Client, repo: str) -> int:
    request = pfs_pb2.ListFileRequest(file=pfs_pb2.File(commit=head(repo), path="/"))
    return sum(1 for _unused in client.call("ListFile", request, timeout=600))


def memory(pid: int, field: str) -> str:
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return f"{int(lines[field].split()[0]) / 1024:.0f} MB"


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(root: Path, million: bool) -> None:
    start = time.perf_counter()
    server = ServerProcess(root)
    print(f"{'start, empty':44s} {time.perf_counter() - start:8.3f} s   real {'-':>9s}   aim {'0.5':>7s}")
    print(f"idle memory {memory(server.pid, 'VmRSS')} (aim 150 MB); load of this machine {os.getloadavg()[0]:.1f}")
    client = Client(server.address)
    for name in ("small", "large", "many", "flat", "nested"):
        client.create_repo(name)
    shown(server, "put 10,000 files of 1 KB", "0.73", "1", lambda: client.put("small", small_files(10_000)))
    shown(server, "change 1 of 10,000", "0.10", "0.1", lambda: client.put("small", iter([("/f0000001", b"x")])))
    shown(server, "1,000 commits of a file each", "-", "-", lambda: commit(client, 1_000))
    shown(server, "put 512 MB", "6.5", "5", lambda: client.put("large", iter([("/large", MEGABYTE * 512)])))
    shown(server, "get 512 MB", "2.7", "2", lambda: client.get("large", "/large"))
    shown(server, "put 100,000 files of 1 KB", "5.5", "8", lambda: client.put("many", small_files(100_000)))
    shown(server, "list 100,000", "3.0", "3", lambda: listed(client, "many"))
    shown(server, "get 1 of 100,000", "1.4", "0.1", lambda: client.get("many", "/f0050000"))
    if million:
        for name, folder in (("flat", lambda _: ""), ("nested", lambda i: f"/{i % 100}/{i // 100 % 100}")):
            for part in range(10):
                numbers = range(part, 1_000_000, 10)
                client.put(name, ((f"{folder(i)}/f{i:07d}", b"%d" % i) for i in numbers))
            shown(
                server, f"change 1 of 1,000,000, {name}", "-", "0.1", lambda n=name: client.put(n, iter([("/x", b"x")]))
            )
    print(f"memory now {memory(server.pid, 'VmRSS')}, at most {memory(server.pid, 'VmHWM')}")
    print(f"processor time of the server {processor_seconds(server.pid):.1f} s")
    client.close()
    server.end()
    start = time.perf_counter()
    server = ServerProcess(root)
    print(f"{'start with all of it':44s} {time.perf_counter() - start:8.3f} s   real {'-':>9s}   aim {'1':>7s}")
    server.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="repos of 1,000,000 files too (some minutes)")
    with tempfile.TemporaryDirectory(prefix="bench-pfs-") as folder:
        run(Path(folder) / "store", parser.parse_args().million)


if __name__ == "__main__":
    main()
