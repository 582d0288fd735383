# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps in processes of their own: one process has one JVM, started once with what the environment says."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jpype  # type: ignore[import-untyped]
import pytest
from freesolv_training import Training

from cpsign_workflow.cpsign import jvm
from cpsign_workflow.digest import payload_sha256
from cpsign_workflow.errors import UserError

JARS = Path(os.environ["CPSIGN_JARS"])
PROGRAM = Path(sys.executable).parent / "cpsign-workflow"


def precompute(training: Training, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the step in an empty folder, with no more environment than a pipeline gives."""
    (folder / "out").mkdir(parents=True)
    (folder / "work").mkdir()
    source = str(training.ingestion)
    options = ["--data", source, "--parameters", source, "--output", str(folder / "out")]
    bare = {"PATH": os.environ["PATH"], "CPSIGN_JARS": str(JARS)}
    if "JAVA_HOME" in os.environ:
        bare["JAVA_HOME"] = os.environ["JAVA_HOME"]
    return subprocess.run(
        [PROGRAM, "precompute", *options],
        cwd=folder / "work",
        env={**bare, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_writes_only_to_its_output(regression: Training, tmp_path: Path) -> None:
    done = precompute(regression, tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"precomputed.jar", "precompute.json"}
    assert list((tmp_path / "work").iterdir()) == []
    assert "compounds used" in done.stdout


def test_the_locale_does_not_change_the_payload(regression: Training, tmp_path: Path) -> None:
    """Java would write numbers with the digits of the country it runs in."""
    done = precompute(regression, tmp_path, JAVA_TOOL_OPTIONS="-Duser.language=ar -Duser.country=EG")
    assert done.returncode == 0, done.stderr
    assert payload_sha256(tmp_path / "out" / "precomputed.jar") == payload_sha256(
        regression.precomputed / "precomputed.jar"
    )


def test_full_memory_says_what_to_raise() -> None:
    code = (
        "from cpsign_workflow.cpsign import jvm\n"
        "from cpsign_workflow.errors import UserError\n"
        "jvm.start()\n"
        "try:\n"
        "    with jvm.messages('training split 2'):\n"
        "        jvm.java('java.nio.ByteBuffer').allocate(100_000_000)\n"
        "except UserError as error:\n"
        "    print(error)\n"
    )
    environment = {**os.environ, "CPSIGN_MEMORY": "64M"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("training split 2: Java's heap (64M) is full. Raise CPSIGN_MEMORY")


@pytest.mark.parametrize("memory", ["much", "4", "-1G", "0G", "4M", "31000K"])
def test_memory_that_is_no_size(regression: Training, tmp_path: Path, memory: str) -> None:
    assert f"CPSIGN_MEMORY is {memory!r}; a size like 4G" in refusal(
        precompute(regression, tmp_path, CPSIGN_MEMORY=memory)
    )


def test_jars_are_checked_before_java_starts(regression: Training, tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    shutil.copytree(JARS, jars)
    tampered = jars / "cpsign-api-2.0.0.jar"
    tampered.write_bytes(tampered.read_bytes() + b" ")
    assert f"{tampered}: not the jar that this version uses" in refusal(
        precompute(regression, tmp_path / "tampered", CPSIGN_JARS=str(jars))
    )
    tampered.unlink()
    assert f"{tampered}: No such file or directory" in refusal(
        precompute(regression, tmp_path / "missing", CPSIGN_JARS=str(jars))
    )


def test_jars_folder_must_be_named(regression: Training, tmp_path: Path) -> None:
    assert "CPSIGN_JARS is not set" in refusal(precompute(regression, tmp_path, CPSIGN_JARS=""))


def test_no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: str, **__: object) -> None:
        raise jpype.JVMNotFoundException("No JVM shared library file (libjvm.so) found.")

    monkeypatch.setattr(jpype, "isJVMStarted", lambda: False)
    monkeypatch.setattr(jpype, "startJVM", start)
    with pytest.raises(UserError, match="no Java found"):
        jvm.start()


def test_termination_ends_a_step_at_once() -> None:
    """A pipeline that is stopped sends SIGTERM, and Java must not crash on it or hold it up."""
    code = (
        "from cpsign_workflow.cpsign import jvm\n"
        "jvm.start()\n"
        "print('ready', flush=True)\n"
        "jvm.java('java.lang.Thread').sleep(600_000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as step:
        assert step.stdout is not None
        assert step.stderr is not None
        assert step.stdout.readline() == b"ready\n"
        step.terminate()
        assert step.wait(60) == -signal.SIGTERM
        assert step.stderr.read() == b""
