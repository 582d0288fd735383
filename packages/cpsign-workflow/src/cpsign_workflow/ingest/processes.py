# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RDKit is asked of many compounds, 0.4 to 3 ms each, on all cores."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Final, TypeVar

from cpsign_workflow import cores
from cpsign_workflow.errors import UserError
from cpsign_workflow.ingest.curation import Compound

FEW: Final = 2_000
"""Compounds that are done before other processes start: each of these takes half a second to come up."""
BATCH: Final = 200
AHEAD: Final = 3
"""Batches under way for each process, so that none waits and memory stays small."""

R = TypeVar("R")


def asked(function: Callable[[str], R], compounds: Iterable[Compound]) -> Iterator[tuple[Compound, R]]:
    """Each compound, in order, with ``function`` of its SMILES. Raises :class:`UserError` when a process dies."""
    compounds = iter(compounds)
    for compound in islice(compounds, FEW):
        yield compound, function(compound.smiles)
    batches = iter(lambda: list(islice(compounds, BATCH)), [])
    if first := next(batches, None):
        yield from _asked_elsewhere(function, first, batches)


def _asked_elsewhere(
    function: Callable[[str], R], first: list[Compound], batches: Iterator[list[Compound]]
) -> Iterator[tuple[Compound, R]]:
    workers = cores.available()
    # Forked processes would hold the pipes to sort, which then never sees the end of its input.
    context = multiprocessing.get_context("spawn")
    under_way: deque[tuple[list[Compound], Future[list[R]]]] = deque()
    with ProcessPoolExecutor(workers, context, initializer=_follow_parent) as pool:

        def submit(batch: list[Compound]) -> None:
            under_way.append((batch, pool.submit(_all, function, [compound.smiles for compound in batch])))

        def oldest() -> Iterator[tuple[Compound, R]]:
            batch, results = under_way.popleft()
            return zip(batch, results.result(), strict=True)

        try:
            submit(first)
            for batch in batches:
                submit(batch)
                if len(under_way) > AHEAD * workers:
                    yield from oldest()
            while under_way:
                yield from oldest()
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
