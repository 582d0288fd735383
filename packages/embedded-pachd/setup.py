# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build step: collect pachd's message descriptors out of python-pachyderm's generated files, without importing them."""

import ast
import importlib.util
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from setuptools import setup
from setuptools.command.build_py import build_py

TARGET = Path("src/embedded_pachd/messages/descriptors.bin")


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


class BuildWithDescriptors(build_py):
    def run(self) -> None:
        TARGET.write_bytes(collect().SerializeToString())
        super().run()


setup(cmdclass={"build_py": BuildWithDescriptors})
