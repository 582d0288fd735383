# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a server that is there already with the user that ingestion will be, and change nothing.

Reads ``{place, user, password, database}`` as JSON from stdin; `place` is what database.connect wants. Writes
``{error, warnings: [texts]}`` as JSON to stdout.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from database import Unreachable, connect

READING = {"USAGE", "SELECT", "SHOW VIEW", "PROXY"}


def warnings(asked: dict[str, Any], cursor: Any) -> Iterator[str]:
    """What ingestion can live with, but should not have to."""
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    if not cursor.fetchone()[1]:
        yield "The server offers no TLS: what ingestion reads passes the network as it is."
    cursor.execute("SHOW GRANTS")
    if more := sorted(privileges(row[0] for row in cursor.fetchall()) - READING):
        yield f"User {asked['user']} may do more than read ({', '.join(more)}): give ingestion one with SELECT only."
    cursor.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = %s LIMIT 1", (asked["database"],))
    if not cursor.fetchone():
        yield f"User {asked['user']} sees no table in {asked['database']}: GRANT SELECT ON {asked['database']}.* TO it."


def privileges(grants: Iterator[str]) -> set[str]:
    """The names in statements such as ``GRANT SELECT (column), SHOW VIEW ON …``."""
    found = set()
    for grant in grants:
        if named := re.match(r"GRANT (.+?) ON ", grant):
            found |= {name.strip() for name in re.sub(r"\([^)]*\)", "", named[1]).split(",")}
    return found


def main() -> None:
    asked = json.load(sys.stdin)
    answer: dict[str, Any] = {"error": "", "warnings": []}
    try:
        connection = connect(asked["place"], asked["user"], asked["password"], database=asked["database"])
    except Unreachable as reason:
        answer["error"] = str(reason)
    else:
        with connection, connection.cursor() as cursor:
            answer["warnings"] = list(warnings(asked, cursor))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
