# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the Java virtual machine with CPSign in it, and turn its exceptions into messages."""

import hashlib
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import jpype  # type: ignore[import-untyped]

from cpsign_workflow.errors import UserError

_HEAP = re.compile(r"(?P<number>[1-9]\d*)(?P<unit>[KMGT])(i?B?)", re.IGNORECASE)
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_LEAST_HEAP = 32 * 2**20
"""In less, Java ends before it can say why."""


def start(threads: int = 1) -> None:
    """Start the JVM with the jars of ``CPSIGN_JARS`` and the heap of ``CPSIGN_MEMORY`` (else half of the memory).

    ``threads`` will use it, and as many collect its garbage: more would take cores from steps beside this one. A
    process has at most one JVM: a second call returns at once. Raises :class:`UserError` when the jars are not the
    ones that this version was made for, when ``CPSIGN_MEMORY`` is not a size, or when there is no Java.
    """
    if jpype.isJVMStarted():
        return
    jars = _verified_jars()
    options = [
        *_heap_options(),
        # a heap that is nearly full shall be an error soon, not hours of collecting: only this collector has the limits
        "-XX:+UseParallelGC",
        f"-XX:ParallelGCThreads={threads}",
        "-XX:GCTimeLimit=90",
        "-XX:GCHeapFreeLimit=5",
        "-Xrs",  # SIGTERM ends the process at once instead of taking Java away from under Python
        "-XX:+ErrorFileToStderr",  # a step's own folder is not for crash reports
        "-Dfile.encoding=UTF-8",  # Java 17 takes it from the locale, and a step has none
        "-Duser.language=en",  # numbers in a model have the digits of the locale: Arabic ones in Egypt
        "-Duser.country=US",
        "-Djava.awt.headless=true",
        "-XX:-UsePerfData",  # would write to /tmp and is read by nobody
    ]
    try:
        jpype.startJVM(*options, classpath=[str(jar) for jar in jars])
    except jpype.JVMNotFoundException as error:
        raise UserError("no Java found: install a Java 17 runtime, or set JAVA_HOME to the folder of one") from error
    if threading.current_thread() is threading.main_thread():
        # Ctrl-C too: Python would not look at it before Java returns, and that can be hours
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    adopt_thread()


def adopt_thread() -> None:
    """Let this thread use CPSign, which finds its parts by the thread's class loader: Python's threads have none."""
    jpype.java.lang.Thread.currentThread().setContextClassLoader(jpype.java.lang.ClassLoader.getSystemClassLoader())


def java(name: str) -> Any:
    """The Java class ``name``; what is not of Java or the CDK is looked for in ``com.arosbio``, CPSign's own."""
    root = name.split(".", 1)[0]
    return jpype.JClass(name if root in {"java", "org"} else f"com.arosbio.{name}")


def java_version() -> str:
    """Version of the running Java, for example ``17.0.15``."""
    return str(java("java.lang.System").getProperty("java.version"))


@contextmanager
def messages(doing: str) -> Iterator[None]:
    """Turn Java's exceptions in the body into :class:`UserError`; ``doing`` says what went on ("training split 2").

    Out of memory names the limit to raise; what CPSign refuses (its ``IllegalArgumentException`` and input errors) is
    passed on in CPSign's words. Other exceptions are faults of the program and stay as they are.
    """
    try:
        yield
    except jpype.JException as error:
        if isinstance(error, java("java.lang.OutOfMemoryError")):
            raise UserError(_out_of_memory(doing)) from error
        refusals = (
            java("java.lang.IllegalArgumentException"),
            java("java.io.IOException"),
            java("chem.io.in.EarlyLoadingStopException"),
        )
        if isinstance(error, refusals):
            raise UserError(f"{doing}: CPSign refused: {error.getMessage()}") from error
        raise


def _verified_jars() -> list[Path]:
    """The jars, each one with the checksum of ``jars.sha256``, and no other."""
    if not os.environ.get("CPSIGN_JARS"):
        raise UserError("CPSIGN_JARS is not set: it names the folder with CPSign's jars (setup.yml fills one)")
    folder = Path(os.environ["CPSIGN_JARS"])
    listing = resources.files(__package__).joinpath("jars.sha256").read_text(encoding="ascii")
    jars = []
    for line in listing.splitlines():
        checksum, name = line.split()
        jar = folder / name
        try:
            with jar.open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise UserError(f"{jar}: {error.strerror}; run setup.yml to fetch CPSign's jars again") from error
        if found != checksum:
            raise UserError(f"{jar}: not the jar that this version uses (its sha256 differs); remove it, run setup.yml")
        jars.append(jar)
    return jars


def _heap_options() -> list[str]:
    memory = os.environ.get("CPSIGN_MEMORY")
    if not memory:
        # Java's own measure heeds the limit of a container or control group; Min… is its odd name for small machines
        return ["-XX:MaxRAMPercentage=50", "-XX:MinRAMPercentage=50"]
    size = _HEAP.fullmatch(memory.strip())
    if not size or int(size["number"]) * _UNITS[size["unit"].upper()] < _LEAST_HEAP:
        raise UserError(f"CPSIGN_MEMORY is {memory!r}; a size like 4G or 1500M is expected, 32M at least")
    return [f"-Xmx{size['number']}{size['unit']}"]


def _out_of_memory(doing: str) -> str:
    memory = os.environ.get("CPSIGN_MEMORY") or "half of the machine's or container's memory"
    return (
        f"{doing}: Java's heap ({memory}) is full. Raise CPSIGN_MEMORY (a size like 4G) and with it the memory "
        "limit of the pipeline, or use fewer compounds"
    )
