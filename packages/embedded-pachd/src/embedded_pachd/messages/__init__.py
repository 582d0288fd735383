# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachd's protobuf messages, built from the serialized descriptors that the build step collected.

`pfs_pb2.CommitInfo`, `pps_pb2.PipelineInfo`, … are the message classes of a package; enum values stand beside them
(`pfs_pb2.FILE`). `service("pfs_v2.API")` gives a service's descriptor.
"""

from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from google.protobuf import any_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

# Well-known types come from the default pool, so that timestamp_pb2.Timestamp is the class inside pachd's messages too.
_WELL_KNOWN = (any_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)


def _load() -> DescriptorPool:
    from google.protobuf.descriptor_pool import Default

    pool: DescriptorPool = Default()
    raw = (files(__package__) / "descriptors.bin").read_bytes()
    pending = {f.name: f for f in FileDescriptorSet.FromString(raw).file}
    added: list[str] = []

    def add(file: FileDescriptorProto) -> None:
        for dependency in file.dependency:
            if dependency in pending and dependency not in added:
                add(pending[dependency])
        if file.name not in added:
            added.append(file.name)
            pool.AddSerializedFile(file.SerializeToString())

    for file in pending.values():
        add(file)
    _FILES.extend(added)
    return pool


_FILES: list[str] = []
_POOL = _load()


def _package(package: str) -> Any:
    """Everything a package declares, as one generated module would show it."""
    names: dict[str, Any] = {}
    for file in (_POOL.FindFileByName(name) for name in _FILES):
        if file.package != package:
            continue
        names |= {name: GetMessageClass(message) for name, message in file.message_types_by_name.items()}
        for name, enum in file.enum_types_by_name.items():
            names[name] = enum
            names |= {value.name: value.number for value in enum.values}
    return SimpleNamespace(**names)


def service(full_name: str) -> ServiceDescriptor:
    return _POOL.FindServiceByName(full_name)


def services() -> list[ServiceDescriptor]:
    """Every service that pachd has, served here or not."""
    return [s for name in _FILES for s in _POOL.FindFileByName(name).services_by_name.values()]


def message_class(descriptor: Any) -> Any:
    return GetMessageClass(descriptor)


admin_pb2 = _package("admin_v2")
auth_pb2 = _package("auth_v2")
debug_pb2 = _package("debug_v2")
pfs_pb2 = _package("pfs_v2")
pps_pb2 = _package("pps_v2")
task_pb2 = _package("taskapi")
transaction_pb2 = _package("transaction_v2")
version_pb2 = _package("versionpb_v2")
