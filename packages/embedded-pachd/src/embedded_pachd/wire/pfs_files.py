# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: writing and reading files."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs import commits
from embedded_pachd.pfs.archive import tar_stream
from embedded_pachd.pfs.difference import differing
from embedded_pachd.pfs.file_sets import open_named
from embedded_pachd.pfs.names import BranchName, CommitName, is_commit_id
from embedded_pachd.pfs.reading import Files, Page, PathRange
from embedded_pachd.pfs.rows import require_repo
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pfs.writing import Changes, Writer, writing
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_calls import PfsCalls
from embedded_pachd.wire.urls import fetched, refuse


class FileCalls(PfsCalls):
    # --- writing ---

    def ModifyFile(self, requests: Iterator[Any], _call: Call) -> None:
        """The first message names the commit, all others change files; all of it happens, or nothing."""
        first = next(requests, None)
        if first is None or first.WhichOneof("body") != "set_commit":
            raise PachdError("first message must be a commit")
        target = convert.commit_name(first.set_commit)
        with self._filesystem.snapshot() as s:
            require_repo(s, target.repo)
            _find_open(s, target)
        with writing(self._filesystem.store) as writer:
            self._write(writer, requests)
            changes = writer.changes
            with self._filesystem.transaction() as tx:
                _apply(tx, target, changes)

    def _write(self, writer: Writer, requests: Iterator[Any]) -> None:
        for request in requests:
            match request.WhichOneof("body"):
                case "add_file":
                    self._add(writer, request.add_file)
                case "delete_file":
                    writer.delete(request.delete_file.path, request.delete_file.datum)
                case "copy_file":
                    self._copy(writer, request.copy_file)
                case "set_commit":
                    raise PachdError("cannot set commit")
                case _:
                    raise PachdError("unrecognized message type")
            del request  # up to 20 MB, not to be kept while waiting for the next one

    def _add(self, writer: Writer, request: Any) -> None:
        if request.WhichOneof("source") != "url":
            writer.put(request.path, request.raw.value, request.datum, append=True)
        elif not self._fetch_urls:
            refuse(request.url.URL)
        else:
            writer.put(request.path, fetched(request.url.URL), request.datum, append=True)

    def _copy(self, writer: Writer, request: Any) -> None:
        with self._filesystem.snapshot() as s:
            files = open_named(s, convert.commit_name(request.src.commit), request.src.datum)
            entries = files.entries(request.src.path)
            writer.copy(entries, request.src.path, request.dst, request.datum, append=request.append)

    # --- reading ---

    def _open(self, s: Snapshot, file: Any) -> Files:
        return open_named(s, convert.commit_name(file.commit), file.datum)

    def GetFile(self, request: Any, _call: Call) -> Iterator[Any]:
        refuse(request.URL)
        with self._filesystem.snapshot() as s:
            files = self._open(s, request.file)
            with _as_asked(request.file):
                found = files.get(request.file.path)
            for piece in files.read(found, request.offset):
                yield BytesValue(value=piece)

    def GetFileTAR(self, request: Any, _call: Call) -> Iterator[Any]:
        refuse(request.URL)
        within = PathRange(request.path_range.lower, request.path_range.upper)
        with self._filesystem.snapshot() as s:
            files = self._open(s, request.file)
            found = files.tree_of(request.file.path, within)
            first = next(found, None)
            if first is None:
                raise _missing(request.file)
            for piece in tar_stream(files, first, found):
                yield BytesValue(value=piece)

    def InspectFile(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            files = self._open(s, request.file)
            with _as_asked(request.file):
                return _messages(files, request.file)(files.inspect(request.file.path))

    def ListFile(self, request: Any, _call: Call) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            files = self._open(s, request.file)
            yield from map(_messages(files, request.file), files.list_directory(request.file.path, _page(request)))

    def WalkFile(self, request: Any, _call: Call) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            files = self._open(s, request.file)
            yield from map(_messages(files, request.file), files.walk(request.file.path, _page(request)))

    def GlobFile(self, request: Any, _call: Call) -> Iterator[Any]:
        within = PathRange(request.path_range.lower, request.path_range.upper)
        with self._filesystem.snapshot() as s:
            name = convert.commit_name(request.commit)
            files = open_named(s, name)
            yield from map(convert.FileMessages(files.commit, name), files.glob(request.pattern, within))

    def DiffFile(self, request: Any, _call: Call) -> Iterator[Any]:
        """What differs between two trees; without an old one, between the new one's commit and its parent."""
        with self._filesystem.snapshot() as s:
            new = self._open(s, request.new_file)
            old, old_path = None, request.old_file.path
            if request.HasField("old_file"):
                old = self._open(s, request.old_file)
            elif new.commit is not None and new.commit.parent is not None:
                old, old_path = open_named(s, new.commit.parent), request.new_file.path
            as_new = _messages(new, request.new_file)
            as_old = _messages(old, request.old_file) if old is not None else as_new
            for before, after in differing(old, old_path, new, request.new_file.path):
                yield pfs_pb2.DiffFileResponse(
                    new_file=as_new(after) if after else None, old_file=as_old(before) if before else None
                )


def _find_open(s: Snapshot, target: CommitName) -> CommitName | None:
    """The open commit that a client means to write to; None when a new one has to be made on its branch."""
    by_id = is_commit_id(target.id)
    try:
        found = commits.resolve(s, target)
    except NotFoundError:
        if by_id or not (target.branch or target.id):
            raise
        return None
    if found.finished is None:
        return found.name
    if by_id:
        raise PachdError(f"commit {found.name} has already finished")
    return None


def _apply(tx: Transaction, target: CommitName, changes: Changes) -> None:
    name = _find_open(tx, target)
    if name is not None:
        commits.apply(tx, name, changes)
        return
    name = commits.start(tx, BranchName(target.repo, target.branch or target.id))
    commits.apply(tx, name, changes)
    commits.finish(tx, name)


def _page(request: Any) -> Page:
    return Page(request.number, request.paginationMarker.path, request.reverse)


def _messages(files: Files, file: Any) -> convert.FileMessages:
    return convert.FileMessages(files.commit, convert.commit_name(file.commit))


def _missing(file: Any) -> NotFoundError:
    name = convert.commit_name(file.commit)
    return NotFoundError(f"file {file.path} not found in repo {name.repo} at commit {name.id}")


class _as_asked:
    """Turns 'not found' into pachd's text, which names the commit as the client did."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, NotFoundError):
            raise _missing(self._file) from error
