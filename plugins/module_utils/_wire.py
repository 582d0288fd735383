# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few messages that come or go by the ten thousand, in protobuf's wire form.

python-pachyderm's protobuf is pure Python and takes most of a millisecond a file. Field numbers: pfs.proto of 2.7.
"""

from __future__ import annotations

from typing import Any, NamedTuple

LENGTH_DELIMITED = 2
FILE_KIND = 1  # pfs_v2.FileType


class FileInfo(NamedTuple):
    """A file or folder of a commit; `digest` is pachd's hash in hexadecimal."""

    path: str
    is_file: bool
    size: int
    digest: str


def file_info(message: bytes) -> FileInfo:
    """Decode pfs_v2.FileInfo."""
    fields = _fields(message)
    path = _fields(fields[1])[2]
    return FileInfo(path.decode(), fields.get(2) == FILE_KIND, fields.get(4, 0), fields.get(5, b"").hex())


def bytes_value(message: bytes) -> bytes:
    """Decode google.protobuf.BytesValue."""
    value: bytes = _fields(message).get(1, b"")
    return value


def delete_file(path: str) -> bytes:
    """pfs_v2.ModifyFileRequest that removes a file."""
    return _field(3, _field(1, path.encode()))


def add_file(path: str, data: bytes) -> bytes:
    """pfs_v2.ModifyFileRequest that appends bytes to a file (which exists from then on, though they be none)."""
    return _field(2, _field(1, path.encode()) + _field(3, _field(1, data) if data else b""))


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _fields(message: bytes) -> dict[int, Any]:
    """The last value of each field; numbers as int, the rest as bytes."""
    fields: dict[int, Any] = {}
    position = 0
    while position < len(message):
        key, position = _read_varint(message, position)
        value, position = _read_varint(message, position)
        if key & 7 == LENGTH_DELIMITED:
            fields[key >> 3] = message[position : position + value]
            position += value
        else:
            fields[key >> 3] = value
    return fields


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
