# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's code of a pipeline, ready to be run on one datum after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps import variables
from embedded_pachd.pps.cancellation import Cancellation
from embedded_pachd.pps.container import contained
from embedded_pachd.pps.direct import direct
from embedded_pachd.pps.images import Container, Environment, Images
from embedded_pachd.pps.launch import sandboxed
from embedded_pachd.pps.process import Launch, run
from embedded_pachd.pps.sandbox import Sandbox
from embedded_pachd.pps.scratch import Scratch
from embedded_pachd.pps.secrets import Secrets

Launching = AbstractContextManager[Launch]
NETWORK_ANNOTATION = "embedded-pachd/network"


class StepFailed(Exception):
    """The user's code ended in a way that its specification does not accept."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transform with everything it names looked up. `values` are the variables that all datums share."""

    transform: pps_pb2.Transform
    image: Environment | Container
    etc: Path | None
    network: bool
    files: Mapping[str, bytes]
    values: Mapping[str, str]

    @property
    def has_error_command(self) -> bool:
        return bool(self.transform.err_cmd)

    def run_command(self, work: Work, values: Mapping[str, str]) -> None:
        """Run `cmd` in the datum's folders; StepFailed unless it ends with 0 or an accepted code."""
        self._run(work, values, self.transform.cmd, self.transform.stdin)

    def run_error_command(self, work: Work, values: Mapping[str, str]) -> None:
        """Run `err_cmd` after the command failed; StepFailed when it fails too."""
        self._run(work, values, self.transform.err_cmd, self.transform.err_stdin)

    def _run(self, work: Work, values: Mapping[str, str], argv: Sequence[str], stdin: Sequence[str]) -> None:
        if not argv:
            raise StepFailed("invalid pipeline transform, no command specified")
        text = "".join(f"{line}\n" for line in stdin).encode()
        everything = {**self.values, **values}
        with self._launch(work.scratch, everything, argv) as launch:
            code = run(launch, text, work.seconds, work.on_line, work.cancellation)
        work.cancellation.check()
        if code != 0 and code not in self.transform.accept_return_code:
            raise StepFailed(
                f"error running user code: exit status {code}" if code > 0 else f"killed by signal {-code}"
            )

    def _launch(self, scratch: Scratch, values: Mapping[str, str], argv: Sequence[str]) -> Launching:
        folder = self.transform.working_dir or "/"
        if isinstance(self.image, Container):
            return contained(self.image, scratch, folder, self.network, self.files, values, argv)
        if self.etc is None:
            return direct(scratch, folder, self.files, values, argv)
        sandbox = Sandbox(self.image, self.etc, scratch.pfs, scratch.tmp, folder, self.network, self.files)
        return sandboxed(sandbox, values, argv)


@dataclass(frozen=True, slots=True)
class Work:
    """One run of a command: where, how long at most (seconds), who hears its lines, who may end it."""

    scratch: Scratch
    seconds: float | None
    on_line: Callable[[str], None]
    cancellation: Cancellation


@dataclass(frozen=True, slots=True)
class Resources:
    """What the jobs of all pipelines draw on.

    `etc` is the folder that is their steps' /etc, None without a sandbox; `egress` the one their output may go to.
    """

    images: Images
    secrets: Secrets
    etc: Path | None
    egress: Path | None


def prepare(info: pps_pb2.PipelineInfo, job: variables.JobIdentity, resources: Resources) -> Step:
    """Look up the image and the secrets of a pipeline. ImageError or MissingSecret when one is not there."""
    transform = info.details.transform
    image = resources.images.resolve(transform.image)
    files, secret_values = _secrets(transform, resources.secrets)
    own = variables.base(image) if isinstance(image, Environment) else {}
    values = {**own, **variables.of_job(job), **transform.env, **secret_values}
    network = info.details.metadata.annotations.get(NETWORK_ANNOTATION) == "host"
    return Step(transform, image, resources.etc, network, files, values)


class MissingSecret(Exception):
    """A secret that the transform names was deleted after the pipeline was created."""


def _secrets(transform: pps_pb2.Transform, secrets: Secrets) -> tuple[dict[str, bytes], dict[str, str]]:
    """Files (path inside the sandbox -> content) and variables that the transform's secrets become."""
    files: dict[str, bytes] = {}
    values: dict[str, str] = {}
    for mount in transform.secrets:
        secret = secrets.find(mount.name)
        if secret is None or (mount.env_var and mount.key not in secret.data):
            raise MissingSecret(f"secret {mount.name} {mount.key} is gone: create it again")
        if mount.mount_path:
            files |= {f"{mount.mount_path.rstrip('/')}/{key}": value for key, value in secret.data.items()}
        if mount.env_var:
            values[mount.env_var] = secret.data[mount.key].decode(errors="surrogateescape")
    return files, values
