# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors whose text is meant for the user: what was wrong, where, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import missing_required_lib


class UserError(Exception):
    """What the user can mend; `result` goes into the module's answer beside the text."""

    def __init__(self, message: str, **result: Any) -> None:
        super().__init__(message)
        self.result = result


class ServerError(UserError):
    """pachd refused a call; `code` is the name of the gRPC status, `details` the server's own text."""

    def __init__(self, message: str, code: str, details: str) -> None:
        super().__init__(message)
        self.code = code
        self.details = details

    @property
    def says_missing(self) -> bool:
        """WalkFile reports a missing path with another text and code than every other call does (measured on 2.7.6)."""
        return self.code == "NOT_FOUND" or "does not contain item" in self.details


def missing_library(name: str, error: Exception, requirements: str = "", reason: str | None = None) -> UserError:
    """A library cannot be imported: how `pip` brings it to this interpreter, by its name or by `requirements`."""
    return UserError(
        f"{missing_required_lib(name, reason=reason)} Install it for this interpreter: "
        f"{sys.executable} -m pip install {requirements or name} ({type(error).__name__}: {error})"
    )


@contextmanager
def already_done(what: str) -> Iterator[None]:
    """An error in here comes after something was changed, and says so.

    Raises:
        UserError: with the same text and `what`.
    """
    try:
        yield
    except UserError as error:
        raise UserError(f"{error}; {what}", changed=True) from error


def raise_all(problems: Sequence[str]) -> None:
    """Report every problem at once.

    Raises:
        UserError: when there is at least one problem.
    """
    if problems:
        heading = "" if len(problems) == 1 else f"{len(problems)} problems:\n- "
        raise UserError(heading + "\n- ".join(problems), problems=list(problems))
