# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is made of: built once into the user's cache, named after the versions it was built from."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .command import NodeError, need_root, run
from .layout import CACHE

RECIPES = Path(__file__).resolve().parent.parent / "programs"
GO = Path(sys.executable).parent / "go"  # from PyPI: Debian's is too old
CNI = Path("/usr/lib/cni")
DEBIAN = "debian:12.12-slim"  # what the images of this collection are built from
PAUSE = "localhost/pause:1"
# What images of Debian leave out, as the official slim images do.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")


@dataclass(frozen=True)
class Programs:
    """Folders of what has been built."""

    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / "bin" / name

    @property
    def images(self) -> tuple[Path, Path]:
        """Archives of the images that every node has: pause and Debian."""
        return self.folder / "images/pause.tar", self.folder / "images/debian.tar"


def built() -> Programs:
    """Build what is not in the cache yet, and say so."""
    need_root()
    for program in ("containerd", "runc", "etcd", "nft", "mmdebstrap", "buildah", CNI / "ptp"):
        if shutil.which(program) is None:
            raise NodeError(f"{program}: not found. Install what tests/system_packages.yml installs.")
    digest = hashlib.sha256()
    for path in sorted(path for path in RECIPES.rglob("*") if path.is_file()):
        digest.update(path.relative_to(RECIPES).as_posix().encode() + b"\0" + path.read_bytes())
    programs = Programs(CACHE / f"node-{digest.hexdigest()[:12]}")
    with _alone(programs.folder):
        for name, build in (
            ("kubernetes", _kubernetes),
            ("tools", _tools),
            ("pause", _pause),
            ("debian", _debian),
        ):
            done = programs.folder / f"{name}.done"
            if not done.exists():
                print(f"building {name} into {programs.folder}", flush=True)
                start = time.monotonic()
                build(programs)
                done.touch()
                print(f"built {name} in {time.monotonic() - start:.0f} s", flush=True)
    return programs


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    for part in ("bin", "images"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _go(programs: Programs, name: str, *what: str, linked: tuple[str, ...] = ()) -> None:
    """Build Go programs; checksums of all modules stand in go.sum."""
    flags = ["-s", "-w", *(part for value in linked for part in ("-X", value))]
    run(
        GO, "build", "-trimpath", "-ldflags", " ".join(flags), "-o", f"{programs.folder / 'bin'}/", *what,
        cwd=RECIPES / name, environment={"CGO_ENABLED": "0"},
    )  # fmt: skip


def _version(name: str, module: str) -> str:
    return run(GO, "list", "-m", "-f", "{{.Version}}", module, cwd=RECIPES / name).strip()


def _kubernetes(programs: Programs) -> None:
    # Without its version the server calls itself v0.0.0, and clients turn away.
    version = _version("kubernetes", "k8s.io/kubernetes")
    major, minor, _patch = version.removeprefix("v").split(".")
    place = "k8s.io/component-base/version.git"
    _go(
        programs, "kubernetes", "tool",
        linked=(f"{place}Version={version}", f"{place}Major={major}", f"{place}Minor={minor}"),
    )  # fmt: skip


def _tools(programs: Programs) -> None:
    version = _version("tools", "helm.sh/helm/v3")
    _go(programs, "tools", "tool", "./coredns", linked=(f"helm.sh/helm/v3/internal/version.version={version}",))


def _pause(programs: Programs) -> None:
    _go(programs, "pause", ".")
    _image(programs, "pause", PAUSE, programs["pause"])


def _debian(programs: Programs) -> None:
    root = programs.folder / "debian.tar"
    excluded = [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    # /usr is merged from the start: the package that would merge it brings 45 MB of Perl
    merged = ("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged")
    run("mmdebstrap", "--variant=minbase", *merged, *excluded, "bookworm", root)
    _image(programs, "debian", DEBIAN, root)
    root.unlink()


def _image(programs: Programs, name: str, tag: str, content: Path) -> None:
    """Make an image of one file by the Containerfile ``name``; buildah's own store is left alone."""
    store = programs.folder / "buildah"
    where = ("--root", store / "root", "--runroot", store / "run", "--storage-driver", "vfs")
    recipe = RECIPES / name / "Containerfile"
    target = programs.folder / "images" / f"{name}.tar"
    target.unlink(missing_ok=True)
    context = programs.folder / "context"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    (context / content.name).hardlink_to(content)
    run("buildah", *where, "bud", "--isolation", "chroot", "--tag", tag, "--file", recipe, context)
    run("buildah", *where, "push", tag, f"docker-archive:{target}:{tag}")
    shutil.rmtree(store)
    shutil.rmtree(context)
