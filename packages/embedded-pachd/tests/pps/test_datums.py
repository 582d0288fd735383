# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How input trees become datums. The ids are those that a real pachd 2.7.6 gave."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pps.datums import Datum, InputFile, datum_id, expand

FILES = {"p": ["/k0-p", "/k1-p", "/z-p"], "q": ["/k0-q", "/k1-q", "/z-q"]}


def file(repo: str, path: str, content: bytes = b"") -> InputFile:
    key = path[1:3] if path.startswith("/k") else path
    return InputFile(repo, repo, "user", "default", "master", "c", path, 0, content, join_on=key, group_by=key)


def glob(files: dict[str, list[str]], **more: Any) -> Callable[[pps_pb2.Input], Iterable[InputFile]]:
    from dataclasses import replace

    return lambda leaf: [
        replace(file(leaf.pfs.repo, path), outer_join=leaf.pfs.outer_join, **more) for path in files[leaf.pfs.repo]
    ]


def tree(kind: str, *repos: str, outer: bool = False) -> Any:
    leaves = [{"pfs": {"repo": repo, "outer_join": outer}} for repo in repos]
    return ParseDict({kind: leaves}, pps_pb2.Input())


def paths(datums: list[Datum]) -> set[tuple[str, ...]]:
    return {tuple(each.path for each in datum.inputs) for datum in datums}


def test_ids_are_those_of_pachd() -> None:
    assert datum_id((file("p", "/k1-p"),)) == "5911c6b1260ea01b7a17e3a19134c6d447151a0881741d6c50bc13ea88256d85"
    crossed = datum_id((file("q", "/k0-q"), file("p", "/k0-p")))
    assert crossed == "4959efc4e3476358ffd839257caed07c40d7131b441f5d976716771966fa5707"


def test_the_hash_covers_content_and_salt_and_the_id_does_not() -> None:
    one, two = (expand(tree("union", "p"), lambda _, data=data: [file("p", "/f", data)], "s") for data in (b"1", b"2"))
    (salted,) = expand(tree("union", "p"), lambda _: [file("p", "/f", b"1")], "other")
    assert one[0].id == two[0].id == salted.id
    assert len({one[0].hash, two[0].hash, salted.hash}) == 3


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_a_cross_has_every_combination_once(sizes: list[int]) -> None:
    files = {f"r{n}": [f"/{i}" for i in range(size)] for n, size in enumerate(sizes)}
    found = expand(tree("cross", *files), glob(files), "")
    assert paths(found) == set(product(*files.values()))
    assert [datum.id for datum in found] == sorted(datum.id for datum in found)


def test_a_union_has_the_files_of_all() -> None:
    assert paths(expand(tree("union", "p", "q"), glob(FILES), "")) == {(path,) for path in FILES["p"] + FILES["q"]}


def test_a_join_has_equal_keys_only() -> None:
    assert paths(expand(tree("join", "p", "q"), glob(FILES), "")) == {("/k0-p", "/k0-q"), ("/k1-p", "/k1-q")}


def test_an_outer_join_keeps_what_is_alone() -> None:
    found = paths(expand(tree("join", "p", "q", outer=True), glob(FILES), ""))
    assert found == {("/k0-p", "/k0-q"), ("/k1-p", "/k1-q"), ("/z-p",), ("/z-q",)}


def test_a_group_has_one_datum_a_key() -> None:
    found = paths(expand(tree("group", "p", "q"), glob(FILES), ""))
    assert found == {("/k0-p", "/k0-q"), ("/k1-p", "/k1-q"), ("/z-p",), ("/z-q",)}


def test_an_empty_side_empties_a_cross() -> None:
    assert expand(tree("cross", "p", "q"), glob({**FILES, "q": []}), "") == []
