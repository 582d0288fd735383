# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every check of the repository and end with `N passed, N failed`.

    python tests/run.py [NAME ...]      # all checks, or those whose name begins with a NAME

First what the others need, then two rows of checks side by side: one that computes, one that mostly waits for services.
A linter counts as one check; a pytest run counts each of its tests, and a skipped test counts as failed: a check that
cannot run is a failure.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(sys.executable)
BIN = HERE.parent
PACHD = ROOT / ".venvs/pachd"
WORKFLOW = ROOT / ".venvs/workflow"
JARS = ROOT / ".cache/jars"
KEYCLOAK = ROOT / ".cache/keycloak"
PACKAGES = {"embedded-pachd": PACHD, "cpsign-workflow": WORKFLOW}
SCENARIO = re.compile(r"^\w+ +: actions=.* failed=(\d+)", re.MULTILINE)
COUNTS = re.compile(r"(\d+) (passed|failed|error|errors|skipped|xfailed|xpassed)\b")
FAILED_TEST = r"^(?:FAILED|ERROR) \S+\.py.*"  # a line of pytest's summary
FAILED_TASK = r"^TASK \[(?:(?!^TASK \[)[\s\S])*(?=^PLAY RECAP .*\n.* failed=[1-9])"  # what Ansible said last
REASON = re.compile(f"{FAILED_TEST}|{FAILED_TASK}", re.MULTILINE)
CURRENT: ContextVar[str] = ContextVar("the check whose output it is")
REASONS: dict[str, list[str]] = defaultdict(list)  # by check: why it failed, as its programs said it
BEGINNING, END = 400, 1600  # characters of a reason; a playbook within a playbook says at the end what went wrong


class Outcome(NamedTuple):
    """How many checks passed and failed under one name."""

    passed: int
    failed: int


Check = Callable[[], Outcome]
OK, NOT_OK = Outcome(1, 0), Outcome(0, 1)


def say(line: str) -> None:
    print(f"{CURRENT.get():>16} | {line}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> tuple[int, str]:
    """Run a command, show its lines as they come, return its exit code and its output."""
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
        say(line.rstrip("\n"))
        lines.append(line)
    code, output = process.wait(), "".join(lines)
    if code:
        REASONS[CURRENT.get()] += REASON.findall(output)
    return code, output


def lint(*command: str | Path, cwd: Path = ROOT, **environment: str) -> Outcome:
    """Count a command as one check."""
    return OK if run(*command, cwd=cwd, **environment)[0] == 0 else NOT_OK


def pytest(python: Path, *arguments: str) -> Outcome:
    """Count the tests of one pytest run; anything that is not a pass is a failure."""
    code, output = run(
        python, "-m", "pytest", "-q", "--durations=5", *arguments,
        EMBEDDED_PACHD=str(PACHD / "bin/embedded-pachd"), CPSIGN_JARS=str(JARS), KEYCLOAK=str(KEYCLOAK),
    )  # fmt: skip
    last = output.rstrip().rsplit("\n", 1)[-1]
    counts = {word: int(number) for number, word in COUNTS.findall(last)}
    passed = counts.pop("passed", 0)
    failed = sum(counts.values())
    return Outcome(passed, max(failed, 1) if code else failed)


def molecule() -> Outcome:
    """Count the scenarios of extensions/molecule, one after the other; those behind one that failed do not run."""
    code, output = run(BIN / "molecule", "test", "--all", "--no-command-borders", NO_COLOR="1")
    failures = [int(failed) for failed in SCENARIO.findall(output)]
    passed = failures.count(0)
    return Outcome(passed, max(len(failures) - passed, 1) if code or not passed else 0)


def environment(name: str) -> Outcome:
    """An environment for one of the packages, with its tests' needs; made anew when its pyproject changed."""
    folder, package = PACKAGES[name], ROOT / "packages" / name
    stamp = folder / "made-from"
    wanted = sys.version + (package / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return OK
    result = lint(sys.executable, "-m", "venv", "--clear", folder)
    if result == OK:
        result = lint(folder / "bin/python", "-m", "pip", "install", "-q", "-e", f"{package}[test]")
    data = package / "requirements-data.txt"
    if result == OK and data.exists():
        result = lint(folder / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", data)
    if result == OK:
        stamp.write_text(wanted)
    return result


def mypy(name: str) -> Outcome:
    """Types of one package, by the settings of its pyproject, seen from its own environment."""
    return lint(PACKAGES[name] / "bin/python", "-m", "mypy", "src", cwd=ROOT / "packages" / name)


def mypy_plugins() -> Outcome:
    """Types of the plugins, under the names that Ansible imports them by."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "ansible_collections/pharmbio/cpsign")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT)
        collection = "ansible_collections.pharmbio.cpsign.plugins"
        return lint(BIN / "mypy", "--namespace-packages", "--explicit-package-bases", "-p", collection, MYPYPATH=folder)


def mypy_programs() -> Outcome:
    """Types of the programs that roles, the demo and the tests run as files."""
    beside = "roles/mysql/files:roles/chembl/files"  # where one of them finds another
    places = ("roles", "demo", "tests/run.py")
    return lint(BIN / "mypy", "--namespace-packages", "--explicit-package-bases", *places, MYPYPATH=beside)


def needed() -> Iterator[tuple[str, Check]]:
    """What the other checks need, and the quickest ones, so that a slip is seen early."""
    yield "ruff", partial(lint, BIN / "ruff", "check", ".")
    yield "ruff format", partial(lint, BIN / "ruff", "format", "--check", ".")
    yield "mypy plugins", mypy_plugins
    yield "mypy programs", mypy_programs
    yield "mypy cluster", partial(lint, BIN / "mypy", "node.py", "onenode", cwd=ROOT / "tests/cluster")
    yield "system packages", partial(lint, BIN / "ansible-playbook", "tests/system_packages.yml")
    for name in PACKAGES:
        yield f"environment {name}", partial(environment, name)
        yield f"mypy {name}", partial(mypy, name)
    yield "jars", partial(lint, "bash", "tests/jars.sh", JARS)
    yield "keycloak", partial(lint, "bash", "tests/keycloak.sh", KEYCLOAK)


def computing() -> Iterator[tuple[str, Check]]:
    """Checks that keep a core busy."""
    yield "ansible-lint", partial(lint, BIN / "ansible-lint", "--offline", "--nocolor", "--profile", "production")
    documentation = ("lint-collection-docs", "--plugin-docs", "--disallow-unknown-collection-refs", ".")
    yield "documentation", partial(lint, BIN / "antsibull-docs", *documentation)
    yield "sanity", partial(lint, "bash", "tests/sanity.sh", BIN)
    yield "installed", partial(lint, "bash", "tests/installed.sh", BIN)
    yield "unit", partial(pytest, HERE, "tests/unit", "--cov")  # pyproject.toml says what has to be covered
    for name, folder in PACKAGES.items():
        yield name, partial(pytest, folder / "bin/python", f"packages/{name}/tests")


def serving() -> Iterator[tuple[str, Check]]:
    """Checks that wait for nodes, servers and pipelines."""
    yield "cluster", partial(pytest, HERE, "tests/cluster")
    yield "conformance", partial(pytest, HERE, "tests/conformance")
    yield "e2e", partial(pytest, HERE, "tests/e2e")
    yield "molecule", molecule


def perform(checks: Iterator[tuple[str, Check]], names: list[str], stopped: threading.Event) -> dict[str, Outcome]:
    """Do those checks whose name begins with one of ``names``, if there are any, one after the other."""
    outcomes: dict[str, Outcome] = {}
    for name, check in checks:
        if stopped.is_set() or (names and not any(name.startswith(wanted) for wanted in names)):
            continue
        CURRENT.set(name)
        say("begins")
        start = time.monotonic()
        outcomes[name] = check()
        say("{} passed, {} failed, ".format(*outcomes[name]) + f"{time.monotonic() - start:.0f} s")
    return outcomes


def shortened(reason: str) -> str:
    if len(reason) <= BEGINNING + END:
        return reason
    return f"{reason[:BEGINNING]}\n[...]\n{reason[-END:]}"


def main(names: list[str]) -> int:
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    stopped = threading.Event()
    outcomes = perform(needed(), names, stopped)
    with ThreadPoolExecutor() as pool:
        rows = [pool.submit(perform, row(), names, stopped) for row in (computing, serving)]
        try:
            for row in rows:
                outcomes |= row.result()
        except KeyboardInterrupt:
            stopped.set()
            raise
    failures = [name for name, outcome in outcomes.items() if outcome.failed]
    for name in failures:
        print(f"\nfailed: {name}", *(shortened(reason.rstrip()) for reason in REASONS[name][-6:]), sep="\n")
    passed, failed = (sum(counts) for counts in zip(*outcomes.values(), strict=True)) if outcomes else (0, 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("stopped")
