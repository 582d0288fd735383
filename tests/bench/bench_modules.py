# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long tasks take beside pachctl's figures and the aims for them. Prints, judges nothing.

.venvs/testing/bin/python tests/bench/bench_modules.py [megabytes of the big file]      (512)

Every task is a module in a process of its own, its start included, against an embedded pachd that is started here.
Beside the time stands what the module's processor did: on a busy machine the rest was spent waiting for one.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/unit/plugins"))
from conftest import MODULES, TOKEN, serving  # noqa: E402

ROUNDS = 5
FILES = 10_000
RUN = f"""
import importlib, json, sys
from ansible.module_utils.testing import patch_module_args
with patch_module_args(json.load(sys.stdin)):
    importlib.import_module("{MODULES}.pachyderm_" + sys.argv[1]).main()
"""
IMPORT = f"""
import importlib, sys, time
clock, processor = time.perf_counter(), time.process_time()
importlib.import_module("{MODULES}.pachyderm_" + sys.argv[1])
print(time.perf_counter() - clock, time.process_time() - processor)
"""


@dataclass(frozen=True, order=True)
class Took:
    """Seconds on the clock, and of a processor."""

    clock: float
    processor: float

    def __add__(self, other: Took) -> Took:
        return Took(self.clock + other.clock, self.processor + other.processor)


def show(work: str, took: Took, aim: str, pachctl: str = "") -> None:
    beside = f"   pachctl: {pachctl}" if pachctl else ""
    print(f"{work:<36} {took.clock:6.2f} s (processor {took.processor:5.2f} s)   aim: {aim}{beside}", flush=True)


def child(command: list[str], given: str = "") -> tuple[Took, str]:
    """What a process took, and its output; ends this one when it failed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, input=given, check=False, capture_output=True, text=True)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{command[-1]}: {done.stdout} {done.stderr}")
    return Took(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), done.stdout


class Tasks:
    """Modules as processes, with the connection given."""

    def __init__(self, address: str, folder: Path) -> None:
        self._connection = {"address": address, "token": TOKEN, "_ansible_remote_tmp": str(folder)}

    def expect(self, changed: bool, module: str, **arguments: Any) -> Took:
        """What a task took that must report this."""
        took, output = child([sys.executable, "-c", RUN, module], json.dumps({**self._connection, **arguments}))
        if json.loads(output)["changed"] is not changed:
            sys.exit(f"{module}: expected changed={changed}: {output}")
        return took


def unchanged(tasks: Tasks) -> None:
    repos = [{"name": f"r{number}", "description": "bench"} for number in range(12)]
    specs = [
        {
            "pipeline": {"name": f"p{number}"},
            "transform": {"image": "alpine", "cmd": ["true"]},
            "input": {"pfs": {"repo": f"r{number}", "glob": "/*"}},
        }
        for number in range(6)
    ]
    tasks.expect(True, "repo", repos=repos)
    tasks.expect(True, "pipeline", specs=specs)
    rounds = [
        tasks.expect(False, "repo", repos=repos) + tasks.expect(False, "pipeline", specs=specs)
        for _unused in range(ROUNDS)
    ]
    show("12 repos and 6 pipelines unchanged", statistics.median_low(rounds), "<= 1.5 s")


def small_files(tasks: Tasks, folder: Path) -> None:
    for number in range(FILES):
        (folder / f"{number:05}").write_bytes(os.urandom(100))
    tasks.expect(True, "repo", name="many")
    wanted = {"repo": "many", "src": str(folder), "state": "synced"}
    show("10,000 small files, first time", tasks.expect(True, "file", **wanted), "<= 2 s", "0.73 s")
    rounds = [tasks.expect(False, "file", **wanted) for _unused in range(ROUNDS)]
    show("the same, unchanged, nothing sent", statistics.median_low(rounds), "<= 1.5 s", "0.73 s, all sent again")


def big_file(tasks: Tasks, path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        for _unused in range(megabytes):
            file.write(os.urandom(2**20))
    tasks.expect(True, "repo", name="big")
    wanted = {"repo": "big", "path": "/big", "src": str(path)}
    show(f"{megabytes} MB, first time", tasks.expect(True, "file", **wanted), "<= 7 s", "9.2 s")
    show("the same, unchanged, nothing sent", tasks.expect(False, "file", **wanted), "none set")


def imports() -> None:
    for module in sorted(path.stem.removeprefix("pachyderm_") for path in ROOT.glob("plugins/modules/pachyderm_*.py")):
        outputs = [child([sys.executable, "-c", IMPORT, module])[1] for _unused in range(ROUNDS)]
        rounds = [Took(*map(float, output.split())) for output in outputs]
        show(f"import of pachyderm_{module}", statistics.median_low(rounds), "< 0.4 s")


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    imports()
    with tempfile.TemporaryDirectory(prefix="bench modules ") as name:
        folder = Path(name)
        for part in ("pachd", "many"):
            (folder / part).mkdir()
        with serving(folder / "pachd") as server:
            tasks = Tasks(server.address, folder)
            unchanged(tasks)
            small_files(tasks, folder / "many")
            big_file(tasks, folder / "big", megabytes)


if __name__ == "__main__":
    main()
