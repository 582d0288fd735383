# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""transaction_v2.API."""

import time
import uuid
from typing import Any

from embedded_pachd.errors import NotFoundError
from embedded_pachd.messages import transaction_pb2
from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.wire.convert import timestamp
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.steps import Steps, load, load_all, save


class TransactionService:
    def __init__(self, filesystem: FileSystem, steps: Steps) -> None:
        self._filesystem = filesystem
        self._steps = steps

    def BatchTransaction(self, request: Any, _call: Call) -> Any:
        with self._filesystem.transaction() as tx:
            responses = self._steps.run_all(tx, request.requests)
        return transaction_pb2.TransactionInfo(
            transaction=transaction_pb2.Transaction(id=tx.id),
            requests=request.requests,
            responses=responses,
            started=timestamp(tx.now),
        )

    def StartTransaction(self, _request: Any, _call: Call) -> Any:
        transaction = transaction_pb2.Transaction(id=uuid.uuid4().hex)
        with self._filesystem.transaction() as tx:
            save(tx, transaction_pb2.TransactionInfo(transaction=transaction, started=timestamp(time.time_ns())))
        return transaction

    def InspectTransaction(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            return load(s, request.transaction.id)

    def ListTransaction(self, _request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            return transaction_pb2.TransactionInfos(transaction_info=load_all(s))

    def DeleteTransaction(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            deleted = tx.db.execute("DELETE FROM client_transaction WHERE id = ?", (request.transaction.id,)).rowcount
            if not deleted:
                raise NotFoundError(f"transactions {request.transaction.id} not found")

    def FinishTransaction(self, request: Any, _call: Call) -> Any:
        transaction_id = request.transaction.id
        with self._filesystem.transaction(transaction_id) as tx:
            info = load(tx, transaction_id)
            responses = self._steps.run_all(tx, info.requests)
            tx.db.execute("DELETE FROM client_transaction WHERE id = ?", (transaction_id,))
        del info.responses[:]
        info.responses.extend(responses)
        return info

    def DeleteAll(self, _request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            tx.db.execute("DELETE FROM client_transaction")
