# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file's bytes as pachd stores and hashes them: content-defined chunks; file hash = H(concatenated H(chunk))."""

from typing import NamedTuple

from embedded_pachd.pfs.cuts import WINDOW, CutFinder
from embedded_pachd.store.chunks import HASH_SIZE, INLINE_SIZE, ChunkBatch, digest

_MIN_CHUNK = 1_000_000
_MAX_CHUNK = 20_000_000
_ROLL_FROM = _MIN_CHUNK - WINDOW
"""Only the last 64 bytes count, so nothing before can matter for the first byte at which a cut is allowed."""

NO_CHUNKS_HASH = digest(b"")


class Content(NamedTuple):
    size: int
    hash: bytes
    chunks: bytes
    """Hashes of the chunks, 32 bytes each."""


EMPTY = Content(0, NO_CHUNKS_HASH, b"")


class ContentWriter:
    """Takes a file's bytes in any portions; stores its chunks in `batch`."""

    __slots__ = ("_batch", "_head", "_stream")

    def __init__(self, batch: ChunkBatch, kept: Content = EMPTY) -> None:
        """`kept`: chunks that stand before what is written; the last of them must have ended at a cut."""
        self._batch = batch
        self._head = b""
        self._stream = _ChunkStream(batch, kept) if kept.size else None

    def write(self, data: bytes) -> None:
        if self._stream is None:
            self._head += data
            if len(self._head) <= INLINE_SIZE:
                return
            data, self._head = self._head, b""
            self._stream = _ChunkStream(self._batch, EMPTY)
        self._stream.write(data)

    def close(self) -> Content:
        if self._stream is not None:
            return self._stream.close()
        if not self._head:
            return EMPTY
        chunk = self._batch.add_small(self._head)
        return Content(len(self._head), digest(chunk), chunk)

    def abandon(self) -> None:
        if self._stream is not None:
            self._batch.abandon_chunk()


class _ChunkStream:
    """Cuts a stream of bytes into chunks and stores them."""

    def __init__(self, batch: ChunkBatch, kept: Content) -> None:
        self._batch = batch
        self._chunks = bytearray(kept.chunks)
        self._size = kept.size
        self._in_chunk = 0
        self._finder = CutFinder()

    def write(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            at += self._take(data, at)

    def _take(self, data: bytes, at: int) -> int:
        """Add the bytes from `at` up to the next cut, or all; gives their number."""
        left = len(data) - at
        unrolled = _ROLL_FROM - self._in_chunk
        if unrolled > 0:
            return self._add(data, at, min(left, unrolled))
        room = _MAX_CHUNK - self._in_chunk
        cut = self._finder.find(data, at, at + min(left, room - 1))
        if cut < 0:
            taken = self._add(data, at, min(left, room))
            if taken == room:
                self._end_chunk()
            return taken
        self._add(data, at, cut)
        if self._in_chunk >= _MIN_CHUNK:
            self._end_chunk()
        return cut

    def _add(self, data: bytes, at: int, size: int) -> int:
        self._batch.extend(memoryview(data)[at : at + size])
        self._in_chunk += size
        self._size += size
        return size

    def _end_chunk(self) -> None:
        self._chunks += self._batch.end()
        self._in_chunk = 0
        self._finder = CutFinder()

    def close(self) -> Content:
        if self._in_chunk:
            self._end_chunk()
        else:
            self._chunks += self._batch.add_small(b"")  # pachd's mark of a file that ends at a cut
        chunks = bytes(self._chunks)
        return Content(self._size, digest(chunks), chunks)


def last_chunk(content: Content, last_size: int) -> tuple[Content, bytes]:
    """Content without its last chunk (of `last_size` bytes), which the end of the file closed, and that chunk's
    hash.
    """
    chunks = content.chunks[:-HASH_SIZE]
    return Content(content.size - last_size, digest(chunks), chunks), content.chunks[-HASH_SIZE:]
