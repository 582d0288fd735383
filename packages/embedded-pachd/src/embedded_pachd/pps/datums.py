# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datums: how a pipeline's input tree and the files it matches become units of work, their ids and their hashes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from embedded_pachd.messages import pps_pb2
from embedded_pachd.pfs.names import RepoName
from embedded_pachd.pps.inputs import children


@dataclass(frozen=True, slots=True)
class InputFile:
    """One matched path of one input, as a datum holds it."""

    name: str
    repo: str
    repo_type: str
    project: str
    branch: str
    commit: str
    path: str  # ends with "/" when it is a directory
    size: int
    hash: bytes
    lazy: bool = False
    empty_files: bool = False
    join_on: str = ""
    outer_join: bool = False
    group_by: str = ""
    tag: str = ""  # of a file: the datum that wrote it
    committed: int | None = None  # nanoseconds since 1970; None: the commit is open

    @property
    def repo_name(self) -> RepoName:
        return RepoName(self.repo, self.repo_type, self.project)


@dataclass(frozen=True, slots=True)
class Datum:
    """A unit of work: `id` names it by its paths, `hash` also covers the files' content and the pipeline's salt."""

    id: str
    hash: str
    inputs: tuple[InputFile, ...]


Glob = Callable[[pps_pb2.Input], Iterable[InputFile]]
"""Gives the matches of one pfs or cron input, in path order."""


Row = tuple[InputFile, ...]


def expand(tree: pps_pb2.Input, glob: Glob, salt: str) -> list[Datum]:
    """All datums of the tree, ordered by id as pachd lists them."""
    unique = {datum_id(row): row for row in _rows(tree, glob)}
    return [Datum(key, datum_hash(key, unique[key], salt), unique[key]) for key in sorted(unique)]


def datum_id(row: Row) -> str:
    """BLAKE2b-256 over name, repo, branch and path of each input, each followed by its length (int64, big-endian)."""
    digest = hashlib.blake2b(digest_size=32)
    for each in row:
        for text in (each.name, each.repo, each.branch, each.path):
            data = text.encode()
            digest.update(data)
            digest.update(len(data).to_bytes(8, "big"))
    return digest.hexdigest()


def datum_hash(key: str, row: Row, salt: str) -> str:
    """BLAKE2b-256 over the datum's id, its files' hashes and the salt; command, image and environment are not in it."""
    digest = hashlib.blake2b(key.encode(), digest_size=32)
    for each in row:
        digest.update(each.hash)
    digest.update(salt.encode())
    return digest.hexdigest()


def _rows(node: pps_pb2.Input, glob: Glob) -> Iterator[Row]:
    if node.cross:
        return _cross([_rows(child, glob) for child in children(node)])
    if node.union:
        return itertools.chain.from_iterable(_rows(child, glob) for child in children(node))
    if node.join:
        return _join([_by_key(_rows(child, glob), lambda each: each.join_on) for child in children(node)])
    if node.group:
        sides = (sorted(_rows(child, glob), key=datum_id) for child in children(node))
        return _group([_by_key(side, lambda each: each.group_by) for side in sides])
    return ((each,) for each in glob(node))


def _cross(sides: Iterable[Iterator[Row]]) -> Iterator[Row]:
    for parts in itertools.product(*sides):
        yield tuple(itertools.chain.from_iterable(parts))


Keyed = dict[str, list[InputFile]]


def _by_key(rows: Iterable[Row], key: Callable[[InputFile], str]) -> Keyed:
    keyed: Keyed = {}
    for each in itertools.chain.from_iterable(rows):
        keyed.setdefault(key(each), []).append(each)
    return keyed


def _join(sides: list[Keyed]) -> Iterator[Row]:
    """One row for every combination under a key that all sides have; else only what asked for an outer join."""
    for key in sorted(set().union(*sides)):
        present = [side[key] for side in sides if key in side]
        for row in itertools.product(*present):
            kept = row if len(present) == len(sides) else tuple(each for each in row if each.outer_join)
            if kept:
                yield kept


def _group(sides: list[Keyed]) -> Iterator[Row]:
    """One row for every key, with all inputs that have it; those of one side are in the order of their datums."""
    for key in sorted(set().union(*sides)):
        yield tuple(itertools.chain.from_iterable(side.get(key, ()) for side in sides))
