# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash pachd gives a file, computed from a local one, so that both can be compared without moving a byte.

A file is cut into chunks by its content; its hash is BLAKE2b-256 over the BLAKE2b-256 of its chunks. A cut follows each
byte after which the rolling hash (buzhash of the last 64 bytes) has its low 23 bits zero, in chunks of at least
1,000,000 and at most 20,000,000 bytes. Measured on pachd 2.7.6.
"""

from __future__ import annotations

import base64
import hashlib
import mmap
from collections.abc import Iterator
from typing import Any, BinaryIO

from ._errors import missing_library

SMALLEST_CHUNK = 1_000_000
LARGEST_CHUNK = 20_000_000
WINDOW = 64
CUT_MASK = (1 << 23) - 1
BLOCK = 32 * 1024  # positions looked at together; their 64-bit sums fit into a core's cache

# pachd's 256 entries of 64 bits (buzhash64 seeded with 1), big-endian, base64
TABLE = base64.b64decode(
    "TWWCIQf8/VJ4YpoPXz8WT1UQTcdmlXIdOAcEu3tNfAM2WoWBScbi0Vfp0YYNHWjYCGbLOXkWAB4UCNKsIsTSlAxpf0g5KQegJoRHpBid65lB8nzG"
    "84ddBGglWq+V6UYnG2z/orpReTYwuV/xg8Rx1Ci2IVh8s60LPASVGqQmVdkkOnaLfE4LaCWEXJXUSR0bVuw/JSVjIYYb+YviqdeNcxoCBw8WnBEh"
    "LjEI2rsVhkRJC9Joto5qP25mHpJ1mAX1JYTEfyzfW4omBs0rV9KSRWBUUC/F1tJoGnFM+GuD0OJuw0w2dnTLdFkuF/ewaNnbQwyLNbuUV9gDn294"
    "oV1SOxREGdt5Qgn/Tbp7D52h1+t81LelWiXgyworiUz4QOxLTCKwKTbU/5sHkUP39KXuO1iUQv1a0UX0JphLkvZ0AwQWLZaNP3H4y0VCwpKRAY18"
    "RabjyvzK4iQjpiNDsYa1HzYp2fF9no+8Q+o7k5P5PzMgdAPe9jpbbyQbOuQZR2w2ZPEBf7yJfQYuT6RZFphz9XC1oxVyTHrxJgfGSVge6zlyenH1"
    "Ile7fQx5ZJdvJpoofQucqL6OmYEJgl4RcDk3Sxxz+sglQW/tVy2S+t7X5BEe6fdnZnjnqiff96skT802d2eDA1aqa4Ze9Oge3kVhrWaI+L0+mbCo"
    "XXg5nL7YCjoXahVq5YNIsDbUZ6SvY+WNctCh6UBq7J1XYTCCwjPwB31Njp+l6tC9dgsNIgUBQ6YLoI5Lc4toKT8fRug2mcrzdqeA6pZ81xB6O6b2"
    "BvZlpiyJwWcl/T1/WG1oJg/W5Hla/wHJJvvym0gp7gcW3kw1UyJ4fCvzOUtGoDy0SvhkumC+0x8cuebGM6/TeUFDkIkQuS0BaaORRH40F53DTxgt"
    "crtTiUIWV/8pOgwr+fxlaFxOkemLAskXUoBHk2ycZLcK8lYDg9F5CVW0pLLqPUylT7WPvq9jXUcvUhhYf8eHaR5QM4K+FBhvRIQd8zU5seoX964k"
    "6RdFSB6SVQfAUeGKUGWFWAe3NlgQOXCjKewwDCQCoY2iUL80NIV1fqftXZc3qzZB/j3qeVADHSe4s1L3Rms228mzROlP0mn9jl8EdV1Vy0cZQeUq"
    "ak7veiaUdj0AENYya0DqvF43fvWEhdaLMzKq/jNurMo/uiRwQ5mjY01PJ4pnFJucNG5fKa4QqQEDzES/Wl/++wA+YwZWOybeAF0pKG8A8Ct1OaIB"
    "nwY5fUt/r8NUWDbER5or+THWQWtoXzJXEvQSjXBisHZ1LzP/Oq4+PkowVgVM0jnqDI3CFANcqA1yUhqQbEQ/r46z5KEf9fJig+/GxlIl/NYJDsBP"
    "H6z8XcFUCGQWOlrO7CyKqkvbGFtwq1O6aD4UpTjTtJRYz7Akh41AYwPhm/ejF64/RQTWNTy2Lwd84umO82BBLGAZAPtP+/OpJaH/tSLVVLRgZ5a4"
    "PxkEdhNSyjIHlqcQLYnIIPXDU89qfLXPBPWbtx2sm1gtIwF2UFziY+LWqc4/y2JsPx10Jwt/v7yv2RW7AzmOQLAapH0yNCPPzeLCaUtw56x0F784"
    "dv2Dmh4JT5pJOiPrVezg6ktWeDzLlFObNLSjyBPTRrVGuvRHVODAwT7s/bxtsw43ep473NwCs5BmCu3xpuIi9Q2+qg/i+MH+ZDp9cS4Wa98yVgx6"
    "Z1iKdBCxZqIhiY80GFL+YkwzDx1espx3Ga9TulO3oP9wZYuUDJfXChM8lnNCm9I6Tv7q3QzD8Q4PISVRE2+axwcPCRQJwJo+byQcVyhYvRDxPkG3"
    "FG9w/zvnDLARo5BA9Lb0fylLTo4g8xEnRQBkzmVRy4lJEaqHKJy9LEGi1SiJRvI9V5MM+ECnnDtTltJKA8bZgkMizuEDZXkMU78frwz1JRdbsfV7"
    "C7Ex6FF9jr89pUdcAaRHhhOe/MoD7WTpvNROtAyMRpSlSvdHLz8Nb7c8Mu1pyT+wn2xHrCyA1Y/ouo8iLBKDtlQEOmYgYkxYOwp/IBu1U5e0kmQx"
    "RwpPWuF8AtUzdw61jw0lWEDU5VIBT7/yFZdLnX+ANZQqakZwebdvvmn5jEAz/iZWWaMIdHksjugHaiCva0EpLX/kdUr9/5wyNK1ayIIJMpgOS1rA"
    "WUg4cGPvv/Wy1aETC8qCpC3ZbloG2OlvW45WqVt7Jwnr2d2pIBj6bgT5zpJsoADoy0QJUHyoKUemflKxGzUyekn20mECwZ53kkF/w3j8JFQcO2vZ"
    "C+ZyMLAnt+BSqqsDH3ZaQSfr3Y9EyatAOWdHwEXZkSE+XdsO/XqErwqOsayZt1eIVf5/A+Or/0ozOV6vqIqmf3M8N01zbkHMeZXF3Jy8vl4o39jT"
    "ezzOvD/r3SXht/qTM0FdvTFa5q8CiRcrnM7S4lKQojEZ6g8vNt9DMal3ByIrd+gGhKa/3HGX4TSI8D8HHj/6iqRKA6Rh68oIJ6a4hQSTm7i1gMi6"
    "XSFAZAGBU9pQG2oitkjmBEGs2fVRGAJ4CUX83Yk6MQ9cs4msco9fTHCewYQ39RmLfSdahzzA6ptseuN6450C22qFdkgTiDFCH7lejMpZk5J06kKv"
    "wS0VTgma0b3BdhY9auSubVyS4rhQjfDc+fle3mA5CQi4Ar38UOV9D4qShYUMaFcd3KbhCwHl3P2IeVPoSrsYyUi56WIIzQDE5TPpo3/Hb61eDObl"
    "UxibJR26d65+I7xvyCFLimra6kdTtCjXKoDQVkzyCmU="
)


def hash_of_bytes(data: bytes | mmap.mmap) -> str:
    """pachd's hash of a file with this content, as hexadecimal text."""
    digests = hashlib.blake2b(digest_size=32)
    with memoryview(data) as view:
        start = 0
        for end in _cuts(data):
            digests.update(hashlib.blake2b(view[start:end], digest_size=32).digest())
            start = end
    return digests.hexdigest()


def hash_of_file(file: BinaryIO, size: int) -> str:
    """As `hash_of_bytes`; a big file is mapped, not read into memory. `size` in bytes need only be about right."""
    if size < SMALLEST_CHUNK:
        return hash_of_bytes(file.read())
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return hash_of_bytes(mapped)


def _cuts(data: bytes | mmap.mmap) -> Iterator[int]:
    """Where each chunk ends; an empty file has none."""
    start, size = 0, len(data)
    while size - start > SMALLEST_CHUNK:
        start = _next_cut(data, start, size)
        yield start
    if start < size:
        yield size


def _next_cut(data: bytes | mmap.mmap, start: int, size: int) -> int:
    """Below the smallest length nothing is looked at: the window forgets what lies more than 64 bytes back."""
    numpy = _numpy()
    table = numpy.frombuffer(TABLE, dtype=">u8").astype(numpy.uint64)
    limit = min(start + LARGEST_CHUNK, size)
    for first in range(start + SMALLEST_CHUNK - 1, limit, BLOCK):
        last = min(first + BLOCK, limit)
        sums = table[numpy.frombuffer(data[first - WINDOW + 1 : last], dtype=numpy.uint8)]
        hits = numpy.flatnonzero(_rolled(numpy, sums) & numpy.uint64(CUT_MASK) == 0)
        if hits.size:
            return first + int(hits[0]) + 1
    return limit


def _rolled(numpy: Any, sums: Any) -> Any:
    """The rolling hash at each position that has a whole window, by doubling: 1, 2, 4, … 64 bytes are summed up.

    The sum of 2n bytes is that of the last n, xor that of the n before them rotated left by n. Two arrays take turns,
    since memory for a new one costs more than the arithmetic.
    """
    spare = numpy.empty_like(sums)
    for width in (1, 2, 4, 8, 16, 32):
        older, newer, summed = sums[:-width], sums[width:], spare[: len(sums) - width]
        numpy.left_shift(older, numpy.uint64(width), out=summed)
        summed ^= newer
        older >>= numpy.uint64(64 - width)  # the bits that the rotation brings round; `sums` is not needed any more
        summed ^= older
        sums, spare = summed, sums
    return sums


def _numpy() -> Any:
    try:
        import numpy
    except ImportError as error:
        raise missing_library("numpy", error, reason="to compare files of 1 MB and more") from error
    return numpy
