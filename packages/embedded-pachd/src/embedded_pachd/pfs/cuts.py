# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pachd cuts a file into chunks: after a byte at which the low 23 bits of a rolling hash (buzhash, 64 bits,
window of 64 bytes) are zero. The loop over the bytes is compiled (find_cut.c).
"""

import ctypes
from importlib.resources import files
from pathlib import Path

WINDOW = 64
_OF_ZEROS = (1 << 64) - 1
"""The hash of a window of zeros, with pachd's table; rotating does not change it."""

_FOLDER = Path(str(files(__package__)))
_TABLE = (_FOLDER / "buzhash64.bin").read_bytes()
"""What each byte's value stands for: 256 little-endian numbers of 64 bits."""


class _Rolling(ctypes.Structure):
    _fields_ = (("hash", ctypes.c_uint64), ("window", ctypes.c_uint8 * WINDOW))


_find_cut = ctypes.CDLL(str(_FOLDER / "find_cut.so")).find_cut
_POINTERS = (ctypes.POINTER(_Rolling), ctypes.c_char_p, ctypes.c_char_p)
_find_cut.argtypes = (*_POINTERS, ctypes.c_size_t, ctypes.c_size_t)
_find_cut.restype = ctypes.c_ssize_t


class CutFinder:
    """The rolling hash of one chunk."""

    def __init__(self) -> None:
        self._rolling = _Rolling(_OF_ZEROS)

    def find(self, data: bytes, start: int, stop: int) -> int:
        """Roll in data[start:stop]. Gives their number up to and with the one that ends the chunk; -1: none does."""
        return int(_find_cut(self._rolling, _TABLE, data, start, stop))
