# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachd's glob patterns (ohmyglob): * and ? stay within a path segment, ** crosses; [a-c] [!a] {a,b}; the groups
( ) @( ) *( ) +( ) ?( ) !( ) capture what they match, for replacements like '$1'; a backslash takes a character as it
is."""

import re

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs.names import clean_path

_SPECIAL = re.compile(r"[*?[\]{}!()@+^]")
_REPLACEMENT = re.compile(r"\$(?:(\d+)|\{(\d+)\})")
_REPEAT = {"": "", "@": "", "*": "*", "+": "+", "?": "?"}


class Glob:
    """A compiled pattern. Raises PachdError when it cannot be one."""

    def __init__(self, pattern: str) -> None:
        self.pattern = clean_path(pattern)
        found = _SPECIAL.search(self.pattern)
        self.literal_prefix = self.pattern[: found.start()] if found else self.pattern
        """All that match start with this."""
        self.is_literal = found is None
        self._regex = re.compile(_Translator(self.pattern).whole(), re.DOTALL)

    def match(self, path: str) -> bool:
        return self._matched(path) is not None

    def _matched(self, path: str) -> re.Match[str] | None:
        if path == "/" and self.pattern != "/":
            return None
        return self._regex.fullmatch(path if path == "/" else path.rstrip("/"))

    def replace(self, path: str, replacement: str) -> str:
        """`replacement` with '$1', '${2}' … filled by what the pattern's groups caught in `path`; '' for groups that
        are not there.
        """
        match = self._matched(path)
        groups = (match.group(0), *match.groups()) if match else ()

        def fill(reference: re.Match[str]) -> str:
            number = int(reference.group(1) or reference.group(2))
            return (groups[number] or "") if number < len(groups) else ""

        return _REPLACEMENT.sub(fill, replacement)


class _Translator:
    """One pass over the pattern, writing a regular expression."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def whole(self) -> str:
        parts = []
        while self._at < len(self._text):
            parts.append(self._sequence(stop=""))
            if self._at < len(self._text):  # a closing character that closes nothing
                parts.append(re.escape(self._take()))
        return "".join(parts)

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _next_is(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _sequence(self, stop: str) -> str:
        parts: list[str] = []
        while self._at < len(self._text) and self._text[self._at] not in (stop or ")"):
            parts.append(self._item(stop))
        return "".join(parts)

    def _item(self, stop: str) -> str:
        character = self._take()
        if character == "\\" and self._at < len(self._text):
            return re.escape(self._take())
        if character in "@*+?!" and self._next_is("("):
            self._take()
            return self._group(character, stop)
        match character:
            case "(":
                return self._group("", stop)
            case "*" if self._next_is("*"):
                while self._next_is("*"):
                    self._take()
                return ".*"
            case "*":
                return "[^/]*"
            case "?":
                return "[^/]"
            case "[":
                return self._class()
            case "{" if "}" in self._text[self._at :]:
                return "(?:" + self._alternatives(",", "}") + ")"
        return re.escape(character)

    def _alternatives(self, separator: str, close: str) -> str:
        choices = [self._sequence(separator + close)]
        while self._next_is(separator):
            self._take()
            choices.append(self._sequence(separator + close))
        if not self._next_is(close):
            raise PachdError("unexpected end of input")
        self._take()
        return "|".join(choices)

    def _group(self, kind: str, stop: str) -> str:
        choices = self._alternatives("|", ")")
        if kind != "!":
            return f"((?:{choices}){_REPEAT[kind]})"
        # What follows decides how far the excluded text reaches, so it is looked at too.
        start = self._at
        rest = self._sequence(stop)
        self._at = start
        return f"((?!(?:{choices}){rest}$)[^/]*)"

    def _class(self) -> str:
        negated = self._next_is("!") or self._next_is("^")
        if negated:
            self._take()
        members = ""
        while not (self._next_is("]") and members):
            if self._at >= len(self._text):
                raise PachdError("unexpected end of input")
            member = self._take()
            if member == "\\" and self._at < len(self._text):
                member = self._take()
            members += member if member == "-" else re.escape(member)
        self._take()
        return f"[{'^/' if negated else ''}{members}]"
