# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own encoding beside protobuf's."""

from __future__ import annotations

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._wire import (
    FileInfo,
    add_file,
    bytes_value,
    delete_file,
    file_info,
)
from google.protobuf.wrappers_pb2 import BytesValue
from python_pachyderm.proto.v2.pfs import pfs_pb2


@pytest.mark.parametrize("data", [b"", b"x", b"y" * 127, b"z" * 128, b"0" * 70_000])
def test_adding_a_file(data: bytes) -> None:
    request = pfs_pb2.ModifyFileRequest.FromString(add_file("/folder/name", data))
    assert request.WhichOneof("body") == "add_file"
    assert (request.add_file.path, request.add_file.raw.value) == ("/folder/name", data)
    assert request.add_file.HasField("raw")


def test_deleting_a_file() -> None:
    request = pfs_pb2.ModifyFileRequest.FromString(delete_file("/name"))
    assert (request.WhichOneof("body"), request.delete_file.path) == ("delete_file", "/name")


@pytest.mark.parametrize(("kind", "is_file"), [(pfs_pb2.FILE, True), (pfs_pb2.DIR, False)])
@pytest.mark.parametrize("size", [0, 5, 3_000_000_000])
def test_reading_a_file_info(kind: int, is_file: bool, size: int) -> None:
    message = pfs_pb2.FileInfo(file_type=kind, size_bytes=size, hash=b"\x01\xff")
    message.file.path = "/näme"
    message.file.commit.id = "1" * 32
    message.committed.seconds = 7
    assert file_info(message.SerializeToString()) == FileInfo("/näme", is_file, size, "01ff")


@pytest.mark.parametrize("data", [b"", b"x" * 300])
def test_reading_bytes(data: bytes) -> None:
    assert bytes_value(BytesValue(value=data).SerializeToString()) == data
