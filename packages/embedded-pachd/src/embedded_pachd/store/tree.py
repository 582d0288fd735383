# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A commit's files: a persistent B+tree of entries ordered by (path, datum tag).

Nodes are rows that are never changed. An update writes new nodes along the changed paths only and shares all others
with the
tree it started from, so a commit costs what changed, and a difference skips what is shared.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from sqlite3 import Connection
from threading import Lock
from typing import NamedTuple

import msgpack

from embedded_pachd.errors import CorruptError

_FANOUT = 128

Key = tuple[str, str]


class Entry(NamedTuple):
    """A file: where it is, who wrote it (datum tag), its bytes' number and hash, and the hashes of its chunks."""

    path: str
    tag: str
    size: int
    hash: bytes
    chunks: bytes

    @property
    def key(self) -> Key:
        return self.path, self.tag

    @property
    def is_directory(self) -> bool:
        """Directories have no entry of their own, except '/' when somebody put it; readers make one for each."""
        return self.path.endswith("/")


class Ref(NamedTuple):
    """A subtree: its first key, its node, how many entries and bytes are below."""

    path: str
    tag: str
    node: int
    entries: int
    size: int

    @property
    def key(self) -> Key:
        return self.path, self.tag


Edit = tuple[Key, Entry | None]
"""New entry at a key; None: no entry."""


class NodeCache:
    """Decoded nodes, the last used ones. One cache serves all snapshots (committed node ids are never used twice);
    a transaction has its own, because ids of nodes that were undone come back."""

    def __init__(self, capacity: int = 256) -> None:
        self._capacity = capacity
        self._nodes: OrderedDict[int, Node] = OrderedDict()
        self._lock = Lock()

    def get(self, node: int) -> "Node | None":
        with self._lock:
            found = self._nodes.get(node)
            if found is not None:
                self._nodes.move_to_end(node)
            return found

    def put(self, node: int, body: "Node") -> None:
        with self._lock:
            self._nodes[node] = body
            if len(self._nodes) > self._capacity:
                self._nodes.popitem(last=False)


class Node(NamedTuple):
    """Level 0 holds entries, the levels above hold refs; both in order of their keys."""

    level: int
    items: Sequence[Entry | Ref]
    keys: Sequence[Key]


class Tree:
    """Trees of one database, seen through one connection. A tree is named by its root node; None is the empty one."""

    def __init__(self, db: Connection, cache: NodeCache) -> None:
        self._db = db
        self._cache = cache

    # --- looking ---

    def totals(self, root: int | None) -> tuple[int, int]:
        """(number of entries, their bytes)."""
        if root is None:
            return 0, 0
        ref = _ref(root, self._load(root))
        return ref.entries, ref.size

    def get(self, root: int | None, key: Key) -> Entry | None:
        for entry in self.scan(root, key):
            return entry if entry.key == key else None
        return None

    def scan(self, root: int | None, start: Key = ("", ""), before: str | None = None) -> Iterator[Entry]:
        """Entries in order, from key `start` on, with paths less than `before`."""
        if root is None:
            return
        node = self._load(root)
        if node.level == 0:
            for item in node.items[bisect_left(node.keys, start) :]:
                if before is not None and item.path >= before:
                    return
                yield item  # type: ignore[misc]
            return
        for ref in node.items[max(0, bisect_right(node.keys, start) - 1) :]:
            if before is not None and ref.path >= before:
                return
            yield from self.scan(ref.node, start, before)  # type: ignore[union-attr]

    def below(self, root: int | None, directory: str) -> Iterator[Entry]:
        """Entries whose path starts with `directory`, which ends with '/'."""
        return self.scan(root, (directory, ""), after_prefix(directory))

    def previous(self, root: int | None, key: Key) -> Entry | None:
        """The entry before `key`."""
        if root is None:
            return None
        node = self._load(root)
        at = bisect_left(node.keys, key)
        if node.level == 0:
            return node.items[at - 1] if at else None  # type: ignore[return-value]
        for ref in reversed(node.items[:at]):
            found = self.previous(ref.node, key)  # type: ignore[union-attr]
            if found is not None:
                return found
        return None

    def differences(self, old: int | None, new: int | None) -> Iterator[tuple[Entry | None, Entry | None]]:
        """(old, new) of every key whose entry is not the same, in order of the keys; shared subtrees are not looked
        at.
        """
        left, right = self._stack(old), self._stack(new)
        while left or right:
            a, b = left[-1] if left else None, right[-1] if right else None
            if a is not None and b is not None and a == b:
                left.pop()
                right.pop()
            elif (
                isinstance(a, Ref)
                and (b is None or a.key <= b.key)
                and not (isinstance(b, Ref) and b.key == a.key and b.entries > a.entries)
            ):
                self._expand(left)
            elif isinstance(b, Ref) and (a is None or b.key <= a.key):
                self._expand(right)
            elif a is None or (b is not None and b.key < a.key):
                yield None, right.pop()  # type: ignore[misc]
            elif b is None or a.key < b.key:
                yield left.pop(), None  # type: ignore[misc]
            else:
                yield left.pop(), right.pop()  # type: ignore[misc]

    def nodes(self, root: int | None, known: set[int]) -> Iterator[tuple[int, Node]]:
        """Every node reachable from `root` that is not in `known`, which grows by them."""
        pending = [] if root is None else [root]
        while pending:
            at = pending.pop()
            if at in known:
                continue
            known.add(at)
            node = self._load(at, keep=False)
            yield at, node
            if node.level > 0:
                pending.extend(item.node for item in node.items)  # type: ignore[union-attr]

    # --- changing ---

    def update(self, root: int | None, edits: Sequence[Edit]) -> int | None:
        """A tree with `edits` (in order of their keys, each key once) made to that of `root`; gives its root."""
        if not edits:
            return root
        refs = (
            self._rewrite(root, edits)
            if root is not None
            else self._store(0, [e for _unused, e in edits if e is not None])
        )
        level = 0 if root is None else self._load(root).level
        while len(refs) > 1:
            level += 1
            refs = self._store(level, refs)
        if not refs:
            return None
        top = refs[0].node
        while (node := self._load(top)).level > 0 and len(node.items) == 1:
            top = node.items[0].node  # type: ignore[union-attr]
        return top

    def _rewrite(self, at: int, edits: Sequence[Edit]) -> list[Ref]:
        """The subtree's replacement: nodes of its level, none of them empty."""
        node = self._load(at)
        if node.level == 0:
            return self._store(0, _merge(node.items, edits))  # type: ignore[arg-type]
        keys = [key for key, _unused in edits]
        bounds = [0, *(bisect_left(keys, key) for key in node.keys[1:]), len(edits)]
        refs: list[Ref] = []
        for item, (first, last) in zip(node.items, pairwise(bounds), strict=True):
            if first == last:
                refs.append(item)  # type: ignore[arg-type]
            else:
                refs.extend(self._rewrite(item.node, edits[first:last]))  # type: ignore[union-attr]
        return self._store(node.level, self._join_small(refs) if node.level == 1 else refs)

    def _join_small(self, leaves: list[Ref]) -> list[Ref]:
        """Neighbouring leaves that fit well into one become one, so that deletions do not leave crumbs."""
        joined: list[Ref] = []
        for ref in leaves:
            if joined and joined[-1].entries + ref.entries <= _FANOUT // 2:
                items = [*self._load(joined[-1].node).items, *self._load(ref.node).items]
                joined[-1:] = self._store(0, items)
            else:
                joined.append(ref)
        return joined

    def _store(self, level: int, items: Sequence[Entry | Ref]) -> list[Ref]:
        if not items:
            return []
        groups = -(-len(items) // _FANOUT)
        bounds = [len(items) * i // groups for i in range(groups + 1)]
        return [self._insert(level, items[first:last]) for first, last in pairwise(bounds)]

    def _insert(self, level: int, items: Sequence[Entry | Ref]) -> Ref:
        cursor = self._db.execute("INSERT INTO node (level, body) VALUES (?, ?)", (level, msgpack.packb(items)))
        if cursor.lastrowid is None:
            raise CorruptError("the database gave a node no number")
        node = Node(level, items, [(i.path, i.tag) for i in items])
        self._cache.put(cursor.lastrowid, node)
        return _ref(cursor.lastrowid, node)

    # --- nodes ---

    def _load(self, at: int, *, keep: bool = True) -> Node:
        node = self._cache.get(at)
        if node is not None:
            return node
        row = self._db.execute("SELECT level, body FROM node WHERE id = ?", (at,)).fetchone()
        if row is None:
            raise CorruptError(f"node {at} is missing: run embedded-pachd fsck")
        make = Entry._make if row[0] == 0 else Ref._make
        items: list[Entry | Ref] = [make(item) for item in msgpack.unpackb(row[1], use_list=False)]
        node = Node(row[0], items, [(i.path, i.tag) for i in items])
        if keep:
            self._cache.put(at, node)
        return node

    def _stack(self, root: int | None) -> list[Entry | Ref]:
        return [] if root is None else [_ref(root, self._load(root))]

    def _expand(self, stack: list[Entry | Ref]) -> None:
        """Replace the topmost ref by what is below it."""
        ref = stack.pop()
        stack.extend(reversed(self._load(ref.node).items))  # type: ignore[union-attr]


def after_prefix(directory: str) -> str:
    """The least string that is greater than all that start with `directory`, which ends with '/'."""
    return directory[:-1] + "0"  # '0' follows '/'


def _ref(at: int, node: Node) -> Ref:
    if node.level == 0:
        count, size = len(node.items), sum(item.size for item in node.items)
    else:
        count, size = sum(item.entries for item in node.items), sum(item.size for item in node.items)  # type: ignore[union-attr,misc]
    return Ref(*node.keys[0], at, count, size)


def _merge(entries: Sequence[Entry], edits: Iterable[Edit]) -> list[Entry]:
    by_key: dict[Key, Entry | None] = {entry.key: entry for entry in entries}
    by_key.update(edits)
    return [entry for _unused, entry in sorted(by_key.items()) if entry is not None]
