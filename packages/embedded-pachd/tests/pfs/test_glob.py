# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_pachd.errors import PachdError
from embedded_pachd.pfs.glob import Glob


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/", "/", True),
        ("", "/", True),
        ("/**", "/", False),
        ("*", "/a", True),
        ("/*", "/a/b", False),
        ("/**", "/a/b/", True),
        ("/**/c", "/c", False),
        ("/**/c", "/a/c", True),
        ("/a/", "/a/", True),
        ("/f?", "/f/", False),
        ("/f[0-2]", "/f1", True),
        ("/f[!0-2]", "/f1", False),
        ("/f[^0-2]", "/f3", True),
        ("/{a,b*}", "/bcd", True),
        ("/{a,b*}", "/c", False),
        ("/f@(1|2)", "/f2", True),
        ("/+(f|n)*", "/nothing", True),
        ("/*(ab)c", "/ababc", True),
        ("/?(x)y", "/y", True),
        ("/!(f1)", "/f1", False),
        ("/!(f1)", "/f2", True),
        ("/!(a)b", "/cb", True),
        ("/!(a)b", "/ab", False),
        ("/{", "/x", False),
        ("/a.b", "/axb", False),
        ("/{a,b", "/b", True),
        ("/(a|b", "/b", True),
        ("/!(dir)/*", "/dir2/a", False),
        ("/a\\b", "/a\\b", False),
        ("/a\\*b", "/a*b", True),
        ("/[[:alpha:]]", "/b", True),
        ("/[[:alpha:]]", "/1", False),
        ("/a**(b)", "/axbb", True),
    ],
)
def test_matching(pattern: str, path: str, matches: bool) -> None:
    assert Glob(pattern).match(path) is matches


def test_an_open_class_is_an_error() -> None:
    with pytest.raises(PachdError, match="unexpected end of input"):
        Glob("/[")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/[]", "error parsing regexp: unrecognized escape sequence \\z in `\\A/[]\\z`"),
        ("/[b-a]", "error parsing regexp: [x-y] range in reverse order in `\\A/[b-a]\\z`"),
    ],
)
def test_a_class_that_cannot_be_is_an_error(pattern: str, text: str) -> None:
    with pytest.raises(PachdError) as error:
        Glob(pattern)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("pattern", "path", "replacement", "filled"),
    [
        ("/(k*)-*", "/k1-p", "$1", "k1"),
        ("/(*)/(*).csv", "/a/b.csv", "${2}-$1", "b-a"),
        ("/@(a|b)+(c)", "/bccc", "$1$2", "bccc"),
        ("/(*)", "/x", "$2", ""),
    ],
)
def test_replacements(pattern: str, path: str, replacement: str, filled: str) -> None:
    assert Glob(pattern).replace(path, replacement) == filled


@given(st.from_regex(r"(/[a-z0-9 .#:_-]{1,6}){1,4}", fullmatch=True))
def test_a_path_without_special_characters_matches_itself(path: str) -> None:
    if "/." not in path:
        assert Glob(path).match(path)
        assert Glob(path).is_literal


def test_a_pattern_that_would_take_for_ever_is_refused() -> None:
    with pytest.raises(PachdError, match="takes too long"):
        Glob("/+(+(a|aa))b").match("/" + "a" * 4000)


def test_a_pattern_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(PachdError, match="nested too deeply"):
        Glob("(" * 5000)
