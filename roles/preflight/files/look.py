# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether this machine can run the services, and change nothing.

Reads ``{home, socket_dir, ports: {variable: port}, python_packages: {import name: name}, missing_packages: [],
memory_mb, disk_mb}`` as JSON from stdin, writes a list of problems, each a text with its fix, as JSON to stdout.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = {"debian": (12, 0), "ubuntu": (24, 4)}  # the first with unversioned MariaDB packages and Python 3.11
SOCKET_LIMIT = 107  # bytes, sun_path in unix(7)
LONGEST_SOCKET = len("/supervisor.sock.4194304")  # supervisord binds this name, then renames it
LATER_DISK_MB = 200  # when everything is installed
FORBIDDEN = ':"\\;#%$'  # they mean something in PATH, in systemd's units and in supervisor's files


def operating_system(os_release: Path = Path("/etc/os-release")) -> Iterator[str]:
    try:
        text = os_release.read_text()
    except OSError:
        text = ""
    release = {key: value.strip('"') for key, value in (line.partition("=")[::2] for line in text.splitlines())}
    name = release.get("PRETTY_NAME", sys.platform)
    family = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    if not {"debian", "ubuntu"} & set(family):
        yield f"The operating system is {name}: use Debian 12, Ubuntu 24.04, or a newer one of these."
        return
    oldest = OLDEST.get(family[0])
    version = tuple(int(part) for part in release.get("VERSION_ID", "").split(".") if part.isdigit())
    if oldest and version and version < oldest[: len(version)]:
        yield f"{name} is too old: upgrade to Debian 12, Ubuntu 24.04, or newer."


def python(packages: dict[str, str]) -> Iterator[str]:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield (
            f"Ansible runs on Python {sys.version.split()[0]} ({sys.executable}): "
            "install it into an environment of Python 3.11, 3.12 or 3.13."
        )
    missing = [name for module, name in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        yield f"Ansible's Python lacks {', '.join(missing)}: {sys.executable} -m pip install {' '.join(missing)}"


def user_namespaces() -> Iterator[str]:
    """Every step of a pipeline runs in a bubblewrap sandbox: try one, or before it is there read the settings."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        yield from closed_by_kernel()
        return
    isolation = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--die-with-parent"]
    system = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    trial = subprocess.run([bwrap, *isolation, *system, "true"], capture_output=True, text=True, check=False)
    if trial.returncode != 0:
        yield f"The sandbox of the pipelines' steps cannot start ({trial.stderr.strip()}): " + (
            "; ".join(closed_by_kernel()) or "in a container, let its seccomp profile allow unshare and mount."
        )


def closed_by_kernel(proc_sys: Path = Path("/proc/sys")) -> Iterator[str]:
    settings = {"user.max_user_namespaces": ("0", "10000"), "kernel.unprivileged_userns_clone": ("0", "1")}
    if os.getuid() != 0:
        settings["kernel.apparmor_restrict_unprivileged_userns"] = ("1", "0")
    for name, (closed, opened) in settings.items():
        path = proc_sys / name.replace(".", "/")
        if path.exists() and path.read_text().strip() == closed:
            yield (
                f"Kernel setting {name}={closed} forbids the sandbox of the pipelines' steps: "
                f"sudo sysctl -w {name}={opened} and put it into a file in /etc/sysctl.d."
            )


def java() -> Iterator[str]:
    program = shutil.which("java")
    if program is None:
        return  # the package brings one
    try:
        text = (Path(program).resolve().parent.parent / "release").read_text()
    except OSError:
        return
    version = next((line.split('"')[1] for line in text.splitlines() if line.startswith("JAVA_VERSION=")), "")
    major = version.removeprefix("1.").split(".")[0]
    if major.isdigit() and int(major) < 11:
        yield f"{program} is Java {version}, CPSign needs 11 or newer: put a newer one first on PATH."


def memory(needed_mb: int) -> Iterator[str]:
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    limits = [int(meminfo["MemTotal"].split()[0]) * 1024]
    for control_group in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(control_group).read_text()))
        except (OSError, ValueError):
            continue  # no limit
    has_mb = min(limits) // 2**20
    if has_mb < needed_mb:
        yield f"{has_mb} MB of memory, {needed_mb} MB are needed: add some, or for small data set preflight_memory_mb."


def home(path: str, socket_dir: str, first_disk_mb: int) -> Iterator[str]:
    another = "choose another folder: -e cpsign_home=/path"
    if not path.startswith("/"):
        yield f"cpsign_home is {path!r}, which is not an absolute path: {another}."
        return
    bad = sorted({character for character in path if character in FORBIDDEN or not character.isprintable()})
    if bad:
        yield f"cpsign_home {path!r} contains {' '.join(map(repr, bad))}, which programs cannot be given: {another}."
    if len(os.fsencode(socket_dir)) + LONGEST_SOCKET > SOCKET_LIMIT:
        yield f"{socket_dir} is too long for a unix socket: {another}, of at most 75 bytes."
    folder = Path(path)
    while not os.path.lexists(folder):  # false too in a folder that may not be searched
        folder = folder.parent
    if not folder.is_dir():
        yield f"{folder} is a file, cpsign_home {path} must be a folder: {another}."
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield f"{user_name()} may not write to {folder}, cpsign_home is {path}: {another}, or change its owner."
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        yield f"{folder} is mounted noexec, but programs are installed in cpsign_home {path}: {another}."
    free_mb = shutil.disk_usage(folder).free // 2**20
    needed_mb = LATER_DISK_MB if os.path.lexists(f"{path}/envs/workflow/made-from") else first_disk_mb
    if free_mb < needed_mb:
        yield f"{free_mb} MB are free in {folder}, {needed_mb} MB are needed: free some, or {another}."


def listening(port: int) -> set[str]:
    """Inodes of the sockets that listen on this port of 127.0.0.1 or of all addresses; format: proc_pid_net(5)."""
    loopback = {"0100007F", "00000000", "0" * 32, "0000000000000000FFFF00000100007F"}
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            address, local_port = fields[1].split(":")
            if fields[3] == "0A" and int(local_port, 16) == port and address in loopback:
                inodes.add(fields[9])
    return inodes


def holder(inodes: set[str]) -> tuple[str, str] | None:
    """Process id and command line of who holds one of these sockets; none when it is another user's."""
    names = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in names for descriptor in process.glob("fd/*")):
                return process.name, (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # another user's, or it has just ended
    return None


def ports(wanted: dict[str, int], home_path: str) -> Iterator[str]:
    """A port is fine when it is free or when a program of this very cpsign_home holds it."""
    for variable, port in wanted.items():
        inodes = listening(port)
        if not inodes:
            continue
        found = holder(inodes)
        if found and f"{home_path}/" in found[1]:
            continue
        who = f"process {found[0]} ({found[1].split()[0]})" if found and found[1].strip() else "another user's process"
        yield f"Port {port} of 127.0.0.1 is held by {who}: stop it, or choose another port: -e {variable}=PORT."


def root(missing_packages: list[str]) -> Iterator[str]:
    """What only root can do and sudo would not do without asking."""
    if os.getuid() == 0:
        return
    user = user_name()
    commands = []
    if missing_packages:
        commands.append(f"sudo apt-get install {' '.join(missing_packages)}")
    if Path("/run/systemd/system").is_dir() and not Path("/var/lib/systemd/linger", user).exists():
        commands.append(f"sudo loginctl enable-linger {user}")  # services run without a login
    if commands and not may_become_root():
        yield from (
            f"Root is needed, and {user} may not use sudo without a password: {command}" for command in commands
        )


def user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a uid without an entry
        return str(os.getuid())


def may_become_root() -> bool:
    try:
        return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    asked = json.load(sys.stdin)
    problems = [
        *operating_system(),
        *python(asked["python_packages"]),
        *user_namespaces(),
        *java(),
        *memory(asked["memory_mb"]),
        *home(asked["home"], asked["socket_dir"], asked["disk_mb"]),
        *ports(asked["ports"], asked["home"]),
        *root(asked["missing_packages"]),
    ]
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
