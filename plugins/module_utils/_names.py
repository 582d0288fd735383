# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How pachd's messages name things."""

from __future__ import annotations

from typing import Any

PROJECT = {"name": "default"}
ALL_REPOS = {"type": "user", "projects": [PROJECT]}  # the request of pfs.ListRepo
ALL_PIPELINES = {"details": True, "projects": [PROJECT]}  # the request of pps.ListPipeline


def repo_of(name: str) -> dict[str, Any]:
    """A user repo of the default project."""
    return {"name": name, "type": "user", "project": PROJECT}


def branch_of(repo: str, branch: str) -> dict[str, Any]:
    """A branch of a user repo."""
    return {"repo": repo_of(repo), "name": branch}


def commit_of(repo: str, commit: str) -> dict[str, Any]:
    """A commit by its id; the repo is named inside the branch, whose own name pachd finds out."""
    return {"branch": {"repo": repo_of(repo)}, "id": commit}


def head_of(repo: str, branch: str) -> dict[str, Any]:
    """Whatever commit is the branch's head."""
    return {"branch": branch_of(repo, branch)}


def branch_of_commit(commit: dict[str, Any]) -> dict[str, Any]:
    """The `repo` of a commit that pachd describes and, where it tells, the `name` of the branch it was made on.

    Before 2.6 the repo is named only inside the branch; 2.12 names no branch.
    """
    return {"repo": commit.get("repo"), **commit.get("branch", {})}


def pipeline_of(name: str) -> dict[str, Any]:
    """A pipeline of the default project."""
    return {"name": name, "project": PROJECT}


def job_of(pipeline: str, identity: str) -> dict[str, Any]:
    """A job of a pipeline; its id is that of its commit set."""
    return {"pipeline": pipeline_of(pipeline), "id": identity}
