# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""References to ancestors as in git: 'master^', 'master^^', 'master~3', and 'master.2', the second commit of the
branch.
"""

import re

from embedded_pachd.errors import PachdError

_SEPARATOR = re.compile(r"[~^.]")


def parse(text: str) -> tuple[str, int]:
    """(what is referred to, how many commits back); a negative number counts from the first commit, which is 1."""
    found = _SEPARATOR.search(text)
    if found is None:
        return text, 0
    base, separator, rest = text[: found.start()], found.group(), text[found.end() :]
    if re.fullmatch(r"[+-]?[0-9]+", rest):
        return base, -int(rest) if separator == "." else int(rest)
    other = rest.lstrip(separator)
    if other:
        raise PachdError(f'invalid ancestry syntax "{text}", cannot mix {separator} and {other[0]} characters')
    count = 1 + len(rest)
    return base, -count if separator == "." else count
