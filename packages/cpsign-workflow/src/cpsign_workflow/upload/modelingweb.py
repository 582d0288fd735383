# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modelingweb's interface for models: POST /api/v1/models/fromFile, multipart with ``category`` and ``filecontent``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpsign_workflow.errors import UserError
from cpsign_workflow.upload.http import Answer, post_file
from cpsign_workflow.upload.patience import Patience
from cpsign_workflow.upload.token import Token


class Unknown(Exception):
    """The model went out and nobody knows whether it arrived: only a person may decide to send it again."""


@dataclass(frozen=True)
class Accepted:
    """Modelingweb's answer."""

    status: int
    content: Any


def send(url: str, token: Token, category: str, model: Path) -> Accepted:
    """Send a model; tried again only while it is certain that nothing was accepted.

    Raises :class:`UserError` when Modelingweb refuses or can not be reached, :class:`Unknown` when the model, or a part
    of it, went out and no proper answer came.
    """
    url = f"{url}/api/v1/models/fromFile"
    renewed = False
    for attempt in Patience(f"Modelingweb at {url}"):
        answer = post_file(url, token.get(), [("category", category)], "filecontent", model)
        if answer.status == 401 and not renewed:  # the token may have ended on its way
            renewed = True
            answer = post_file(url, token.get(renew=True), [("category", category)], "filecontent", model)
        if not _nothing_accepted(answer):
            return _read(url, answer)
        attempt.failed(answer.fault or f"HTTP {answer.status}")
    raise AssertionError("Patience ends in an error")


def _nothing_accepted(answer: Answer) -> bool:
    """Whether to try again: Too Many Requests refuses whenever it comes, a gateway's error only before the body."""
    if answer.certificate_refused:
        return False
    return answer.status == 429 or (answer.sent == 0 and answer.status in (0, 502, 503, 504))


def _read(url: str, answer: Answer) -> Accepted:
    if answer.certificate_refused:
        raise UserError(f"Modelingweb at {url}: {answer.fault}. SSL_CERT_FILE names another bundle of certificates")
    if answer.status == 0 or answer.status >= 500:
        raise Unknown(f"Modelingweb at {url}: {answer.sent:,} bytes were sent, then {answer.fault or answer.status}")
    if answer.status >= 300:
        raise UserError(f"Modelingweb at {url} refuses the model: HTTP {answer.status} {answer.text()}".rstrip())
    try:
        content = json.loads(answer.body) if answer.body.strip() else None
    except ValueError:
        raise Unknown(f"Modelingweb at {url} answers HTTP {answer.status}, but not in JSON: {answer.text()}") from None
    if isinstance(content, dict) and (content.get("error") or content.get("errors") or content.get("success") is False):
        raise UserError(f"Modelingweb at {url} answers HTTP {answer.status} with an error: {answer.text()}")
    return Accepted(answer.status, content)
