# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The datums of finished jobs in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

import msgpack

from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pps.datums import Datum, InputFile
from embedded_pachd.pps.results import DatumState, Result


@dataclass(frozen=True, slots=True)
class DatumRow:
    """A datum as a finished job lists it; `ran` is the number of the job that ran it, its own or an earlier one."""

    id: str
    hash: str
    state: DatumState
    ran: int
    packed_inputs: bytes

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        return tuple(InputFile(*each) for each in msgpack.unpackb(self.packed_inputs))


def save(tx: Transaction, job: int, datums: Iterable[Datum], results: Mapping[str, Result]) -> None:
    """Keep the datums that a job ran; those that it did not come to are left out, as pachd does."""

    def rows() -> Iterator[tuple[object, ...]]:
        for datum in datums:
            if datum.id in results:
                inputs = msgpack.packb([astuple(each) for each in datum.inputs])
                key, digest = bytes.fromhex(datum.id), bytes.fromhex(datum.hash)
                yield job, key, digest, results[datum.id].state, job, inputs

    tx.db.executemany("INSERT INTO pps_datum (job, id, hash, state, ran, inputs) VALUES (?, ?, ?, ?, ?, ?)", rows())
    runs = ((job, bytes.fromhex(datum), result.pack()) for datum, result in results.items())
    tx.db.executemany("INSERT INTO pps_run (job, datum, result) VALUES (?, ?, ?)", runs)


def save_skipped(tx: Transaction, job: int, base: int, skipped: Iterable[str]) -> None:
    """Keep the datums that a job skipped, as its base job has them: with the commits that were read back then."""
    tx.db.executemany(
        "INSERT INTO pps_datum (job, id, hash, state, ran, inputs) "
        "SELECT ?, id, hash, state, ran, inputs FROM pps_datum WHERE job = ? AND id = ?",
        ((job, base, bytes.fromhex(each)) for each in skipped),
    )


def of_job(s: Snapshot, job: int) -> Iterator[DatumRow]:
    """The job's datums, ordered by id."""
    query = "SELECT id, hash, state, ran, inputs FROM pps_datum WHERE job = ? ORDER BY id"
    for key, digest, state, ran, inputs in s.db.execute(query, (job,)):
        yield DatumRow(key.hex(), digest.hex(), DatumState(state), ran, inputs)


def result(s: Snapshot, ran: int, datum: str) -> Result:
    """What the run of a datum left."""
    row = s.db.execute("SELECT result FROM pps_run WHERE job = ? AND datum = ?", (ran, bytes.fromhex(datum))).fetchone()
    return Result.unpack(row[0])
