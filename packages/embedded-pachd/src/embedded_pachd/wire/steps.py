# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that can be part of a transaction: alone they run in one of their own, else they are added to the client's."""

from collections.abc import Callable
from typing import Any

from embedded_pachd.errors import NotFoundError, PachdError, PreconditionError
from embedded_pachd.messages import transaction_pb2
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.wire.convert import timestamp
from embedded_pachd.wire.handlers import Call

Step = Callable[[Transaction, Any], Any]
"""Does what a request asks for; gives a Commit message or None."""


class Steps:
    """Keyed by the fields of TransactionRequest ('create_repo', …)."""

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem
        self._steps: dict[str, Step] = {}

    def add(self, field: str, step: Step) -> None:
        self._steps[field] = step

    def run(self, field: str, request: Any, call: Call) -> Any:
        """Do a request, or when the client has a transaction open, try it out together with those before and keep it
        there.
        """
        if not call.transaction_id:
            with self._filesystem.transaction() as tx:
                return self._steps[field](tx, request)
        return self._append(call.transaction_id, transaction_pb2.TransactionRequest(**{field: request}))

    def _append(self, transaction_id: str, request: Any) -> Any:
        with self._filesystem.snapshot() as s:
            info = load(s, transaction_id)
        info.requests.append(request)
        with self._filesystem.transaction(transaction_id, dry_run=True) as tx:
            responses = self.run_all(tx, info.requests)
        del info.responses[:]
        info.responses.extend(responses)
        info.version += 1
        with self._filesystem.transaction() as tx:
            save(tx, info)
        return responses[-1].commit if responses[-1].HasField("commit") else None

    def run_all(self, tx: Transaction, requests: Any) -> list[Any]:
        responses = []
        for number, request in enumerate(requests, 1):
            fields = [field.name for field, _unused in request.ListFields()]
            if len(fields) != 1 or fields[0] not in self._steps:
                raise PreconditionError(f"a transaction cannot hold this request: {', '.join(fields) or 'empty'}")
            try:
                commit = self._steps[fields[0]](tx, getattr(request, fields[0]))
            except PachdError as error:
                raise type(error)(f"error running request {number} of {len(requests)}: {error}") from error
            responses.append(transaction_pb2.TransactionResponse(commit=commit))
        return responses


_COLUMNS = "id, started, requests, responses, version"


def load(s: Snapshot, transaction_id: str) -> Any:
    """The client's open transaction, as a TransactionInfo message."""
    row = s.db.execute(f"SELECT {_COLUMNS} FROM client_transaction WHERE id = ?", (transaction_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"transactions {transaction_id} not found")
    return _info(row)


def load_all(s: Snapshot) -> list[Any]:
    return [_info(row) for row in s.db.execute(f"SELECT {_COLUMNS} FROM client_transaction ORDER BY started DESC")]  # noqa: S608


def _info(row: tuple[str, int, bytes, bytes, int]) -> Any:
    return transaction_pb2.TransactionInfo(
        transaction=transaction_pb2.Transaction(id=row[0]),
        started=timestamp(row[1]),
        requests=transaction_pb2.TransactionInfo.FromString(row[2]).requests,
        responses=transaction_pb2.TransactionInfo.FromString(row[3]).responses,
        version=row[4],
    )


def save(tx: Transaction, info: Any) -> None:
    requests = transaction_pb2.TransactionInfo(requests=info.requests).SerializeToString()
    responses = transaction_pb2.TransactionInfo(responses=info.responses).SerializeToString()
    tx.db.execute(
        f"INSERT INTO client_transaction ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET "
        "requests = excluded.requests, responses = excluded.responses, version = excluded.version",
        (info.transaction.id, info.started.ToNanoseconds(), requests, responses, info.version),
    )
