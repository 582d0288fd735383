# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build steps: collect pachd's message descriptors out of python-pachyderm's generated files, without importing them;
compile the loop over the bytes of large files.
"""

import ast
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

DESCRIPTORS = Path("src/embedded_pachd/messages/descriptors.bin")
LOOP = Path("src/embedded_pachd/pfs/find_cut.c")


def serialized_descriptor(generated: Path) -> FileDescriptorProto | None:
    """The file descriptor that a *_pb2.py file was generated from: its only call with `serialized_pb=b"…"` and a
    package.
    """
    for node in ast.walk(ast.parse(generated.read_text())):
        if isinstance(node, ast.Call):
            arguments = {k.arg: k.value for k in node.keywords}
            if "serialized_pb" in arguments and "package" in arguments:
                return FileDescriptorProto.FromString(ast.literal_eval(arguments["serialized_pb"]))
    return None


def collect() -> FileDescriptorSet:
    spec = importlib.util.find_spec("python_pachyderm")
    if spec is None or spec.origin is None:
        raise SystemExit("python-pachyderm is needed to build: its files hold the message descriptors")
    files = sorted((Path(spec.origin).parent / "proto").rglob("*_pb2.py"))
    return FileDescriptorSet(file=[d for d in map(serialized_descriptor, files) if d is not None])


def compile_loop() -> None:
    """With Zig's C compiler, which comes from PyPI: not every machine has one, or Python's headers. For any processor
    of this kind, since an image may run elsewhere.
    """
    compiler = [sys.executable, "-m", "ziglang", "cc", "-O3", "-shared", "-fPIC", "-mcpu=baseline"]
    with tempfile.TemporaryDirectory() as cache:
        places = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
        subprocess.run([*compiler, "-o", LOOP.with_suffix(".so"), LOOP], check=True, env=os.environ | places)


class Build(build_py):
    def run(self) -> None:
        DESCRIPTORS.write_bytes(collect().SerializeToString())
        compile_loop()
        super().run()


class ForOneMachine(Distribution):
    def has_ext_modules(self) -> bool:
        """Names the wheel after the kind of machine that the loop is compiled for."""
        return True


setup(cmdclass={"build_py": Build}, distclass=ForOneMachine)
