# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long pipelines take, beside what a real pachd 2.7.6 took (2 cores, warm worker). Prints, judges nothing.

python tests/bench/bench_pps.py [number of datums, ...]      (200 2000)
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/embedded-pachd/tests"))
from client import server
from pachd import Pachd

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps import etc
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.images import Environment
from embedded_pachd.pps.launch import sandboxed
from embedded_pachd.pps.process import run
from embedded_pachd.pps.sandbox import Sandbox

REAL = {"trivial": "1.4-1.6 s", 200: ("6.0 s", "1.2-1.9 s"), 2000: ("46 s", "2.3-2.9 s")}


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(what: str, took: float, real: str = "") -> None:
    print(f"{what:<44} {took:8.3f} s   {f'real pachd: {real}' if real else ''}", flush=True)


def sandbox_start(folder: Path) -> None:
    for name in ("pfs", "tmp"):
        (folder / name).mkdir()
    sandbox = Sandbox(Environment(), etc.make(folder / "etc"), folder / "pfs", folder / "tmp")

    def start() -> None:
        with sandboxed(sandbox, {"PATH": "/usr/bin"}, ["true"]) as launch:
            run(launch, b"", None, print, Cancellation())

    show("start and end of a sandbox, median of 100", statistics.median(seconds(start) for _unused in range(100)))


def done(pachd: Pachd, name: str) -> None:
    job = pachd.wait(name)
    if job.state != pps_pb2.JOB_SUCCESS:
        raise SystemExit(f"the job of {name} failed: {job.reason}")


def trivial(pachd: Pachd) -> None:
    pachd.create_repo("one")
    pachd.create("trivial", "cp /pfs/one/* /pfs/out/", "one")
    done(pachd, "trivial")

    def push(number: int) -> None:
        pachd.files("one", f=str(number))
        done(pachd, "trivial")

    times = [seconds(lambda number=number: push(number)) for number in range(20)]
    show("one trivial datum, put to finished, median", statistics.median(times), REAL["trivial"])


def many(pachd: Pachd, count: int) -> None:
    repo, pipeline = f"in{count}", f"cat{count}"
    real = REAL.get(count, ("", ""))
    pachd.create_repo(repo)
    pachd.put(repo, contents(count))
    tree = {"pfs": {"repo": repo, "name": "in", "glob": "/*"}}

    def first() -> None:
        script = "cat $in > /pfs/out/$(basename $in)"
        pachd.create(pipeline, script, tree, parallelism_spec={"constant": 2})
        done(pachd, pipeline)

    def change(number: int) -> None:
        pachd.files(repo, f7=f"changed {number}")
        done(pachd, pipeline)

    show(f"{count} datums of cat, parallelism 2", seconds(first), real[0])
    times = [seconds(lambda number=number: change(number)) for number in range(5)]
    show(f"one changed datum of {count}, median", statistics.median(times), real[1])


def contents(count: int) -> Iterator[tuple[str, bytes]]:
    return ((f"/f{number}", b"%d\n" % number) for number in range(count))


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [200, 2000]
    with tempfile.TemporaryDirectory(prefix="bench pps ") as folder:
        sandbox_start(Path(folder))
        with server(Path(folder, "a root")) as running:
            pachd = Pachd(running.address)
            trivial(pachd)
            for count in counts:
                many(pachd, count)


if __name__ == "__main__":
    main()
