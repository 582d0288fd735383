# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pfs_v2.API: projects and repos."""

from collections.abc import Iterator
from typing import Any

from embedded_pachd.messages import pfs_pb2
from embedded_pachd.pfs import projects, repos
from embedded_pachd.pfs.transaction import Transaction
from embedded_pachd.wire import convert
from embedded_pachd.wire.handlers import Call
from embedded_pachd.wire.pfs_calls import PfsCalls


class RepoCalls(PfsCalls):
    def CreateProject(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            projects.create(tx, request.project.name, request.description, update=request.update)

    def InspectProject(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            return convert.project_info(projects.inspect(s, request.project.name))

    def ListProject(self, _request: Any, _call: Call) -> Iterator[Any]:
        with self._filesystem.snapshot() as s:
            yield from map(convert.project_info, projects.list_projects(s))

    def DeleteProject(self, request: Any, _call: Call) -> None:
        with self._filesystem.transaction() as tx:
            projects.delete(tx, request.project.name)

    def create_repo(self, tx: Transaction, request: Any) -> None:
        repos.create(tx, convert.required_repo(request), request.description, update=request.update)

    def CreateRepo(self, request: Any, call: Call) -> Any:
        return self._steps.run("create_repo", request, call)

    def InspectRepo(self, request: Any, _call: Call) -> Any:
        with self._filesystem.snapshot() as s:
            return convert.repo_info(repos.inspect(s, convert.required_repo(request)), details=True)

    def ListRepo(self, request: Any, _call: Call) -> Iterator[Any]:
        wanted = {project.name for project in request.projects}
        with self._filesystem.snapshot() as s:
            for info in repos.list_repos(s, request.type, wanted):
                yield convert.repo_info(info, details=False)

    def delete_repo(self, tx: Transaction, request: Any) -> None:
        repos.delete(tx, convert.required_repo(request), self._filesystem.hooks, force=request.force)

    def DeleteRepo(self, request: Any, call: Call) -> Any:
        return self._steps.run("delete_repo", request, call)

    def DeleteRepos(self, request: Any, _call: Call) -> Any:
        wanted = {project.name for project in request.projects}
        with self._filesystem.transaction() as tx:
            found = repos.list_repos(tx, "", wanted) if request.all or wanted else ()
            names = [info.name for info in found]
            for name in names:
                repos.ask_before_delete(tx, name, self._filesystem.hooks)
            repos.delete_all(tx, names, force=request.force)
        return pfs_pb2.DeleteReposResponse(repos=map(convert.repo_message, names))
