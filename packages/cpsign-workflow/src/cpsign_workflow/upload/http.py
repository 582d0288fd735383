# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request, and how much of it had gone out when it failed.

libcurl, because it waits for the server's ``100 Continue`` before it sends a body: a refusal that comes first is known
to be one of an upload that never happened.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import certifi
import pycurl

_CONNECT = 10  # seconds to reach a server
_STALLED = 120  # seconds without a byte in either direction
_LONGEST = 64 * 1024  # bytes of an answer that are kept


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    """0 when no answer came."""
    body: bytes
    sent: int
    """Bytes of the request's body that went out."""
    fault: str
    """Why no answer came, in libcurl's words."""
    certificate_refused: bool = False

    def text(self) -> str:
        """The body on one line, shortened."""
        return " ".join(self.body.decode("utf-8", errors="replace").split())[:500]


def post_form(url: str, form: dict[str, str]) -> Answer:
    """POST a urlencoded form."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.POSTFIELDS, urlencode(form))
    return _perform(curl, url, [])


def post_file(url: str, token: str, fields: Sequence[tuple[str, str]], name: str, path: Path) -> Answer:
    """POST multipart/form-data with a file read from disk as it goes out."""
    curl = pycurl.Curl()
    with pycurl.CurlMime(curl) as mime:
        for field, value in fields:
            mime.add_field(field, value)
        mime.add_file(name, str(path), content_type="application/java-archive")
        curl.setopt(pycurl.MIMEPOST, mime)
        return _perform(curl, url, [f"Authorization: Bearer {token}", "Expect: 100-continue"])


def _perform(curl: pycurl.Curl, url: str, headers: list[str]) -> Answer:
    kept, sent = BytesIO(), 0

    def progress(_to_come: int, _came: int, _to_go: int, gone: int) -> None:
        nonlocal sent
        sent = max(sent, gone)

    def keep(piece: bytes) -> None:
        kept.write(piece[: _LONGEST - kept.tell()])

    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HTTPHEADER, ["Accept: application/json", *headers])
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
    curl.setopt(pycurl.CONNECTTIMEOUT, _CONNECT)
    curl.setopt(pycurl.LOW_SPEED_LIMIT, 1)
    curl.setopt(pycurl.LOW_SPEED_TIME, _STALLED)
    curl.setopt(pycurl.NOSIGNAL, True)
    curl.setopt(pycurl.NOPROGRESS, False)
    curl.setopt(pycurl.XFERINFOFUNCTION, progress)
    curl.setopt(pycurl.WRITEFUNCTION, keep)
    fault, refused = "", False
    try:
        curl.perform()
    except pycurl.error as error:
        fault = str(error.args[-1])
        refused = error.args[0] in (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE)
    # a connection may break in the middle of an answer: half an answer is none
    status = 0 if fault else curl.getinfo(pycurl.RESPONSE_CODE)
    sent = max(sent, curl.getinfo(pycurl.SIZE_UPLOAD_T))
    curl.close()
    return Answer(status, kept.getvalue(), sent, fault, refused)
