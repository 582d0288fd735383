# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every check of the repository, one after the other, and end with `N passed, N failed`.

    python tests/run.py [NAME ...]      # all checks, or those whose name begins with a NAME

A linter counts as one check; a pytest run counts each of its tests, and a skipped test counts as failed: a check that
cannot run is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACHD = ROOT / ".venvs/pachd"
WORKFLOW = ROOT / ".venvs/workflow"
JARS = ROOT / ".cache/jars"
KEYCLOAK = ROOT / ".cache/keycloak"
PACKAGES = {"embedded-pachd": PACHD, "cpsign-workflow": WORKFLOW}
COUNTS = re.compile(r"(\d+) (passed|failed|error|errors|skipped|xfailed|xpassed)\b")


@dataclass
class Tally:
    """What has been counted so far."""

    passed: int = 0
    failed: int = 0

    def add(self, passed: int, failed: int) -> None:
        self.passed += passed
        self.failed += failed


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> tuple[int, str]:
    """Run a command, show what it prints as it comes, return its exit code and its output."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait(), "".join(lines)


def lint(*command: str | Path, cwd: Path = ROOT) -> tuple[int, int]:
    """Count a command as one check."""
    return (1, 0) if run(*command, cwd=cwd)[0] == 0 else (0, 1)


def pytest(python: Path, *arguments: str) -> tuple[int, int]:
    """Count the tests of one pytest run; anything that is not a pass is a failure."""
    code, output = run(
        python, "-m", "pytest", "-q", "--durations=5", *arguments,
        EMBEDDED_PACHD=str(PACHD / "bin/embedded-pachd"), CPSIGN_JARS=str(JARS), KEYCLOAK=str(KEYCLOAK),
    )  # fmt: skip
    last = output.rstrip().rsplit("\n", 1)[-1]
    counts = {word: int(number) for number, word in COUNTS.findall(last)}
    passed = counts.pop("passed", 0)
    failed = sum(counts.values())
    return passed, max(failed, 1) if code else failed


def environment(name: str) -> tuple[int, int]:
    """An environment for one of the packages, with its tests' needs; made anew when its pyproject changed."""
    folder, package = PACKAGES[name], ROOT / "packages" / name
    stamp = folder / "made-from"
    wanted = sys.version + (package / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return 1, 0
    result = lint(sys.executable, "-m", "venv", "--clear", folder)
    if result == (1, 0):
        result = lint(folder / "bin/python", "-m", "pip", "install", "-q", "-e", f"{package}[test]")
    data = package / "requirements-data.txt"
    if result == (1, 0) and data.exists():
        result = lint(folder / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", data)
    if result == (1, 0):
        stamp.write_text(wanted)
    return result


def mypy(name: str) -> tuple[int, int]:
    """Types of one package, by the settings of its pyproject, seen from its own environment."""
    return lint(PACKAGES[name] / "bin/python", "-m", "mypy", "src", cwd=ROOT / "packages" / name)


def mypy_plugins() -> tuple[int, int]:
    """Types of the plugins, under the names that Ansible imports them by."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "ansible_collections/pharmbio/cpsign")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT)
        collection = "ansible_collections.pharmbio.cpsign.plugins"
        code, _output = run(
            BIN / "mypy", "--namespace-packages", "--explicit-package-bases", "-p", collection, MYPYPATH=folder
        )
    return (1, 0) if code == 0 else (0, 1)


def checks() -> Iterator[tuple[str, Callable[[], tuple[int, int]]]]:
    """Every check: quick ones first, so that a slip is seen early."""
    here = Path(sys.executable)
    yield "ruff", partial(lint, BIN / "ruff", "check", ".")
    yield "ruff format", partial(lint, BIN / "ruff", "format", "--check", ".")
    yield "system packages", partial(lint, BIN / "ansible-playbook", "tests/system_packages.yml")
    yield "mypy plugins", mypy_plugins
    for name in PACKAGES:
        yield f"environment {name}", partial(environment, name)
        yield f"mypy {name}", partial(mypy, name)
    yield "jars", partial(lint, "bash", "tests/jars.sh", JARS)
    yield "keycloak", partial(lint, "bash", "tests/keycloak.sh", KEYCLOAK)
    yield "ansible-lint", partial(lint, BIN / "ansible-lint", "--offline", "--nocolor", "--profile", "production")
    yield (
        "documentation",
        partial(
            lint,
            BIN / "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--disallow-unknown-collection-refs",
            ".",
        ),
    )
    yield "sanity", partial(lint, "bash", "tests/sanity.sh", BIN)
    yield "installed", partial(lint, "bash", "tests/installed.sh", BIN)
    yield "unit", partial(pytest, here, "tests/unit")
    for name, folder in PACKAGES.items():
        yield name, partial(pytest, folder / "bin/python", f"packages/{name}/tests")
    yield "mypy cluster", partial(lint, BIN / "mypy", "node.py", "onenode", cwd=ROOT / "tests/cluster")
    yield "cluster", partial(pytest, here, "tests/cluster")
    yield "conformance", partial(pytest, here, "tests/conformance")
    yield "e2e", partial(pytest, here, "tests/e2e")


def main(names: list[str]) -> int:
    tally = Tally()
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    failures = []
    for name, check in checks():
        if names and not any(name.startswith(wanted) for wanted in names):
            continue
        print(f"\n=== {name} " + "=" * max(0, shutil.get_terminal_size().columns - len(name) - 5), flush=True)
        start = time.monotonic()
        passed, failed = check()
        tally.add(passed, failed)
        print(f"--- {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.0f} s", flush=True)
        if failed:
            failures.append(name)
    print()
    if failures:
        print("failed: " + ", ".join(failures))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
