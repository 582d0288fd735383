# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file's bytes as pachd stores and hashes them: content-defined chunks; file hash = H(concatenated H(chunk))."""

from typing import NamedTuple

from embedded_pachd.store.chunks import HASH_SIZE, INLINE_SIZE, ChunkBatch, digest

_MIN_CHUNK = 1_000_000
_MAX_CHUNK = 20_000_000
_WINDOW = 64
_ROLL_FROM = _MIN_CHUNK - _WINDOW
"""Only the last 64 bytes count, so nothing before can matter for the first byte at which a cut is allowed."""

_ZEROS_STATE = (1 << 64) - 1
"""The rolling hash of a window of zeros, with pachd's table; rotating does not change it."""

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
        self._state = _ZEROS_STATE
        self._before = bytes(_WINDOW)

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            taken = self._take(view)
            view = view[taken:]

    def _take(self, view: memoryview) -> int:
        """Add the bytes up to the next cut, or all; gives their number."""
        unrolled = _ROLL_FROM - self._in_chunk
        if unrolled > 0:
            return self._add(view[:unrolled])
        room = _MAX_CHUNK - self._in_chunk
        cut = self._find_cut(view[: min(room - 1, _MAX_CHUNK)])
        if cut < 0:
            taken = self._add(view[:room])
            if taken == room:
                self._end_chunk()
            return taken
        self._add(view[:cut])
        if self._in_chunk >= _MIN_CHUNK:
            self._end_chunk()
        return cut

    def _find_cut(self, view: memoryview) -> int:
        import numpy as np

        from embedded_pachd.pfs.cuts import TABLE, roll

        if not view:
            return -1
        before, data = np.frombuffer(self._before, np.uint8), np.frombuffer(view, np.uint8)
        cut, state = roll(TABLE, before, data, np.uint64(self._state))
        self._state = int(state)
        seen = view if cut < 0 else view[:cut]
        self._before = (self._before + bytes(seen[-_WINDOW:]))[-_WINDOW:]
        return int(cut)

    def _add(self, view: memoryview) -> int:
        self._batch.extend(view)
        self._in_chunk += len(view)
        self._size += len(view)
        return len(view)

    def _end_chunk(self) -> None:
        self._chunks += self._batch.end()
        self._in_chunk = 0
        self._state = _ZEROS_STATE
        self._before = bytes(_WINDOW)

    def close(self) -> Content:
        if self._in_chunk:
            self._end_chunk()
        chunks = bytes(self._chunks)
        return Content(self._size, digest(chunks), chunks)


def last_chunk(content: Content, last_size: int) -> tuple[Content, bytes]:
    """Content without its last chunk (of `last_size` bytes), which the end of the file closed, and that chunk's
    hash.
    """
    chunks = content.chunks[:-HASH_SIZE]
    return Content(content.size - last_size, digest(chunks), chunks), content.chunks[-HASH_SIZE:]
