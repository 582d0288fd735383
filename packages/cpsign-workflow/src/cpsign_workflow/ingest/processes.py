# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RDKit is asked of many compounds, 0.4 to 3 ms each, on all cores."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Final, TypeVar

from cpsign_workflow import cores
from cpsign_workflow.errors import UserError

FEW: Final = 2_000
"""Compounds that are done before other processes start: each of these takes half a second to come up."""
BATCH: Final = 200
AHEAD: Final = 3
"""Batches under way for each process, so that none waits and memory stays small."""

T = TypeVar("T")
R = TypeVar("R")


def asked(
    function: Callable[[str], R], compounds: Iterable[T], structure_of: Callable[[T], str]
) -> Generator[tuple[T, R], None, None]:
    """Each compound, in order, with ``function`` of its structure. Raises :class:`UserError` when a process dies."""
    compounds = iter(compounds)
    for compound in islice(compounds, FEW):
        yield compound, function(structure_of(compound))
    batches = batched(compounds, BATCH)
    if first := next(batches, None):
        yield from _asked_elsewhere(function, chain([first], batches), structure_of)


def batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """The items in lists of ``size``; the last one may be shorter."""
    return iter(lambda: list(islice(items, size)), [])


def side_by_side(submit: Callable[[T], Future[R]], items: Iterable[T], workers: int) -> Iterator[tuple[T, R]]:
    """Each item, in order, with the result of what ``submit`` starts; :data:`AHEAD` items a worker are under way."""
    under_way: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            under_way.append((item, submit(item)))
            if len(under_way) > AHEAD * workers:
                oldest, future = under_way.popleft()
                yield oldest, future.result()
        while under_way:
            oldest, future = under_way.popleft()
            yield oldest, future.result()
    finally:  # what is still here when something failed is of no use
        for _unused, future in under_way:
            future.cancel()


def _asked_elsewhere(
    function: Callable[[str], R], batches: Iterable[list[T]], structure_of: Callable[[T], str]
) -> Iterator[tuple[T, R]]:
    workers = cores.available()
    # Forked processes would hold the pipes to sort, which then never sees the end of its input.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_follow_parent) as pool:

        def submit(batch: list[T]) -> Future[list[R]]:
            return pool.submit(_all, function, [structure_of(compound) for compound in batch])

        try:
            for batch, results in side_by_side(submit, batches, workers):
                yield from zip(batch, results, strict=True)
        except BrokenProcessPool as error:
            raise UserError(
                f"one of {workers} processes that read structures died; most often memory ran out: give the step more"
            ) from error


def _all(function: Callable[[str], R], structures: list[str]) -> list[R]:
    return [function(smiles) for smiles in structures]


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, even by a signal that nothing can catch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
