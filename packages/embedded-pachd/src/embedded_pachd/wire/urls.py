# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content that a client names by a URL. Who may do so reaches the server's network, so it has to be switched on."""

from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from embedded_pachd.errors import PachdError, UnimplementedError

_SECONDS = 60
"""Of silence before a server is given up."""
_PIECE = 1024 * 1024


def refuse(url: str) -> None:
    """Raises UnimplementedError when a URL is given."""
    if url:
        raise UnimplementedError(
            f"embedded-pachd does nothing with {url}: files are not written to URLs, and fetched from them only by a "
            "server that runs with --fetch-urls (its network is open to all clients then): fetch the file yourself and "
            "put it"
        )


def fetched(url: str) -> Iterator[bytes]:
    """The content behind an http or https URL, in pieces. Raises PachdError, also when it ends early."""
    try:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise UnimplementedError(f"{url}: only http and https URLs are fetched")
        with urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme is one of two
            while piece := answer.read(_PIECE):
                yield piece
            if answer.length:  # which read() says nothing of
                raise IncompleteRead(b"", answer.length)
    except HTTPError as error:
        raise PachdError(f'error retrieving content from "{url}": {error.code} {error.reason}') from None
    except (OSError, HTTPException, ValueError) as error:
        raise PachdError(f'error retrieving content from "{url}": {error}') from None
