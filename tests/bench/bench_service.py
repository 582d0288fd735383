# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks cost beside the steps themselves, on logP of 3,900 structures; nothing passes or fails.

.venvs/testing/bin/python tests/bench/bench_service.py [--rounds N]

Makes a service of its own below a temporary folder, and removes it. Each round trains with a new seed, once by
train.yml and once by calling the same steps directly, with the same data and the same number of workers, and compares
the digests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from conftest import SETUP, TEARDOWN, TRAIN, Outcome, Service, free_ports  # noqa: E402

WORKERS = min(os.cpu_count() or 1, 8)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def played(service: Service, playbook: Path, **extra: object) -> Outcome:
    outcome = service.play(playbook, **extra)
    if outcome.code:
        sys.exit(outcome.output)
    return outcome


def steps(service: Service, configuration: Path, folder: Path, workers: int) -> dict[str, float]:
    """Seconds of each step, called as the pipelines call them but without sandbox and pachd."""
    program = service.home / "envs/workflow/bin/cpsign-workflow"
    environment = os.environ | {
        "CPSIGN_JARS": str(service.home / "jars"),
        "CPSIGN_DATABASE_HOST": "127.0.0.1",
        "CPSIGN_DATABASE_PORT": str(service.ports[1]),
        "CPSIGN_MEMORY": "2G",
    }

    def call(step: str, output: Path, **options: Path) -> None:
        output.mkdir(parents=True, exist_ok=True)
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        subprocess.run(
            [program, step, *flags, "--output", output], env=environment, check=True, stdout=subprocess.DEVNULL
        )

    def mounted(part: str) -> Path:
        """One folder of the ingestion's output, alone below a mount, as a datum sees it."""
        mount = folder / "inputs" / part
        shutil.copytree(folder / "ingested" / part, mount / part)
        return mount

    def train(parameters: Path) -> None:
        mount = folder / "mounts" / parameters.stem
        shutil.copytree(parameters.parent, mount / "training", ignore=lambda _, names: set(names) - {parameters.name})
        call("train", folder / "trained" / parameters.stem, parameters=mount, precomputed=folder / "precomputed")

    def train_all() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(train, sorted((folder / "ingested/training").iterdir())))

    def aggregate() -> None:
        merged = folder / "training"
        for part in sorted((folder / "trained").iterdir()):
            shutil.copytree(part, merged, dirs_exist_ok=True)
        parts = {part: mounted(part) for part in ("test", "report")}
        call("aggregate", folder / "model", training=merged, data=folder / "inputs/data", **parts)

    credentials = service.home / "secrets/chembl-reader"
    return {
        "ingest": seconds(
            lambda: call("ingest", folder / "ingested", input=configuration.parent, credentials=credentials)
        ),
        "precompute": seconds(
            lambda: call("precompute", folder / "precomputed", data=mounted("data"), parameters=mounted("precompute"))
        ),
        "train": seconds(train_all),
        "aggregate": seconds(aggregate),
    }


def digest(metrics: Path) -> str:
    return str(json.loads(metrics.read_text())["payload_sha256"])


def measure(service: Service, rounds: int) -> None:
    print(f"setup.yml, environments from the package cache: {seconds(lambda: played(service, SETUP)):.1f} s")
    again = seconds(lambda: played(service, SETUP))
    print(f"setup.yml again: {again:.1f} s (aim <= 15), changed={played(service, SETUP).changed}")
    played(service, ROOT / "demo/data.yml")
    beside = []
    for round_ in range(rounds):
        configuration = service.configuration("LogP", f"round {round_}", cpsign={"seed": 100 + round_})
        by_playbook = seconds(lambda path=configuration: played(service, TRAIN, config=str(path)))  # type: ignore[misc]
        folder = service.folder / f"direct {round_}"
        direct = steps(service, configuration, folder, WORKERS)
        alone = seconds(lambda path=folder: one_worker(service, path))  # type: ignore[misc]
        whole = sum(direct.values())
        beside.append(by_playbook - 1.05 * whole)
        print(
            f"round {round_}: train.yml {by_playbook:.1f} s, the steps directly {whole:.1f} s "
            f"({', '.join(f'{name} {value:.1f}' for name, value in direct.items())}), "
            f"training by 1 worker / by {WORKERS}: {alone / direct['train']:.2f} (aim 1.7)"
        )
        here = digest(service.folder / "models/LogP/latest/metrics.json")
        print(f"         same payload: {here == digest(folder / 'model/metrics.json')}")
    print(f"train.yml beyond 1.05 x the steps: {statistics.median(beside):.1f} s (aim <= 5)")
    last = seconds(lambda: played(service, TRAIN, config=str(configuration)))
    print(f"train.yml again, nothing changed: {last:.1f} s (aim <= 10)")


def one_worker(service: Service, folder: Path) -> None:
    """The training of one round again, one parameter file after the other."""
    environment = os.environ | {"CPSIGN_JARS": str(service.home / "jars"), "CPSIGN_MEMORY": "2G"}
    for mount in sorted((folder / "mounts").iterdir()):
        (folder / "alone" / mount.name).mkdir(parents=True)
        subprocess.run(
            [
                service.home / "envs/workflow/bin/cpsign-workflow", "train", "--parameters", mount,
                "--precomputed", folder / "precomputed", "--output", folder / "alone" / mount.name,
            ],
            env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="cpsign bench "))
    pachd, mariadb = free_ports(2)
    service = Service(folder, (pachd, mariadb))
    try:
        measure(service, rounds)
    finally:
        service.play(TEARDOWN, remove_data=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
