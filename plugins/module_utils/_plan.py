# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module would do, known before it does anything: check mode and diff come from here, and so does the doing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ._errors import UserError
from ._pachd import Pachd

# What pachd accepts inside a transaction (transaction_v2.TransactionRequest).
TRANSACTIONAL = {
    "pfs.CreateRepo",
    "pfs.DeleteRepo",
    "pfs.CreateBranch",
    "pfs.DeleteBranch",
    "pfs.StartCommit",
    "pfs.FinishCommit",
    "pfs.SquashCommitSet",
    "pps.CreatePipeline",
    "pps.StopJob",
}


@dataclass(frozen=True)
class Call:
    """One call that writes."""

    method: str
    request: dict[str, Any]

    @property
    def transactional(self) -> bool:
        """A new branch without a head makes a commit, and a repo can have only one in a transaction."""
        makes_a_commit = self.method == "pfs.CreateBranch" and "head" not in self.request
        return self.method in TRANSACTIONAL and not makes_a_commit


@dataclass(frozen=True)
class Change:
    """One thing that is not yet as the task says: how it is, how it shall be, and the calls that make it so."""

    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    calls: tuple[Call, ...] = ()

    def diff(self) -> dict[str, Any]:
        """As Ansible prints it."""
        return {"before_header": self.name, "after_header": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Plan:
    """All changes of a task, what to do for them, and what is returned in any case."""

    changes: tuple[Change, ...] = ()
    result: dict[str, Any] = field(default_factory=dict)
    apply: Callable[[], dict[str, Any]] = dict


def planned(pachd: Pachd, changes: Iterable[Change], result: dict[str, Any]) -> Plan:
    """The plan of changes that consist of calls only."""
    listed = tuple(changes)

    def apply() -> dict[str, Any]:
        carry_out(pachd, listed)
        return {}

    return Plan(listed, result, apply)


def carry_out(pachd: Pachd, changes: Iterable[Change]) -> None:
    """Make the calls of the changes in order; neighbours that may share a transaction do.

    Raises:
        UserError: when one fails; it says which were done before.
    """
    calls = [call for change in changes for call in change.calls]
    done: list[str] = []
    for transactional, group in groupby(calls, key=lambda call: call.transactional):
        together = list(group)
        try:
            if transactional and len(together) > 1:
                with pachd.transaction():
                    for call in together:
                        pachd.call(call.method, call.request)
                done += [call.method for call in together]
            else:
                for call in together:
                    pachd.call(call.method, call.request)
                    done.append(call.method)
        except UserError as error:
            raise UserError(f"{error}; {_what_was_done(done, len(calls))}", changed=bool(done)) from error


def _what_was_done(done: list[str], of: int) -> str:
    return (
        f"{len(done)} of {of} calls were done before it ({', '.join(done)})"
        if done
        else "nothing was changed before it"
    )
