# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What steps and their workers said: one file of JSON lines per job, kept as long as the job's pipeline."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded_pachd.pfs.names import check_name


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `time` is in nanoseconds since 1970; `user` tells the step's own output from the worker's."""

    time: int
    datum: str
    user: bool
    message: str


class JobLog:
    """The open log of a running job; lines of its workers may come at the same time."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = file.open("a", encoding="utf-8", buffering=1)
        file.chmod(0o600)
        self._lock = threading.Lock()

    def say(self, message: str, datum: str = "", *, user: bool = False) -> None:
        line = json.dumps(asdict(Line(time.time_ns(), datum, user, message)))
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()


class Logs:
    """The logs below one folder (mode 0700): <project>/<pipeline>/<job id>.jsonl."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def open(self, project: str, pipeline: str, job: str) -> JobLog:
        return JobLog(self._file(project, pipeline, job))

    def read(self, project: str, pipeline: str, job: str, skip: int = 0) -> Iterator[Line]:
        """The job's whole lines so far, without the first `skip`."""
        try:
            with self._file(project, pipeline, job).open(encoding="utf-8") as file:
                for number, text in enumerate(file):
                    if number >= skip and text.endswith("\n"):
                        yield Line(**json.loads(text))
        except FileNotFoundError:
            return

    def remove_pipeline(self, project: str, pipeline: str) -> None:
        shutil.rmtree(self._pipeline(project, pipeline), ignore_errors=True)

    def _file(self, project: str, pipeline: str, job: str) -> Path:
        return self._pipeline(project, pipeline) / f"{job}.jsonl"

    def _pipeline(self, project: str, pipeline: str) -> Path:
        """Both names have to be checked, or else a client could have any folder of this machine removed."""
        check_name(project)
        check_name(pipeline)
        return self._folder / project / pipeline
