# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call: clients that send the server's token in the metadata, as pachctl and python-pachyderm do after a
login.
"""

import hmac

from embedded_pachd.errors import PachdError
from embedded_pachd.wire.handlers import Authorize

_METADATA_KEY = "authn-token"


class UnauthenticatedError(PachdError):
    code = "UNAUTHENTICATED"


def everybody(_metadata: dict[str, str]) -> None:
    """Any call may be made."""


def require_token(token: str) -> Authorize:
    """`token` '' lets everybody in."""
    if not token:
        return everybody
    expected = token.encode()

    def authorize(metadata: dict[str, str]) -> None:
        given = metadata.get(_METADATA_KEY, "")
        if not given:
            raise UnauthenticatedError("no authentication token (try logging in)")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected):
            raise UnauthenticatedError("provided auth token is corrupted or has expired (try logging in again)")

    return authorize
