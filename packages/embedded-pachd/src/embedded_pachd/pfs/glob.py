# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachd's glob patterns (ohmyglob): * and ? stay within a path segment, ** crosses; [a-c] [!a] {a,b}; the groups
( ) @( ) *( ) +( ) ?( ) !( ) capture what they match, for replacements like '$1'; a backslash takes a character as it
is. As there, what is left open ends with the pattern.
"""

import re
import time

import regex

from embedded_pachd.errors import InvalidError, PachdError
from embedded_pachd.pfs.names import clean_path

_SPECIAL = re.compile(r"[*?[\]{}!()@+^]")
_REGEX_SPECIAL = re.compile(r"([\\.+*?()|[\]{}^$])")
_REPLACEMENT = re.compile(r"\$(?:(\$)|(\d+)|\{(\d+)\})")

_SIMPLE = re.compile(r"[^({*]*(?:\*+[^({*]*){0,2}\Z")
"""Patterns that cannot take long. Others can take for ever, and would keep the server from everything else."""
_MOST_SECONDS_A_PATH = 1.0
_MOST_SECONDS = 20.0
"""Of processor time, for all paths."""


class Glob:
    """A compiled pattern. Raises PachdError when it cannot be one."""

    def __init__(self, pattern: str) -> None:
        self.pattern = clean_path(pattern)
        found = _SPECIAL.search(self.pattern)
        self.literal_prefix = self.pattern[: found.start()] if found else self.pattern
        """All that match start with this, its backslashes included."""
        self.is_literal = found is None and "\\" not in self.pattern
        try:
            self._regex = _compile(_Translator(self.pattern).whole())
        except RecursionError as error:
            raise InvalidError(f"pattern {self.pattern[:80]} is nested too deeply") from error
        self._is_simple = bool(_SIMPLE.match(self.pattern))
        self._seconds_left = _MOST_SECONDS

    def match(self, path: str) -> bool:
        return self._matched(path) is not None

    def _matched(self, path: str) -> "regex.Match[str] | None":
        if path == "/" and self.pattern != "/":
            return None
        compared = path if path == "/" else path.rstrip("/")
        return self._regex.fullmatch(compared) if self._is_simple else self._bounded(compared)

    def _bounded(self, path: str) -> "regex.Match[str] | None":
        start = time.thread_time()
        found = None
        try:
            found = self._regex.fullmatch(path, timeout=_MOST_SECONDS_A_PATH)
        except TimeoutError:
            self._seconds_left = 0
        self._seconds_left -= time.thread_time() - start
        if self._seconds_left < 0:
            raise InvalidError(f"pattern {self.pattern[:80]} takes too long to match: give a simpler one")
        return found

    def replace(self, path: str, replacement: str) -> str:
        """`replacement` with '$1', '${2}' … filled by what the pattern's groups caught in `path`; '' for groups that
        are not there, '$' for '$$'.
        """
        match = self._matched(path)
        groups = (match.group(0), *match.groups()) if match else ()

        def fill(reference: re.Match[str]) -> str:
            if reference.group(1):
                return "$"
            number = int(reference.group(2) or reference.group(3))
            return (groups[number] or "") if number < len(groups) else ""

        return _REPLACEMENT.sub(fill, replacement)


def _compile(expression: str) -> "regex.Pattern[str]":
    try:
        re.compile(expression)  # its faults have the names that we know
        return regex.compile(expression, regex.DOTALL)
    except re.error as error:
        fault = "unrecognized escape sequence \\z" if "unterminated" in error.msg else "[x-y] range in reverse order"
        raise PachdError(f"error parsing regexp: {fault} in `\\A{expression}\\z`") from error


# In the regular expression under construction: where an alternative of !( ) ends, and where a part ends that says more
# than !( ). What follows a !( ) decides how far the excluded text reaches, which is known at the pattern's end only.
_EXCLUDED_END = "\ue000"
_BOUNDARY = "\ue001"
_QUANTIFIERS = {"@": "", "*": "*", "+": "+", "?": "?"}
_BREAKS = "?*[{("
_BREAKS_OUTSIDE = _BREAKS + "@!^+"
_BREAKS_IN_BRACES = _BREAKS_OUTSIDE + "},"
_BREAKS_IN_PARENTHESES = _BREAKS_OUTSIDE + ")|"


class _Translator:
    """One pass over the pattern, writing a regular expression."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._braces = self._parentheses = 0  # open ones
        self._open: list[tuple[str, list[str]]] = [("", [""])]  # groups around here: kind, alternatives so far

    def whole(self) -> str:
        while self._at < len(self._text):
            self._item()
        while len(self._open) > 1:
            self._close()
        regex = self._open[0][1][0]
        end = regex.find(_EXCLUDED_END + ")")
        follows = end >= 0 and _BOUNDARY in regex[end:]
        return regex.replace(_EXCLUDED_END, "" if follows else "$").replace(_BOUNDARY, "")

    def _item(self) -> None:
        character = self._take()
        if character in "@!^+?*" and self._next_is("("):
            self._take()
            self._begin(character)
            return
        match character:
            case "{" | "(":
                self._begin("{" if character == "{" else "@")
            case "," if self._braces:
                self._open[-1][1].append("")
            case "|" if self._parentheses:
                self._open[-1][1].append("")
            case "}" if self._braces:
                self._braces -= 1
                self._close()
            case ")" if self._parentheses:
                self._parentheses -= 1
                self._close()
            case "[":
                self._class()
            case "?":
                self._add("[^/]")
            case "*":
                self._star()
            case _:
                self._at -= 1
                self._literal(_BREAKS if character in "@!^+" else self._breaks())

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _next_is(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _add(self, regex: str) -> None:
        self._open[-1][1][-1] += regex

    def _breaks(self) -> str:
        if self._braces:
            return _BREAKS_IN_BRACES
        return _BREAKS_IN_PARENTHESES if self._parentheses else _BREAKS_OUTSIDE

    def _begin(self, kind: str) -> None:
        if kind == "^":
            raise PachdError("unimplemented quatifier ^")  # pachd's spelling
        if kind == "{":
            self._braces += 1
        else:
            self._parentheses += 1
        self._open.append((kind, [""]))

    def _close(self) -> None:
        kind, alternatives = self._open.pop()
        either = "|".join(alternatives)
        if kind == "{":
            self._add(f"(?:{either})")
        elif kind == "!":
            excluded = f"{_EXCLUDED_END}|".join(alternatives) + _EXCLUDED_END
            self._add(f"((?:(?!(?:{excluded}))[^/]*))")
        elif kind == "@":
            self._add(f"({either})")
        else:
            self._add(f"((?:{either}){_QUANTIFIERS[kind]})")

    def _star(self) -> None:
        if self._next_is("*") and not self._next_is("*("):
            self._take()
            self._add(".*" + _BOUNDARY)
        else:
            self._add("[^/]*" + _BOUNDARY)

    def _literal(self, breaks: str) -> None:
        found = ""
        while self._at < len(self._text) and self._text[self._at] not in breaks:
            character = self._take()
            if character == "\\":
                if self._at == len(self._text):
                    break
                character = self._take()
            found += character
        if found:
            self._add(_quote(found) + _BOUNDARY)

    def _class(self) -> None:
        negated, members, named = "", "", False
        while True:
            if self._at == len(self._text):
                raise PachdError("unexpected end of input")
            character = self._take()
            if character == "\\" and self._at < len(self._text):
                members += self._take()
                continue
            if character == "]" and not named:
                break
            if character in "!^" and not negated:
                negated = "^"
                continue
            named = character == "[" or (named and character != "]")
            members += character
        for name, characters in _NAMED.items():
            members = members.replace(name, characters)
        self._add(f"[{negated}{_quote(members)}]")


_NAMED = {
    ":alnum:": "0-9A-Za-z",
    ":alpha:": "A-Za-z",
    ":blank:": "\t ",
    ":digit:": "0-9",
    ":graph:": "!-~]",
    ":lower:": "a-z",
    ":print:": " -~",
    ":punct:": "!-/:-@[-`{-~",
    ":space:": "\t\n\v\f\r ",
    ":upper:": "A-Z",
    ":word:": "0-9A-Za-z_",
    ":xdigit:": "0-9A-Fa-f",
}


def _quote(text: str) -> str:
    return _REGEX_SPECIAL.sub(r"\\\1", text)
