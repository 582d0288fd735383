# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a step's command in a container, for images that no environment of this machine stands for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from embedded_pachd.pps.images import Container
from embedded_pachd.pps.process import Launch
from embedded_pachd.pps.scratch import Scratch

LABEL = "embedded-pachd"
IN_MEMORY = "/dev/shm"  # noqa: S108 - secrets stay off the disk; the folder itself is made owner-only
OWNER = "scratch"
"""A link in a folder of secrets to the folder of the datum they are for."""
ENGINE_VARIABLES = ("HOME", "PATH", "XDG_RUNTIME_DIR", "DOCKER_HOST", "CONTAINER_HOST")


@contextmanager
def contained(
    container: Container,
    scratch: Scratch,
    working_dir: str,
    network: bool,
    files: Mapping[str, bytes],
    values: Mapping[str, str],
    argv: Sequence[str],
) -> Iterator[Launch]:
    """A launch of `argv` in a container of the image; secrets lie in memory and go when the block ends."""
    name = f"{LABEL}-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix=LABEL, dir=IN_MEMORY) if files else nullcontext("") as folder:
        if folder:
            Path(folder, OWNER).symlink_to(scratch.folder)
        words = [container.engine, "run", "--rm", "--interactive", "--name", name, "--label", LABEL]
        words += ["--network", "host" if network else "none", "--workdir", working_dir]
        words += ["--security-opt", "no-new-privileges"]
        words += ["--volume", f"{scratch.pfs}:/pfs", "--volume", f"{scratch.tmp}:/tmp"]
        for number, (path, content) in enumerate(files.items()):
            file = Path(folder, str(number))
            file.write_bytes(content)
            words += ["--volume", f"{file}:{path}:ro"]
        for variable in values:
            words += ["--env", variable]  # the value comes from our own environment, not the command line
        engine = {key: os.environ[key] for key in ENGINE_VARIABLES if key in os.environ}

        yield Launch([*words, container.image, *argv], {**values, **engine}, lambda: _Running(container.engine, name))


def remove_left(scratch: Path) -> None:
    """Remove the secrets of every datum below `scratch`, which a server that was killed could not."""
    for link in Path(IN_MEMORY).glob(f"{LABEL}*/{OWNER}"):
        with suppress(OSError):  # of another user
            if link.readlink().is_relative_to(scratch):
                shutil.rmtree(link.parent)


@dataclass(frozen=True, slots=True)
class _Running:
    """A container by its name; the engine removes it when it ends."""

    engine: str
    name: str

    def kill(self) -> None:
        subprocess.run([self.engine, "kill", self.name], capture_output=True, check=False)

    def wait(self) -> None:
        subprocess.run([self.engine, "wait", self.name], capture_output=True, check=False)
