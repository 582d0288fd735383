# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between pachd's messages and the records of pfs."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from embedded_pachd.errors import InvalidError, PachdError
from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs.names import DEFAULT_PROJECT, USER, BranchName, CommitName, RepoName
from embedded_pachd.pfs.projects import ProjectInfo
from embedded_pachd.pfs.records import BranchInfo, CommitInfo, Origin, RepoInfo, Trigger

_NANO = 1_000_000_000


def timestamp(nanoseconds: int) -> Timestamp:
    return Timestamp(seconds=nanoseconds // _NANO, nanos=nanoseconds % _NANO)


def nanoseconds(time: Any) -> int:
    """A Timestamp or Duration as a number."""
    try:
        return int(time.ToNanoseconds())
    except ValueError as error:
        raise InvalidError(str(error)) from error


def most(request: Any) -> int | None:
    """How many answers a list may have; None: all."""
    return request.number if request.number > 0 else None


# --- messages to names ---


def repo_name(message: Any) -> RepoName:
    return RepoName(message.name, message.type or USER, message.project.name or DEFAULT_PROJECT)


def required_repo(request: Any) -> RepoName:
    if not request.HasField("repo"):
        raise PachdError("must specify repo")
    return repo_name(request.repo)


def branch_name(message: Any) -> BranchName:
    return BranchName(repo_name(message.repo), message.name)


def commit_name(message: Any) -> CommitName:
    """Old clients name the repo only inside the branch."""
    repo = message.repo if message.HasField("repo") else message.branch.repo
    return CommitName(repo_name(repo), message.id, message.branch.name)


def optional_commit(request: Any, field: str) -> CommitName | None:
    return commit_name(getattr(request, field)) if request.HasField(field) else None


def trigger(message: Any) -> Trigger:
    return Trigger(
        message.branch, message.all, message.rate_limit_spec, message.size, message.commits, message.cron_spec
    )


# --- records to messages ---


def repo_message(name: RepoName) -> Any:
    return pfs_pb2.Repo(name=name.name, type=name.type, project=pfs_pb2.Project(name=name.project))


def branch_message(name: BranchName) -> Any:
    return pfs_pb2.Branch(repo=repo_message(name.repo), name=name.name)


def commit_message(name: CommitName) -> Any:
    repo = repo_message(name.repo)
    return pfs_pb2.Commit(repo=repo, id=name.id, branch=pfs_pb2.Branch(repo=repo, name=name.branch))


def project_info(info: ProjectInfo) -> Any:
    return pfs_pb2.ProjectInfo(
        project=pfs_pb2.Project(name=info.name), description=info.description, created_at=timestamp(info.created)
    )


def repo_info(info: RepoInfo, *, details: bool) -> Any:
    message = pfs_pb2.RepoInfo(
        repo=repo_message(info.name),
        created=timestamp(info.created),
        size_bytes_upper_bound=info.size,
        description=info.description,
        branches=[branch_message(BranchName(info.name, branch)) for branch in info.branches],
    )
    if details:
        message.details.size_bytes = info.size
        message.details.SetInParent()
    return message


def branch_info(info: BranchInfo) -> Any:
    message = pfs_pb2.BranchInfo(
        branch=branch_message(info.name),
        head=commit_message(info.head),
        provenance=map(branch_message, info.provenance),
        subvenance=map(branch_message, info.subvenance),
        direct_provenance=map(branch_message, info.direct_provenance),
    )
    if info.trigger is not None:
        t = info.trigger
        message.trigger.CopyFrom(
            pfs_pb2.Trigger(
                branch=t.branch,
                all=t.all,
                rate_limit_spec=t.rate_limit_spec,
                size=t.size,
                commits=t.commits,
                cron_spec=t.cron_spec,
            )
        )
    return message


def commit_info(info: CommitInfo) -> Any:
    message = pfs_pb2.CommitInfo(
        commit=commit_message(info.name),
        origin=pfs_pb2.CommitOrigin(kind=int(info.origin)),
        description=info.description,
        child_commits=map(commit_message, info.children),
        started=timestamp(info.started),
        direct_provenance=map(commit_message, info.direct_provenance),
        error=info.error,
        size_bytes_upper_bound=info.size,
    )
    if info.parent is not None:
        message.parent_commit.CopyFrom(commit_message(info.parent))
    if info.finished is not None:
        message.finishing.CopyFrom(timestamp(info.finished))
        message.finished.CopyFrom(timestamp(info.finished))
    _add_details(message, info)
    return message


def _add_details(message: Any, info: CommitInfo) -> None:
    """As pachd has them: empty in what a user has open and in what was born finished, none after an error."""
    if info.finished is None and info.origin is Origin.USER:
        message.details.SetInParent()
    elif info.validated:
        message.details.size_bytes = info.size
        if info.origin is Origin.USER or info.started != info.finished:
            # Both happen inside the finishing transaction here; pachd's clients expect to find them.
            message.details.compacting_time.SetInParent()
            message.details.validating_time.SetInParent()


class FileMessages:
    """FileInfo messages of one commit's files; what all have in common is built once."""

    def __init__(self, commit: CommitInfo | None, name: CommitName) -> None:
        common = pfs_pb2.FileInfo(committed=timestamp(commit.finished) if commit and commit.finished else None)
        common.file.commit.CopyFrom(commit_message(commit.name if commit else name))
        self._common = common.SerializeToString()

    def __call__(self, file: Any) -> Any:
        message = pfs_pb2.FileInfo.FromString(self._common)
        message.file_type = pfs_pb2.DIR if file.is_directory else pfs_pb2.FILE
        message.size_bytes = file.size
        message.hash = file.hash
        message.file.path = file.path
        message.file.datum = file.tag
        return message
