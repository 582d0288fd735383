# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pachd cuts a file into chunks: after a byte at which the low 23 bits of a rolling hash (buzhash, 64 bits,
window of
64 bytes) are zero. The loop over the bytes is compiled, and imported only for a file that is large enough to be cut.
"""

from importlib.resources import files

import numpy as np
import numpy.typing as npt
from numba import njit, uint64

WINDOW = 64
TABLE = np.frombuffer((files(__package__) / "buzhash64.bin").read_bytes(), dtype="<u8").astype(np.uint64)


@njit(nogil=True, cache=True)
def roll(
    table: npt.NDArray[np.uint64], before: npt.NDArray[np.uint8], data: npt.NDArray[np.uint8], state: np.uint64
) -> tuple[int, np.uint64]:
    """Roll `data` into the hash; `before` are the WINDOW bytes that precede it.

    Gives the number of bytes up to and with the one that ends the chunk (-1: none does), and the new state.
    """
    one, rest, mask = uint64(1), uint64(63), uint64((1 << 23) - 1)
    for i in range(min(64, data.size)):
        state = ((state << one) | (state >> rest)) ^ table[before[i]] ^ table[data[i]]
        if state & mask == uint64(0):
            return i + 1, state
    for i in range(64, data.size):
        state = ((state << one) | (state >> rest)) ^ table[data[i - 64]] ^ table[data[i]]
        if state & mask == uint64(0):
            return i + 1, state
    return -1, state
