# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: commits and commit sets."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from embedded_pachd.errors import NotFoundError, PachdError
from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs import commit_sets, commits
from embedded_pachd.pfs.names import CommitName, RepoName
from embedded_pachd.pfs.records import CommitInfo, CommitState
from embedded_pachd.pfs.transaction import Snapshot, Transaction
from embedded_pachd.pfs.waiting import reached
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_calls import PfsCalls


class CommitCalls(PfsCalls):
    def start_commit(self, tx: Transaction, request: Any) -> Any:
        parent = convert.optional_commit(request, "parent")
        if parent is not None and not parent.id and not parent.branch:
            parent = None
        return convert.commit_message(
            commits.start(tx, convert.branch_name(request.branch), parent, request.description)
        )

    def StartCommit(self, request: Any, call: Call) -> Any:
        return self._steps.run("start_commit", request, call)

    def finish_commit(self, tx: Transaction, request: Any) -> None:
        found = commits.resolve(tx, convert.commit_name(request.commit))
        if found.direct_provenance and not request.force:
            for hook in self._filesystem.hooks.before_finish:
                hook(tx, found.name)
        commits.finish(tx, found.name, request.description, request.error)

    def FinishCommit(self, request: Any, call: Call) -> Any:
        return self._steps.run("finish_commit", request, call)

    def ClearCommit(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            commits.clear(tx, convert.commit_name(request.commit))

    def InspectCommit(self, request: Any, call: Call) -> Any:
        return convert.commit_info(self._wait(convert.commit_name(request.commit), request.wait, call))

    def _wait(self, name: CommitName, state: int, call: Call) -> CommitInfo:
        """The commit once it is in a state, in which it stays as the first one that was meant when its branch moves
        on.
        """
        with self._filesystem.snapshot() as s:
            found = commits.resolve(s, name)
        if found.finished is not None or state <= CommitState.STARTED:
            return found
        return self._filesystem.wait_for(reached(found.name, state), call.alive)

    def ListCommit(self, request: Any, _call: Call) -> Iterator[Any]:
        repo = convert.repo_name(request.repo) if request.repo.name else None
        span = commits.Span(_named(request, "from", repo), _named(request, "to", repo))
        origin = request.origin_kind if request.origin_kind and not request.all else None
        since = convert.nanoseconds(request.started_time) if request.HasField("started_time") else None

        def recent(info: CommitInfo) -> bool:
            return since is None or (info.started <= since if request.reverse else info.started >= since)

        with self._filesystem.snapshot() as s:
            found = filter(recent, commits.list_commits(s, repo, span, origin=origin, reverse=request.reverse))
            yield from map(convert.commit_info, islice(found, convert.most(request)))

    def SubscribeCommit(self, request: Any, call: Call) -> Iterator[Any]:
        """Every commit of a repo, those to come too, each once it is in the state asked for."""
        repo = convert.required_repo(request)
        since = convert.optional_commit(request, "from")
        if since is not None and since.repo != repo:
            raise PachdError(f"the `from` commit needs to be from repo {repo}")
        skipped = since.id if since else ""
        last = 0
        while True:
            info = self._filesystem.wait_for(_next_commit(repo, last), call.alive)
            last = info.key
            if (request.branch and info.name.branch != request.branch) or info.name.id == skipped:
                continue
            if request.origin_kind and not request.all and info.origin != request.origin_kind:
                continue
            try:
                yield convert.commit_info(self._wait(info.name, request.state, call))
            except NotFoundError:
                continue

    # --- commit sets ---

    def InspectCommitSet(self, request: Any, call: Call) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            infos = commit_sets.inspect(s, request.commit_set.id)
        if not request.wait:
            yield from map(convert.commit_info, infos)
            return
        yield from (convert.commit_info(info) for info in infos if info.finished is not None)
        for info in infos:
            if info.finished is None:
                yield convert.commit_info(self._wait(info.name, CommitState.FINISHED, call))

    def ListCommitSet(self, request: Any, _call: Call) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            for set_id, infos in commit_sets.list_sets(s, request.project.name):
                yield pfs_pb2.CommitSetInfo(
                    commit_set=pfs_pb2.CommitSet(id=set_id), commits=map(convert.commit_info, infos)
                )

    def squash_commit_set(self, tx: Transaction, request: Any) -> None:
        commit_sets.squash(tx, request.commit_set.id)

    def SquashCommitSet(self, request: Any, call: Call) -> Any:
        return self._steps.run("squash_commit_set", request, call)

    def DropCommitSet(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            commit_sets.drop(tx, request.commit_set.id)

    def FindCommits(self, request: Any, _call: Call) -> Iterator[Any]:
        """Back from a commit, those that changed a file; last, where the search ended."""
        name: CommitName | None = convert.commit_name(request.start)
        searched = found = 0
        with self._filesystem.snapshot() as s:
            while name is not None:
                info = commits.resolve(s, name)
                commits.require_finished(info)
                searched += 1
                last = info.name
                if commits.changed(s, info, request.file_path):
                    found += 1
                    yield pfs_pb2.FindCommitsResponse(
                        found_commit=convert.commit_message(info.name), commits_searched=searched
                    )
                name = None if request.limit and found == request.limit else info.parent
        yield pfs_pb2.FindCommitsResponse(last_searched_commit=convert.commit_message(last), commits_searched=searched)


def _named(request: Any, field: str, repo: RepoName | None) -> CommitName | None:
    name = convert.optional_commit(request, field)
    if name is None or (not name.id and not name.branch):
        return None
    if name.repo != repo:
        raise PachdError(f"`from` and `to` commits need to be from repo {repo}")
    return name


def _next_commit(repo: RepoName, after: int) -> Callable[[Snapshot], CommitInfo | None]:
    return lambda s: next((i for i in commits.list_commits(s, repo, reverse=True, after=after)), None)
