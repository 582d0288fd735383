# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store holds, in words."""

import time
from collections.abc import Iterator

from embedded_pachd.pfs import projects, repos
from embedded_pachd.pfs.transaction import Snapshot
from embedded_pachd.pps import jobs, pipelines
from embedded_pachd.store.store import Store
from embedded_pachd.store.tree import Tree

_JOBS_SHOWN = 3


def report(store: Store) -> Iterator[str]:
    """Lines about sizes, repos, pipelines and their last jobs."""
    with store.database.read() as db:
        s = Snapshot(db, store, Tree(db, store.nodes))
        yield f"store      {store.root} ({'a server has it open' if store.in_use() else 'no server'})"
        yield f"on disk    database {_size(store.database_bytes())}, packs {_size(store.packs.bytes())}"
        commits = db.execute("SELECT count(*) FROM pfs_commit").fetchone()[0]
        yield f"projects   {', '.join(project.name for project in projects.list_projects(s))}; {commits} commits"
        for repo in repos.list_repos(s, "user"):
            yield f"repo       {repo.name}  {_size(repo.size)}"
        for pipeline in pipelines.newest_versions(s):
            state = pipelines.state(pipeline, jobs.newest(s, pipeline.project, pipeline.name))
            name = f"{pipeline.project}/{pipeline.name}"
            yield f"pipeline   {name}  version {pipeline.info.version}  {state.name.lower()}"
            for job in jobs.of_pipeline(s, pipeline.project, pipeline.name)[:_JOBS_SHOWN]:
                yield f"  job      {job.id}  {_job_state(job)}  {job.reason}".rstrip()


def _job_state(job: jobs.Job) -> str:
    if job.finished is None:
        return "not finished"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.finished / 1e9))
    return f"{job.state.name.lower()} {when}"


def _size(number: int) -> str:
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
