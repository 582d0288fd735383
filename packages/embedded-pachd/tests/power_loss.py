# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that forgets at power loss what was not synced.

A process is traced, and its system calls on files are followed into a model of the disk that is as forgetful as POSIX
allows: a file's bytes last once the file was synced, a name once its folder was. At any moment `Disk.lay_out` makes the
folder that would be found after power loss then. So the very binary of SQLite is tried that the store uses.
"""

import os
import random
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ptrace.debugger import ProcessExit, PtraceDebugger, PtraceProcess
from ptrace.func_call import FunctionCallOptions
from ptrace.syscall import PtraceSyscall

Change = dict[str, "File | Folder | None"]
Write = tuple[int, bytes | None]
"""Where, and which bytes; None cuts the file off there."""
_HERE = -100  # AT_FDCWD


@dataclass
class File:
    synced: bytearray = field(default_factory=bytearray)
    unsynced: list[Write] = field(default_factory=list)

    def sync(self) -> None:
        for write in self.unsynced:
            _apply(self.synced, write)
        self.unsynced.clear()

    def after_loss(self, dice: random.Random | None) -> bytes:
        found = bytearray(self.synced)
        for write in self.unsynced:
            if dice is not None and dice.random() < 0.5:
                _apply(found, write)
        return bytes(found)


@dataclass
class Folder:
    synced: dict[str, "File | Folder"] = field(default_factory=dict)
    unsynced: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        self.synced = self.after_loss(None, all_of_it=True)
        self.unsynced.clear()

    def after_loss(self, dice: random.Random | None, *, all_of_it: bool = False) -> dict[str, "File | Folder"]:
        found: dict[str, File | Folder | None] = dict(self.synced)
        for change in self.unsynced:
            if all_of_it or (dice is not None and dice.random() < 0.5):
                found |= change
        return {name: node for name, node in found.items() if node is not None}


def _apply(content: bytearray, write: Write) -> None:
    at, data = write
    if data is None:
        del content[at:]
    content.extend(bytes(max(0, at - len(content))))
    if data is not None:
        content[at : at + len(data)] = data


class Disk:
    """What lies in one folder, of which nothing but the folder itself is there at first."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths: dict[Path, File | Folder] = {self._root: Folder()}
        self._open: dict[int, File] = {}
        """Files by their number in the real file system, which outlives their names."""

    def lay_out(self, target: Path, dice: random.Random | None = None) -> None:
        """What is found after power loss now: with `dice`, some of what was not synced too."""
        target.mkdir()
        folder = self._paths[self._root]
        assert isinstance(folder, Folder)
        _lay_out(folder, target, dice)

    # --- what happens; paths are absolute, those outside are passed over ---

    def created(self, path: Path, number: int) -> None:
        if self._inside(path) and path not in self._paths:
            self._open[number] = File()
            self._name({path: self._open[number]})

    def made_folder(self, path: Path) -> None:
        if self._inside(path):
            self._name({path: Folder()})

    def linked(self, old: Path, new: Path) -> None:
        if self._inside(new):
            self._name({new: self._paths[old]})

    def renamed(self, old: Path, new: Path) -> None:
        if self._inside(new):
            assert old.parent == new.parent
            self._name({new: self._paths[old], old: None})

    def removed(self, path: Path) -> None:
        if self._inside(path):
            self._name({path: None})

    def wrote(self, number: int, write: Write) -> None:
        if number in self._open:
            self._open[number].unsynced.append(write)

    def synced(self, path: Path, number: int) -> None:
        found = self._paths.get(path)
        if isinstance(found, Folder):
            found.sync()
        elif number in self._open:
            self._open[number].sync()

    def _inside(self, path: Path) -> bool:
        return path != self._root and path.is_relative_to(self._root)

    def _name(self, change: dict[Path, File | Folder | None]) -> None:
        folder = self._paths[next(iter(change)).parent]
        assert isinstance(folder, Folder)
        folder.unsynced.append({path.name: node for path, node in change.items()})
        for path, node in change.items():
            if node is None:
                del self._paths[path]
            else:
                self._paths[path] = node


def _lay_out(folder: Folder, target: Path, dice: random.Random | None) -> None:
    for name, node in folder.after_loss(dice).items():
        if isinstance(node, Folder):
            (target / name).mkdir()
            _lay_out(node, target / name, dice)
        else:
            (target / name).write_bytes(node.after_loss(dice))


class Traced:
    """A process that asks to be traced and stops itself, and its disk."""

    def __init__(self, arguments: Sequence[str | Path], disk: Disk) -> None:
        self.disk = disk
        self._child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        self._debugger = PtraceDebugger()
        self._process: PtraceProcess = self._debugger.addProcess(self._child.pid, is_attached=True)
        self._folder = Path(f"/proc/{self._child.pid}")

    def lines(self) -> Iterator[str]:
        """'' after each call that may have changed something; and each line that the process prints."""
        options = FunctionCallOptions(write_types=False, write_argname=False, replace_socketcall=False)
        try:
            while True:
                self._process.syscall()
                self._process.waitSyscall()
                call = self._process.syscall_state.event(options)
                if call is not None and call.result is not None and call.result >= 0:
                    yield from self._follow(call)
        except ProcessExit as exit_event:
            if exit_event.exitcode != 0:
                raise AssertionError("the traced process failed") from exit_event
        finally:
            self._debugger.quit()
            self._child.returncode = 0

    def kill(self) -> None:
        os.kill(self._child.pid, signal.SIGKILL)

    def _follow(self, call: PtraceSyscall) -> Iterator[str]:
        values = [argument.value for argument in call.arguments]
        match call.name:
            case "write" if values[0] == 1:
                yield self._process.readBytes(values[1], call.result).decode()
                return
            case "open" | "openat" | "creat":
                self._opened(call)
            case "mkdir" | "mkdirat":
                self.disk.made_folder(self._path(values[:-1]))
            case "rename":
                self.disk.renamed(self._path(values[:1]), self._path(values[1:2]))
            case "renameat" | "renameat2":
                self.disk.renamed(self._path(values[:2]), self._path(values[2:4]))
            case "link":
                self.disk.linked(self._path(values[:1]), self._path(values[1:2]))
            case "linkat":
                self.disk.linked(self._path(values[:2]), self._path(values[2:4]))
            case "unlink" | "rmdir":
                self.disk.removed(self._path(values[:1]))
            case "unlinkat":
                self.disk.removed(self._path(values[:2]))
            case "write" | "writev" | "sendfile" | "copy_file_range":
                target = values[2] if call.name == "copy_file_range" else values[0]
                self._wrote(target, self._position(target) - call.result, call.result)
            case "pwrite64":
                self._wrote(values[0], values[3], call.result)
            case "ftruncate":
                self.disk.wrote(self._number(values[0]), (values[1], None))
            case "fsync" | "fdatasync":
                self.disk.synced(self._descriptor(values[0]).readlink(), self._number(values[0]))
            case _:
                return
        yield ""

    def _opened(self, call: PtraceSyscall) -> None:
        path, number = self._descriptor(call.result).readlink(), self._number(call.result)
        flags = call.arguments[1 if call.name == "open" else 2].value
        if call.name == "creat" or flags & os.O_CREAT:
            self.disk.created(path, number)
        if flags & os.O_TRUNC:
            self.disk.wrote(number, (0, None))

    def _wrote(self, descriptor: int, at: int, size: int) -> None:
        try:
            with self._descriptor(descriptor).open("rb", buffering=0) as file:
                self.disk.wrote(self._number(descriptor), (at, os.pread(file.fileno(), size, at)))
        except OSError:  # a pipe or a socket, no file
            return

    def _position(self, descriptor: int) -> int:
        return int((self._folder / "fdinfo" / str(descriptor)).read_text().split()[1])

    def _number(self, descriptor: int) -> int:
        return self._descriptor(descriptor).stat().st_ino

    def _descriptor(self, number: int) -> Path:
        return self._folder / "fd" / str(number)

    def _path(self, values: Sequence[int]) -> Path:
        """The path of a call: the address of its text, after the folder that it is relative to."""
        text = self._process.readCString(values[-1], 4096)[0].decode()
        at = values[0] if len(values) > 1 else _HERE
        beside = self._folder / "cwd" if at in (_HERE, 2**32 + _HERE) else self._descriptor(at)
        return Path(os.path.normpath(beside.readlink() / text))
