# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of files against a dictionary."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_pachd.store.database import Database
from embedded_pachd.store.tree import Edit, Entry, Key, NodeCache, Tree

keys = st.tuples(st.from_regex(r"/[a-c]{1,2}(/[a-e0-9]{1,3}){0,2}", fullmatch=True), st.sampled_from(["default", "t"]))
Model = dict[Key, Entry]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    database = Database(Path(tmp_path_factory.mktemp("tree")) / "db")
    with database.write() as db:
        yield Tree(db, NodeCache(8))
    database.close()


@st.composite
def edit_lists(draw: st.DrawFn) -> list[Edit]:
    """Edits in the order of their keys; sometimes so many that nodes split."""
    chosen = set(draw(st.lists(keys, max_size=40)))
    if draw(st.booleans()):
        chosen |= {(f"/z/{i:04d}", "default") for i in range(draw(st.integers(0, 700)))}
    kept = draw(st.integers(0, 3))
    return [
        (key, None if hash(key) % 4 < kept else Entry(*key, draw_size, b"h%d" % draw_size, b""))
        for draw_size, key in enumerate(sorted(chosen))
    ]


def edited(model: Model, edits: list[Edit]) -> Model:
    merged: dict[Key, Entry | None] = {**model, **dict(edits)}
    return {key: entry for key, entry in sorted(merged.items()) if entry is not None}


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(edit_lists(), max_size=6), probe=keys)
def test_a_tree_is_a_sorted_dictionary(tree: Tree, steps: list[list[Edit]], probe: Key) -> None:
    root, model = None, dict[Key, Entry]()
    versions: list[tuple[int | None, Model]] = [(None, {})]
    for edits in steps:
        root, model = tree.update(root, edits), edited(model, edits)
        versions.append((root, model))
    for node, expected in versions:
        assert list(tree.scan(node)) == list(expected.values())
        assert tree.totals(node) == (len(expected), sum(entry.size for entry in expected.values()))
        assert tree.get(node, probe) == expected.get(probe)
        assert list(tree.scan(node, probe)) == [e for k, e in expected.items() if k >= probe]
        assert tree.previous(node, probe) == next((e for k, e in reversed(expected.items()) if k < probe), None)
        before, old = versions[0] if node == root else versions[-1]
        assert list(tree.differences(before, node)) == [
            (old.get(key), expected.get(key)) for key in sorted({*old, *expected}) if old.get(key) != expected.get(key)
        ]


def test_a_small_change_to_a_large_tree_writes_few_nodes(tree: Tree) -> None:
    def nodes() -> int:
        return int(tree._db.execute("SELECT count(*) FROM node").fetchone()[0])

    big = [((f"/{i:06d}", "default"), Entry(f"/{i:06d}", "default", 1, b"h", b"")) for i in range(50_000)]
    root = tree.update(None, big)
    before = nodes()
    changed = tree.update(root, [(("/025000", "default"), None)])
    assert nodes() - before <= 4
    assert [old.path for old, new in tree.differences(root, changed) if old and new is None] == ["/025000"]
