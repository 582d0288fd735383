# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pachd refuses in a finished commit: one path from two datums, and a file where another file has its
directory.
"""

from collections.abc import Iterator

from embedded_pachd.store.tree import Entry, Tree


def first_collision(tree: Tree, base: int | None, root: int | None) -> str:
    """The text for the first of them among what `root` has and `base` (which has none) does not; '' when there is
    none.
    """
    for before, after in _new_neighbours(tree, base, root):
        if before.path == after.path:
            return (
                "duplicate path output by different datums "
                f"({before.path} from {before.tag} and {after.path} from {after.tag})"
            )
        if after.path.startswith(before.path + "/"):
            return f"file / directory path collision ({after.path})"
    return ""


def _new_neighbours(tree: Tree, base: int | None, root: int | None) -> Iterator[tuple[Entry, Entry]]:
    """Pairs of adjacent entries of `root` of which at least one is new, in order."""
    if base is None:
        before = None
        for entry in tree.scan(root):
            if before is not None:
                yield before, entry
            before = entry
        return
    for old, new in tree.differences(base, root):
        if old is not None or new is None:
            continue
        before = tree.previous(root, new.key)
        if before is not None:
            yield before, new
        for after in tree.scan(root, (new.path, new.tag + "\0")):
            yield new, after
            break
