# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API, put together from its groups of calls."""

from embedded_pachd.pfs.filesystem import FileSystem
from embedded_pachd.wire.pfs_branches import BranchCalls
from embedded_pachd.wire.pfs_commits import CommitCalls
from embedded_pachd.wire.pfs_file_sets import FileSetCalls
from embedded_pachd.wire.pfs_files import FileCalls
from embedded_pachd.wire.pfs_repos import RepoCalls
from embedded_pachd.wire.pfs_upkeep import UpkeepCalls
from embedded_pachd.wire.steps import Steps


class PfsService(RepoCalls, BranchCalls, CommitCalls, FileSetCalls, FileCalls, UpkeepCalls):
    def __init__(self, filesystem: FileSystem, steps: Steps, *, fetch_urls: bool) -> None:
        self._filesystem = filesystem
        self._steps = steps
        self._fetch_urls = fetch_urls
        steps.add("create_repo", self.create_repo)
        steps.add("delete_repo", self.delete_repo)
        steps.add("create_branch", self.create_branch)
        steps.add("delete_branch", self.delete_branch)
        steps.add("start_commit", self.start_commit)
        steps.add("finish_commit", self.finish_commit)
        steps.add("squash_commit_set", self.squash_commit_set)
