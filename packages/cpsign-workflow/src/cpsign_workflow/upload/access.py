# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Modelingweb and its Keycloak are, and who logs in: the files of secret ``modelweb-api-info``."""

from dataclasses import dataclass, field
from pathlib import Path

from cpsign_workflow.errors import UserError

_REALM, _CLIENT = "toxhq", "modelingweb"


@dataclass(frozen=True)
class Access:
    """What the secret says. With a user the login is Keycloak's password grant, else client credentials."""

    modelweb_url: str
    keycloak_url: str
    realm: str
    client: str
    user: str | None
    secrets: dict[str, str] = field(repr=False)
    """``password``, ``client_secret``: what there is of them, by the names that Keycloak wants."""

    def grant(self) -> dict[str, str]:
        """The form that asks Keycloak for a token."""
        who = {"grant_type": "client_credentials"}
        if self.user is not None:
            who = {"grant_type": "password", "username": self.user}
        return {**who, "client_id": self.client, **self.secrets}


def read(folder: Path) -> Access:
    """Read the mounted secret. Raises :class:`UserError` when a file that is needed is missing or empty."""
    found = {path.name: path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob("*")) if path.is_file()}
    found = {name: text for name, text in found.items() if text}
    login = {"user", "password"} if "user" in found or "client-secret" not in found else set()
    missing = sorted(({"modelweb-url", "keycloak-url"} | login) - set(found))
    if missing:
        raise UserError(
            f"{folder}: {', '.join(missing)} missing or empty. The secret holds modelweb-url, keycloak-url, and user "
            "and password, or client-secret for a login without a user; client-id and realm when they are not "
            f"{_CLIENT} and {_REALM}"
        )
    for name in ("modelweb-url", "keycloak-url"):
        if not found[name].startswith(("https://", "http://")):
            raise UserError(f"{folder / name}: {found[name]!r} is no address; it begins with https://")
    secrets = {"client_secret": found["client-secret"]} if "client-secret" in found else {}
    return Access(
        modelweb_url=found["modelweb-url"].rstrip("/"),
        keycloak_url=found["keycloak-url"].rstrip("/"),
        realm=found.get("realm", _REALM),
        client=found.get("client-id", _CLIENT),
        user=found.get("user"),
        secrets={**secrets, "password": found["password"]} if login else secrets,
    )
