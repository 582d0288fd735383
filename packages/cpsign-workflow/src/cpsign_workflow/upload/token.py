# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keycloak's access token, renewed before it ends.

Token endpoint and grants: OpenID Connect Core 1.0 and RFC 6749, sections 4.3 (password) and 4.4 (client credentials).
"""

import json
import time

from cpsign_workflow.errors import UserError
from cpsign_workflow.upload.access import Access
from cpsign_workflow.upload.http import Answer, post_form
from cpsign_workflow.upload.patience import Patience

_SPARE = 30.0  # seconds that a token must still be good for


class Token:
    """The token of one login."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._url = f"{access.keycloak_url}/realms/{access.realm}/protocol/openid-connect/token"
        self._text = ""
        self._ends = 0.0

    def get(self, *, renew: bool = False) -> str:
        """A token that is good for a while. Raises :class:`UserError` when Keycloak gives none."""
        if renew or time.monotonic() > self._ends - _SPARE:
            content = self._ask()
            self._text = content["access_token"]
            self._ends = time.monotonic() + float(content.get("expires_in", 60))
        return self._text

    def _ask(self) -> dict[str, str]:
        for attempt in Patience(f"Keycloak at {self._url}"):
            answer = post_form(self._url, self._access.grant())
            if answer.certificate_refused:
                raise UserError(f"Keycloak at {self._url}: {answer.fault}")
            if answer.status in (0, 429, 502, 503, 504):
                attempt.failed(answer.fault or f"HTTP {answer.status}")
            else:
                return self._read(answer)
        raise AssertionError("Patience ends in an error")

    def _read(self, answer: Answer) -> dict[str, str]:
        try:
            content = json.loads(answer.body)
        except ValueError:
            content = {}
        if answer.status == 200 and isinstance(content, dict) and isinstance(content.get("access_token"), str):
            return content
        who = f"user {self._access.user}" if self._access.user else f"client {self._access.client}"
        why = ""
        if isinstance(content, dict):
            why = content.get("error_description") or content.get("error") or ""
        raise UserError(
            f"Keycloak at {self._url} gives {who} no token: HTTP {answer.status} {why}".rstrip()
            + ". Correct the secret modelweb-api-info"
        )
