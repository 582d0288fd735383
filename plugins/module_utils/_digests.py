# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine wrote into secrets last, as keyed digests: pachd never shows a value again.

A digest alone would not notice that somebody else replaced the secret; its creation time on the server, kept beside it,
does. The digest needs the key in the same owner-only folder, so a copied record does not help in guessing a short
password.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from ._errors import UserError

RETRY_SECONDS = 0.2


class Digests:
    """One record a secret, in a folder that only its owner can enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[bytes] | None = None

    def lock(self, seconds: float) -> None:
        """Keep other processes out until this object goes away: two hosts of a play may run on one controller.

        Raises:
            UserError: when the folder cannot be written, or is still locked after `seconds`.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.chmod(0o700)
            self._lock = open(self._folder / "lock", "wb", opener=_owner_only)  # noqa: SIM115  (kept open)
        except OSError as error:
            raise UserError(f"digests_dir {self._folder}: {error.strerror}; nothing was changed") from error
        deadline = time.monotonic() + seconds
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() >= deadline:
                raise UserError(
                    f"digests_dir {self._folder}: another task has been writing secrets for {seconds:g} s; "
                    "nothing was changed"
                )
            time.sleep(RETRY_SECONDS)

    def know(self, name: str, content: bytes, created: str) -> bool:
        """Whether the secret that the server made at `created` was written from here, with this content."""
        try:
            record = json.loads(self._record(name).read_text(encoding="utf-8"))
            return bool(record == {"created": created, "digest": self._digest(content)})
        except (OSError, ValueError):
            return False

    def remember(self, name: str, content: bytes, created: str) -> None:
        """That the secret was written with this content.

        Raises:
            UserError: when the folder cannot be written any more.
        """
        try:
            if not self._key.exists():
                self._write(self._key, secrets.token_bytes(32))
            record = {"created": created, "digest": self._digest(content)}
            self._write(self._record(name), json.dumps(record).encode())
        except OSError as error:
            raise UserError(f"digests_dir {self._folder}: {error.strerror}") from error

    @property
    def _key(self) -> Path:
        return self._folder / "key"

    def _record(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _digest(self, content: bytes) -> str:
        return hashlib.blake2b(content, key=self._key.read_bytes(), digest_size=32).hexdigest()

    def _write(self, path: Path, data: bytes) -> None:
        """All at once, readable by the owner only."""
        with NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(data)
            os.fsync(file.fileno())
        Path(file.name).replace(path)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
