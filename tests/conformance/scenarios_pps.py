# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines, jobs and datums, beyond what record.py plays."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from record import create, files, modify, pipeline_states, spec, wait
from steps import each_step, file_paths


def odd_requests(image: str) -> dict[str, dict[str, Any]]:
    """Pipeline requests that are odd, or wrong, in one way each."""
    run = {"image": image, "cmd": ["true"]}
    pfs = {"repo": "in", "glob": "/*"}
    plain = {"transform": run, "input": {"pfs": pfs}}

    def leaf(**more: Any) -> dict[str, Any]:
        return {"transform": run, "input": {"pfs": {**pfs, **more}}}

    def tree(**node: Any) -> dict[str, Any]:
        return {"transform": run, "input": node}

    never = {"name": "tick", "spec": "@never", "start": "2099-01-01T00:00:00Z"}
    other = {"pfs": {**pfs, "name": "o"}}
    return {
        "empty input": {"transform": run, "input": {}},
        "empty transform": {"transform": {}, "input": {"pfs": pfs}},
        "no image": {"transform": {"cmd": ["true"]}, "input": {"pfs": pfs}},
        "no cmd": {"transform": {"image": image}, "input": {"pfs": pfs}},
        "bad branch": leaf(branch="a b"),
        "other branch": leaf(branch="dev"),
        "bad glob": leaf(glob="/["),
        "glob without slash": leaf(glob="*"),
        "glob with double slash": leaf(glob="//a//*/"),
        "glob with dots": leaf(glob="/a/../*"),
        "name with space": leaf(name="a b"),
        "name with dash": leaf(name="a-b"),
        "name .env": leaf(name=".env"),
        "missing project": leaf(project="none"),
        "commit": leaf(commit="0" * 32),
        "lazy": leaf(lazy=True),
        "lazy and empty": leaf(lazy=True, empty_files=True),
        "join_on without join": leaf(join_on="$1"),
        "repo type meta": leaf(repo_type="meta"),
        "trigger": leaf(trigger={"commits": "2"}),
        "trigger on branch": leaf(branch="staged", trigger={"branch": "master", "commits": "2"}),
        "trigger on itself": leaf(branch="master", trigger={"branch": "master", "commits": "2"}),
        "bad trigger": leaf(trigger={"size": "lots"}),
        "empty cross": tree(cross=[]),
        "cross of one": tree(cross=[{"pfs": pfs}]),
        "cross with empty": tree(cross=[{"pfs": pfs}, {}]),
        "cross same name": tree(cross=[{"pfs": pfs}, {"pfs": pfs}]),
        "union same name": tree(union=[{"pfs": pfs}, {"pfs": pfs}]),
        "cross of union same name": tree(cross=[{"union": [{"pfs": pfs}, {"pfs": pfs}]}, {"pfs": pfs}]),
        "cross of unions": tree(cross=[{"union": [{"pfs": pfs}, other]}, {"union": [{"pfs": pfs}, other]}]),
        "join without keys": tree(join=[{"pfs": pfs}, other]),
        "group without keys": tree(group=[{"pfs": pfs}, other]),
        "join of cross": tree(join=[{"cross": [{"pfs": pfs}, other]}, {"pfs": {**pfs, "name": "z"}}]),
        "pfs and cron": tree(pfs=pfs, cron={"name": "tick", "spec": "@never", "start": "2099-01-01T00:00:00Z"}),
        "cron": tree(cron=never),
        "cron without name": tree(cron={"spec": "@never"}),
        "cron without spec": tree(cron={"name": "tick"}),
        "cron bad spec": tree(cron={"name": "tick", "spec": "every day"}),
        "cron six fields": tree(cron={"name": "tick", "spec": "0 0 0 1 1 *"}),
        "cron yearly": tree(cron={"name": "tick", "spec": "@yearly", "start": "2099-01-01T00:00:00Z"}),
        "cron bad every": tree(cron={"name": "tick", "spec": "@every never"}),
        "cron with repo": tree(cron={**never, "repo": "ticks"}),
        "cron in cross": tree(cross=[{"pfs": pfs}, {"cron": never}]),
        "s3": leaf(s3=True),
        "s3 with root": leaf(s3=True, glob="/"),
        "s3 lazy": leaf(s3=True, glob="/", lazy=True),
        "s3 empty files": leaf(s3=True, glob="/", empty_files=True),
        "s3 in join": tree(join=[{"pfs": {**pfs, "s3": True, "glob": "/"}}, other]),
        "s3 in union": tree(union=[{"pfs": {**pfs, "s3": True, "glob": "/"}}, other]),
        "no parallelism": {**plain, "parallelism_spec": {}},
        "parallelism 0": {**plain, "parallelism_spec": {"constant": 0}},
        "parallelism 9": {**plain, "parallelism_spec": {"constant": 9}},
        "parallelism 8": {**plain, "parallelism_spec": {"constant": 8}, "autoscaling": True},
        "output branch": {**plain, "output_branch": "results"},
        "bad output branch": {**plain, "output_branch": "a b"},
        "description": {**plain, "description": "says what"},
        "reprocess every_job": {**plain, "reprocess_spec": "every_job"},
        "reprocess nonsense": {**plain, "reprocess_spec": "never"},
        "datum tries 0": {**plain, "datum_tries": 0},
        "datum timeout": {**plain, "datum_timeout": "1.5s"},
        "negative datum timeout": {**plain, "datum_timeout": "-1s"},
        "job timeout": {**plain, "job_timeout": "3600s"},
        "datum set": {**plain, "datum_set_spec": {"number": 2}},
        "datum set both": {**plain, "datum_set_spec": {"number": 2, "size_bytes": 10, "per_worker": 1}},
        "requests": {**plain, "resource_requests": {"memory": "64M", "cpu": 0.5, "disk": "1Gi"}},
        "bad limit": {**plain, "resource_limits": {"memory": "12 apples"}},
        "bad disk": {**plain, "resource_requests": {"disk": "big"}},
        "bad sidecar": {**plain, "sidecar_resource_limits": {"memory": "much"}},
        "gpu": {**plain, "resource_limits": {"gpu": {"type": "nvidia.com/gpu", "number": 1}}},
        "pod patch": {**plain, "pod_patch": '[{"op": "add", "path": "/priority", "value": 1}]'},
        "bad pod patch": {**plain, "pod_patch": "{"},
        "pod patch object": {**plain, "pod_patch": "{}"},
        "bad pod spec": {**plain, "pod_spec": "nope"},
        "pod spec": {**plain, "pod_spec": "{}"},
        "scheduling": {**plain, "scheduling_spec": {"node_selector": {"a": "b"}, "priority_class_name": "high"}},
        "tolerations": {**plain, "tolerations": [{"key": "k", "operator": "EXISTS", "effect": "NO_SCHEDULE"}]},
        "metadata": {**plain, "metadata": {"annotations": {"a": "b"}, "labels": {"c": "d"}}},
        "bad label": {**plain, "metadata": {"labels": {"c": "no such value!"}}},
        "service": {**plain, "service": {"internal_port": 8888, "external_port": 30888}},
        "service bad type": {**plain, "service": {"internal_port": 8888, "type": "Odd"}},
        "service parallelism": {**plain, "service": {"internal_port": 8888}, "parallelism_spec": {"constant": 2}},
        "spout": {"transform": run, "spout": {}},
        "spout with input": {**plain, "spout": {}},
        "spout autoscaling": {"transform": run, "spout": {}, "autoscaling": True},
        "spout service": {"transform": run, "spout": {"service": {"internal_port": 80}}},
        "s3 out": {**plain, "s3_out": True},
        "s3 out service": {**plain, "s3_out": True, "service": {"internal_port": 80}},
        "egress url": {**plain, "egress": {"URL": "s3://bucket/dir"}},
        "egress bad url": {**plain, "egress": {"URL": "nonsense"}},
        "egress both": {**plain, "egress": {"object_storage": {"url": "s3://b"}}},
        "tf job": {**plain, "tf_job": {"tf_job": "x"}},
        "secret without name": {"transform": {**run, "secrets": [{}]}, "input": {"pfs": pfs}},
        "secret env without key": {
            "transform": {**run, "secrets": [{"name": "have", "env_var": "X"}]}, "input": {"pfs": pfs}},
        "secret missing key": {
            "transform": {**run, "secrets": [{"name": "have", "env_var": "X", "key": "none"}]}, "input": {"pfs": pfs}},
        "secret fine": {
            "transform": {**run, "secrets": [{"name": "have", "env_var": "X", "key": "k"}]}, "input": {"pfs": pfs}},
        "env": {"transform": {**run, "env": {"A": "1", "B": "2"}}, "input": {"pfs": pfs}},
        "user": {"transform": {**run, "user": "nobody", "working_dir": "/x"}, "input": {"pfs": pfs}},
        "dockerfile": {"transform": {**run, "dockerfile": "./Dockerfile"}, "input": {"pfs": pfs}},
        "datum batching": {"transform": {**run, "datum_batching": True}, "input": {"pfs": pfs}},
        "memory volume": {"transform": {**run, "memory_volume": True}, "input": {"pfs": pfs}},
        "image pull secrets": {"transform": {**run, "image_pull_secrets": ["have"]}, "input": {"pfs": pfs}},
        "salt": {**plain, "salt": "my-own"},
        "dry run": {**plain, "dry_run": True},
        "reprocess": {**plain, "reprocess": True},
        "name with slash": leaf(name="a/b"),
    }  # fmt: skip


def specs(r: Any, c: Any, image: str) -> None:
    """Each odd request is created, shown as stored, and deleted again."""
    c.create_repo("in")
    c.put_file_bytes(("in", "master"), "/f", b"1")
    with suppress(Exception):
        c.create_secret("have", {"k": "v"})
    for number, (name, body) in enumerate(odd_requests(image).items()):
        pipeline = {**body, "pipeline": {"name": f"p{number}"}}
        r.step(f"create {name}", lambda pipeline=pipeline: create(c, pipeline))
        if "error" not in r.steps[-1]:
            info = next(iter(c.inspect_pipeline(f"p{number}", details=True)))
            info.details.ClearField("created_at")
            info.ClearField("state")
            info.ClearField("last_job_state")
            info.ClearField("reason")
            info.ClearField("stopped")
            r.step(f"stored {name}", lambda info=info: info)
            r.step(
                f"repos {name}",
                lambda: sorted([x.repo.name, x.repo.type, x.description] for x in c.list_repo(type="")),
            )
            c.delete_pipeline(f"p{number}", force=True)
    for name in ("_a", "-a", "1a", "A", "a.b", "a/b", "", "a" * 51, "a" * 52, "ä"):
        body = {**odd_requests(image)["description"], "pipeline": {"name": name}}
        r.step(f"create named {name[:10]!r}, {len(name)} characters", lambda body=body: create(c, body))
    r.step("pipelines", lambda: [x.pipeline.name for x in c.list_pipeline()])
    r.step("repos at end", lambda: [x.repo.name for x in c.list_repo()])


def pipelines_more(r: Any, c: Any, image: str) -> None:
    c.create_repo("in")
    m = ("in", "master")
    modify(c, m, [("put", f"/f{i}", b"%d" % i) for i in range(3)])
    body = spec("p", "in", image, "cp /pfs/in/* /pfs/out/")
    each_step(
        r,
        {
            "update what is not there": lambda: create(c, body, update=True),
            "wait": lambda: wait(c, "p").error,
            "list": lambda: [[x.pipeline.name, x.version, x.state] for x in c.list_pipeline()],
            "list with details": lambda: c.list_pipeline(details=True),
            "inspect without details": lambda: c.inspect_pipeline("p"),
            "inspect history": lambda: [x.version for x in c.inspect_pipeline("p", history=-1)],
            "reprocess": lambda: create(c, body, update=True, reprocess=True),
            "wait for reprocess": lambda: wait(c, "p").error,
            "jobs after reprocess": lambda: pipeline_states(c, "p"),
            "history": lambda: [x.version for x in c.inspect_pipeline("p", history=-1)],
            "history 1": lambda: [x.version for x in c.inspect_pipeline("p", history=1)],
            "list history": lambda: [[x.pipeline.name, x.version] for x in c.list_pipeline(history=-1)],
            "list jq": lambda: [x.pipeline.name for x in c.list_pipeline(jqFilter='.pipeline.name == "p"')],
            "list jq none": lambda: [x.pipeline.name for x in c.list_pipeline(jqFilter='.pipeline.name == "q"')],
            "list jq bad": lambda: [x.pipeline.name for x in c.list_pipeline(jqFilter="((")],
            "list jq field": lambda: [x.pipeline.name for x in c.list_pipeline(jqFilter=".version")],
            "inspect missing": lambda: list(c.inspect_pipeline("none")),
            "inspect missing history": lambda: list(c.inspect_pipeline("none", history=-1)),
            "inspect missing project": lambda: list(c.inspect_pipeline("p", project_name="none")),
            "start missing": lambda: c.start_pipeline("none"),
            "stop missing": lambda: c.stop_pipeline("none"),
            "run cron missing": lambda: c.run_cron("none"),
            "run cron of another": lambda: c.run_cron("p"),
            "start running": lambda: c.start_pipeline("p"),
            "stop": lambda: c.stop_pipeline("p"),
            "stop again": lambda: c.stop_pipeline("p"),
            "state stopped": lambda: [[x.state, x.stopped] for x in c.inspect_pipeline("p")],
            "branch when stopped": lambda: c.inspect_branch("p", "master"),
            "update when stopped": lambda: create(c, body, update=True),
            "jobs after update": lambda: pipeline_states(c, "p"),
            "start": lambda: c.start_pipeline("p"),
            "wait after start": lambda: wait(c, "p").error,
            "jobs after start": lambda: pipeline_states(c, "p"),
            "start commit on spec repo": lambda: c.start_commit("p.spec", "master"),
            "delete branch of output": lambda: c.delete_branch("p", "master"),
            "delete branch of input": lambda: c.delete_branch("in", "master"),
            "move head of output": lambda: c.create_branch("p", "master", head_commit=("p", "master^")),
            "branch on output": lambda: c.create_branch("p", "mine", head_commit=("p", "master")),
            "branches of output": lambda: c.list_branch("p"),
            "commits of output": lambda: c.list_commit("p"),
            "squash output": lambda: c.squash_commit(next(iter(c.list_job("p"))).job.id),
            "delete keeping repo": lambda: c.delete_pipeline("p", keep_repo=True),
            "repos left": lambda: sorted([x.repo.name, x.repo.type, x.description] for x in c.list_repo(type="")),
            "jobs left": lambda: pipeline_states(c, "p"),
            "create over kept repo": lambda: create(c, body),
        },
    )


def updates(r: Any, c: Any, image: str) -> None:
    for name in ("in", "two"):
        c.create_repo(name)
        modify(c, (name, "master"), [("put", f"/{name}{i}", b"%d" % i) for i in range(2)])
    first = spec("p", "in", image, "cp -r /pfs/in/* /pfs/out/")
    second = spec("p", "two", image, "cp -r /pfs/two/* /pfs/out/")
    both = {**spec("p", "in", image, "cp -r /pfs/*/*[0-9] /pfs/out/"), "input": {
        "union": [{"pfs": {"repo": "in", "glob": "/*"}}, {"pfs": {"repo": "two", "glob": "/*"}}]}}  # fmt: skip
    later = spec("q", "p", image, "cp -r /pfs/p/* /pfs/out/")
    create(c, first)
    create(c, later)
    wait(c, "q")

    def look(name: str) -> None:
        r.step(f"{name}: error", lambda: wait(c, "p").error)
        r.step(f"{name}: downstream", lambda: wait(c, "q").error)
        r.step(f"{name}: jobs", lambda: pipeline_states(c, "p"))
        r.step(f"{name}: jobs downstream", lambda: pipeline_states(c, "q"))
        r.step(f"{name}: files", lambda: files(c, ("q", "master")))
        r.step(f"{name}: provenance", lambda: c.inspect_branch("q", "master"))

    look("first")
    for name, body in (("other input", second), ("union", both), ("first again", first)):
        r.step(f"update to {name}", lambda body=body: create(c, body, update=True))
        look(name)
    r.step("output branch", lambda: create(c, first, update=True, output_branch="other"))
    r.step("branches", lambda: [[x.branch.name, bool(x.direct_provenance)] for x in c.list_branch("p")])
    r.step("input of itself", lambda: create(c, spec("p", "q", image, "true"), update=True))
    r.step("input missing", lambda: create(c, spec("p", "none", image, "true"), update=True))
    r.step("version at end", lambda: [x.version for x in c.inspect_pipeline("p")])
    r.step("delete upstream by force", lambda: c.delete_pipeline("p", force=True))
    r.step("downstream left", lambda: [[x.state, x.version] for x in c.inspect_pipeline("q")])
    r.step("its branch", lambda: c.inspect_branch("q", "master"))


def jobs_more(r: Any, c: Any, image: str) -> None:
    c.create_repo("in")
    modify(c, ("in", "master"), [("put", f"/f{i}", b"%d" % i) for i in range(3)])
    create(c, spec("p", "in", image, "cp /pfs/in/* /pfs/out/\necho said"))
    wait(c, "p")
    modify(c, ("in", "master"), [("put", "/f1", b"one")])
    wait(c, "p")
    job = next(iter(c.list_job("p"))).job.id
    older = list(c.list_job("p"))[-1].job.id
    none = "0" * 32
    datum = next(iter(c.list_datum("p", job))).datum.id
    commits = [each.commit for each in c.list_commit("in")]  # a commit given as a tuple makes a real pachd 2.7.6 crash
    newest, oldest = commits[0], commits[-1]
    each_step(
        r,
        {
            "inspect": lambda: c.inspect_job(job, "p", details=True),
            "inspect without details": lambda: c.inspect_job(job, "p"),
            "inspect set": lambda: c.inspect_job(job),
            "inspect wait": lambda: [x.state for x in c.inspect_job(job, "p", wait=True)],
            "inspect missing": lambda: list(c.inspect_job(none, "p")),
            "inspect missing set": lambda: list(c.inspect_job(none)),
            "inspect of missing pipeline": lambda: list(c.inspect_job(job, "none")),
            "list": lambda: c.list_job("p"),
            "list sets": lambda: [[x.job_set.id, len(x.jobs)] for x in c.list_job()],
            "list sets with details": lambda: c.list_job(details=True),
            "list history": lambda: [x.job.id for x in c.list_job("p", history=-1)],
            "list input commit": lambda: [x.job.id for x in c.list_job("p", input_commit=newest)],
            "list old input commit": lambda: [x.job.id for x in c.list_job("p", input_commit=oldest)],
            "list missing pipeline": lambda: list(c.list_job("none")),
            "list jq": lambda: [x.job.id for x in c.list_job("p", jqFilter='.state == "JOB_SUCCESS"')],
            "list jq none": lambda: [x.job.id for x in c.list_job("p", jqFilter='.state == "JOB_FAILURE"')],
            "list of project": lambda: list(c.list_job(projects_filter=[project("none")])),
            "stop finished": lambda: c.stop_job(job, "p"),
            "stop missing": lambda: c.stop_job(none, "p"),
            "delete missing": lambda: c.delete_job(none, "p"),
            "datums": lambda: [without_image(each) for each in c.list_datum("p", job)],
            "datums of missing": lambda: list(c.list_datum("p", none)),
            "datums of input": lambda: [
                [d.datum.id, d.state, [f.file.path for f in d.data]]
                for d in c.list_datum(
                    input=input_tree(pfs={"repo": "in", "glob": "/*", "branch": "master", "name": "in"})
                )
            ],
            "datums of bare input": lambda: [
                [d.datum.id, [f.file.path for f in d.data]]
                for d in c.list_datum(input=input_tree(pfs={"repo": "in", "glob": "/f[01]"}))
            ],
            "datums of bad glob": lambda: list(c.list_datum(input=input_tree(pfs={"repo": "in", "glob": "/["}))),
            "datums of missing repo": lambda: list(c.list_datum(input=input_tree(pfs={"repo": "none", "glob": "/"}))),
            "inspect datum": lambda: without_image(c.inspect_datum("p", job, datum)),
            "inspect missing datum": lambda: c.inspect_datum("p", job, "0" * 64),
            "inspect datum of missing job": lambda: c.inspect_datum("p", none, datum),
            "restart finished": lambda: c.restart_datum("p", job),
            "restart missing": lambda: c.restart_datum("p", none),
            "logs of missing pipeline": lambda: list(c.get_pipeline_logs("none")),
            "logs of missing job": lambda: list(c.get_job_logs("p", none)),
            "job commit": lambda: list(c.inspect_commit(("p", job))),
            "commit set": lambda: [[x.commit.repo.name, x.commit.repo.type] for x in c.inspect_commit(job)],
            "delete": lambda: c.delete_job(older, "p"),
            "list after delete": lambda: [x.job.id for x in c.list_job("p")],
            "commits after delete": lambda: [x.commit.id for x in c.list_commit("p")],
        },
    )
    create(c, spec("slow", "in", image, "sleep 60", datum_tries=1))
    running = next(iter(c.list_job("slow"))).job.id
    wait_running(c, "slow")
    r.step("stop running", lambda: c.stop_job(running, "slow", reason="enough"))
    r.step("stopped", lambda: pipeline_states(c, "slow"))
    r.step("stopped job", lambda: c.inspect_job(running, "slow"))
    r.step("stopped output", lambda: wait(c, "slow").error)
    create(c, spec("after", "slow", image, "true"))
    wait(c, "after")
    r.step("downstream of stopped", lambda: pipeline_states(c, "after"))
    create(c, spec("timed", "in", image, "sleep 60", job_timeout="2s"))
    wait(c, "timed")
    r.step("timed out", lambda: pipeline_states(c, "timed"))
    r.step("timed out output", lambda: wait(c, "timed").error)
    create(c, spec("tries", "in", image, "exit 7", datum_tries=2))
    wait(c, "tries")
    r.step("tried", lambda: [[d.state, d.data[0].file.path] for d in c.list_datum("tries", newest_job(c, "tries"))])
    r.step("why", lambda: pipeline_states(c, "tries"))
    r.step("output of failed", lambda: files(c, ("tries", "master")))
    modify(c, ("in", "master"), [("put", "/f9", b"9")])
    wait(c, "tries")
    r.step("again", lambda: pipeline_states(c, "tries"))


def without_image(datum: Any) -> Any:
    """Which image ran it only a cluster can tell."""
    datum.ClearField("image_id")
    return datum


def newest_job(c: Any, pipeline: str) -> str:
    return str(next(iter(c.list_job(pipeline))).job.id)


def input_tree(**node: Any) -> Any:
    from google.protobuf.json_format import ParseDict
    from python_pachyderm.service import pps_proto

    return ParseDict(node, pps_proto.Input())


def project(name: str) -> Any:
    from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs

    return pfs.Project(name=name)


def wait_running(c: Any, pipeline: str) -> None:
    while next(iter(c.list_job(pipeline))).state != 3:  # JOB_RUNNING
        time.sleep(0.1)
    time.sleep(2)


def inputs_more(r: Any, c: Any, image: str) -> None:
    for repo in ("p", "q", "s"):
        c.create_repo(repo)
        names = {"p": ("a-1", "a-2", "b-1", "c"), "q": ("a-1", "b-1", "d-1"), "s": ("a-9",)}[repo]
        modify(c, (repo, "master"), [("put", f"/{name}", name.encode()) for name in names])
    modify(c, ("p", "master"), [("put", "/dir/x", b"x"), ("put", "/dir/y/z", b"z")])

    def keyed(repo: str, glob: str = "/(*)-(*)", **more: Any) -> dict[str, Any]:
        return {"pfs": {"repo": repo, "glob": glob, "join_on": "$1", "group_by": "$1", **more}}

    plain = {n: {"pfs": {"repo": n, "glob": "/*"}} for n in "pqs"}
    kinds: dict[str, Any] = {
        "join of three": {"join": [keyed("p"), keyed("q"), keyed("s")]},
        "outer join left": {"join": [keyed("p", outer_join=True), keyed("q")]},
        "outer join right": {"join": [keyed("p"), keyed("q", outer_join=True)]},
        "outer join both": {"join": [keyed("p", outer_join=True), keyed("q", outer_join=True)]},
        "outer join of three": {"join": [keyed("p", outer_join=True), keyed("q", outer_join=True), keyed("s")]},
        "join on two keys": {"join": [keyed("p", join_on="$1$2"), keyed("q", join_on="$1$2")]},
        "join on braces": {"join": [keyed("p", join_on="${2}x"), keyed("q", join_on="${2}x")]},
        "join on missing key": {"join": [keyed("p", join_on="$3"), keyed("q", join_on="$3")]},
        "join without captures": {"join": [keyed("p", "/*"), keyed("q", "/*")]},
        "join of one": {"join": [keyed("p")]},
        "join reversed": {"join": [keyed("q"), keyed("p")]},
        "group of one": {"group": [keyed("p")]},
        "group of three": {"group": [keyed("p"), keyed("q"), keyed("s")]},
        "group by other": {"group": [keyed("p", group_by="$2"), keyed("q", group_by="$2")]},
        "group without captures": {"group": [keyed("p", "/*"), keyed("q", "/*")]},
        "cross of group": {"cross": [{"group": [keyed("p"), keyed("q")]}, plain["s"]]},
        "cross of join": {"cross": [{"join": [keyed("p"), keyed("q")]}, plain["s"]]},
        "union of crosses": {"union": [{"cross": [plain["p"], plain["s"]]}, {"cross": [plain["q"], plain["s"]]}]},
        "union same name": {"union": [keyed("p", "/a*", name="n"), keyed("q", "/a*", name="n")]},
        "union overlapping": {"union": [plain["p"], keyed("p", "/a*")]},
        "group of union": {"group": [{"union": [keyed("p"), keyed("q")]}, keyed("s")]},
        "join of union": {"join": [{"union": [keyed("p"), keyed("q")]}, keyed("s")]},
        "cross three": {"cross": [plain["s"], plain["q"], plain["p"]]},
        "cross with none": {"cross": [plain["s"], keyed("q", "/none*")]},
        "directories": {"pfs": {"repo": "p", "glob": "/*/"}},
        "deep": {"pfs": {"repo": "p", "glob": "/**"}},
        "deep files": {"pfs": {"repo": "p", "glob": "/dir/**"}},
        "one directory": {"pfs": {"repo": "p", "glob": "/dir"}},
        "extglob": {"pfs": {"repo": "p", "glob": "/!(a*)"}},
        "braces": {"pfs": {"repo": "p", "glob": "/{a-1,dir}"}},
        "lazy": {"pfs": {"repo": "p", "glob": "/", "lazy": True}},
        "named": {"pfs": {"repo": "p", "glob": "/c", "name": "another"}},
    }
    say = "cd /pfs; find -L [a-z]* ! -type d | grep -v ^out | sort > /pfs/out/$PACH_DATUM_ID"
    for number, (name, tree) in enumerate(kinds.items()):
        pipeline = f"i{number}"
        body = {
            "pipeline": {"name": pipeline},
            "input": tree,
            "transform": {"image": image, "cmd": ["sh"], "stdin": [say]},
        }
        r.step(f"create {name}", lambda body=body: create(c, body))
        wait(c, pipeline)
        r.step(f"jobs {name}", lambda pipeline=pipeline: pipeline_states(c, pipeline))
        r.step(
            f"datums {name}",
            lambda pipeline=pipeline: [
                [d.datum.id, [f.file.path for f in d.data]] for d in c.list_datum(pipeline, newest_job(c, pipeline))
            ],
        )
        r.step(
            f"contents {name}",
            lambda pipeline=pipeline: [
                c.get_file((pipeline, "master"), f.file.path).read().decode()
                for f in c.list_file((pipeline, "master"), "/")
            ],
        )
        r.step(
            f"of the input {name}",
            lambda tree=tree: [
                [d.datum.id, [f.file.path for f in d.data]] for d in c.list_datum(input=input_tree(**tree))
            ],
        )
        c.delete_pipeline(pipeline)


def worker_more(r: Any, c: Any, image: str) -> None:
    c.create_repo("in")
    modify(c, ("in", "master"), [("put", "/a", b"1"), ("put", "/dir/b", b"2"), ("put", "/none", b"")])
    c.create_repo("un")
    modify(c, ("un", "master"), [("put", "/x", b"x")])
    scripts: dict[str, tuple[str, dict[str, Any]]] = {
        "variables": ("echo $in ${in_COMMIT:+commit} $PACH_DATUM_ID > /pfs/out/$PACH_DATUM_ID", {}),
        "directory": ("echo $in > /pfs/out/in; find /pfs/in/ | sort > /pfs/out/find",
                      {"input": {"pfs": {"repo": "in", "glob": "/dir"}}}),
        "empty": ("true", {}),
        "empty file": (": > /pfs/out/$PACH_DATUM_ID", {}),
        "directories": ("mkdir -p /pfs/out/a/b /pfs/out/c; echo 1 > /pfs/out/a/b/$PACH_DATUM_ID", {}),
        "append": ("echo x >> /pfs/out/same", {"input": {"pfs": {"repo": "in", "glob": "/"}}}),
        "link to input": ("ln -s $in /pfs/out/$PACH_DATUM_ID", {}),
        "hidden": ("echo 1 > /pfs/out/.$PACH_DATUM_ID", {}),
        "file and directory": ("if test $in = /pfs/in/a; then echo 1 > /pfs/out/x; else mkdir /pfs/out/x; "
                               "echo 2 > /pfs/out/x/$PACH_DATUM_ID; fi", {}),
        "collision": ("echo 1 > /pfs/out/x", {}),
        "exit 5": ("exit 5", {"datum_tries": 1}),
        "killed": ("kill -9 $$", {"datum_tries": 1}),
        "not there": ("/no/such/program", {"datum_tries": 1}),
        "recovers": ("exit 5", {"datum_tries": 1, "transform": {"err_cmd": ["sh"], "err_stdin": ["exit 0"]}}),
        "does not recover": ("exit 5", {"datum_tries": 1, "transform": {"err_cmd": ["sh"], "err_stdin": ["exit 6"]}}),
        "accepts 5": ("exit 5", {"transform": {"accept_return_code": [4, 5]}}),
        "no stdin": ("", {"transform": {"cmd": ["sh", "-c", "cat > /pfs/out/$PACH_DATUM_ID"], "stdin": []}}),
        "missing command": ("", {"transform": {"cmd": ["/no/such/program"]}, "datum_tries": 1}),
        "working dir": ("pwd > /pfs/out/$PACH_DATUM_ID", {"transform": {"working_dir": "/usr"}}),
        "missing working dir": ("pwd > /pfs/out/$PACH_DATUM_ID",
                                {"transform": {"working_dir": "/nope"}, "datum_tries": 1}),
        "error in empty": ("exit 3", {"input": {"pfs": {"repo": "in", "glob": "/zz*"}}}),
    }  # fmt: skip
    for number, (name, (script, more)) in enumerate(scripts.items()):
        pipeline = f"w{number}"
        r.step(f"create {name}", lambda p=pipeline, s=script, m=more: create(c, spec(p, "in", image, s, **m)))
        wait(c, pipeline)
        r.step(f"jobs {name}", lambda p=pipeline: pipeline_states(c, p))
        r.step(f"error {name}", lambda p=pipeline: wait(c, p).error)
        r.step(f"datums {name}", lambda p=pipeline: [[d.datum.id, d.state] for d in c.list_datum(p, newest_job(c, p))])
        r.step(f"output {name}", lambda p=pipeline: files(c, (p, "master")))
        r.step(f"text {name}", lambda p=pipeline: texts(c, p))
        c.delete_pipeline(pipeline)


def texts(c: Any, pipeline: str) -> list[Any]:
    at = (pipeline, "master")
    return [
        [f.file.path, c.get_file(at, f.file.path).read().decode()]
        for f in c.walk_file(at, "/")
        if f.file_type == 1 and f.size_bytes
    ]


def skipping(r: Any, c: Any, image: str) -> None:
    c.create_repo("in")
    m = ("in", "master")
    modify(c, m, [("put", f"/f{i}", b"%d" % i) for i in range(3)])
    bodies = {
        "plain": spec("plain", "in", image, "cp /pfs/in/* /pfs/out/"),
        "every": spec("every", "in", image, "cp /pfs/in/* /pfs/out/", reprocess_spec="every_job"),
        "whole": spec("whole", "in", image, "cat /pfs/in/* > /pfs/out/all", input={"pfs": {"repo": "in", "glob": "/"}}),
        "auto": spec("auto", "in", image, "cp /pfs/in/* /pfs/out/", autoscaling=True),
        "rec": spec("rec", "in", image, "exit 1", datum_tries=1, transform={"err_cmd": ["true"]}),
        "fail": spec("fail", "in", image, "test -e /pfs/in/f1 && exit 1\ncp /pfs/in/* /pfs/out/", datum_tries=1),
    }
    for body in bodies.values():
        create(c, body)

    def look(when: str) -> None:
        for name in bodies:
            wait(c, name)
            r.step(f"{when}: jobs {name}", lambda name=name: pipeline_states(c, name))
            r.step(f"{when}: files {name}", lambda name=name: file_paths(c.walk_file((name, "master"), "/")))
            r.step(
                f"{when}: datums {name}",
                lambda name=name: [
                    [d.datum.id, d.state, d.datum.job.id] for d in c.list_datum(name, newest_job(c, name))
                ],
            )

    look("first")
    steps: dict[str, list[Any]] = {
        "empty commit": [],
        "same bytes": [("put", "/f0", b"0")],
        "one more": [("put", "/f3", b"3")],
        "one less": [("del", "/f0")],
        "repaired": [("del", "/f1")],
        "changed": [("put", "/f2", b"two")],
        "all gone": [("del", "/f2"), ("del", "/f3")],
        "one back": [("put", "/f2", b"two")],
    }
    for name, actions in steps.items():
        if actions:
            modify(c, m, actions)
        else:
            c.finish_commit(c.start_commit("in", "master"))
        look(name)
    r.step("head back", lambda: c.create_branch("in", "master", head_commit=("in", "master^")))
    look("head back")


def diamond(r: Any, c: Any, image: str) -> None:
    """in -> left, right -> join, and a reader of a branch of join that the user moves."""
    c.create_repo("in")
    m = ("in", "master")
    modify(c, m, [("put", f"/f{i}", b"%d" % i) for i in range(2)])
    both = {"cross": [{"pfs": {"repo": "left", "glob": "/"}}, {"pfs": {"repo": "right", "glob": "/"}}]}
    create(c, spec("left", "in", image, "cp /pfs/in/* /pfs/out/"))
    create(c, spec("right", "in", image, "cp /pfs/in/* /pfs/out/"))
    create(c, {**spec("both", "in", image, "cat /pfs/left/* /pfs/right/* > /pfs/out/all"), "input": both})
    wait(c, "both")
    r.step("release", lambda: c.create_branch("both", "release", head_commit=("both", "master")))
    create(c, spec("reader", "both", image, "cp /pfs/both/* /pfs/out/", input={"pfs": {"branch": "release"}}) | {
        "input": {"pfs": {"repo": "both", "branch": "release", "glob": "/"}}})  # fmt: skip
    wait(c, "reader")

    def look(when: str) -> None:
        for name in ("both", "reader"):
            r.step(f"{when}: wait for {name}", lambda name=name: wait(c, name).error)
            r.step(f"{when}: jobs {name}", lambda name=name: pipeline_states(c, name))
            r.step(f"{when}: files {name}", lambda name=name: files(c, (name, "master")))
        newest = next(iter(c.list_commit("in"))).commit.id
        r.step(f"{when}: set", lambda: _members(c.inspect_commit(newest)))
        r.step(f"{when}: job set", lambda: [x.job.pipeline.name for x in c.inspect_job(newest)])
        r.step(f"{when}: wait for set", lambda: _members(c.wait_commit(newest)))

    look("first")
    modify(c, m, [("put", "/f1", b"one")])
    look("changed")
    r.step("move release", lambda: c.create_branch("both", "release", head_commit=("both", "master")))
    look("moved")
    r.step("move release back", lambda: c.create_branch("both", "release", head_commit=("both", "master^")))
    look("back")
    r.step("branches of both", lambda: c.list_branch("both"))
    r.step("commits of reader", lambda: c.list_commit("reader"))
    r.step("move input back", lambda: c.create_branch("in", "master", head_commit=("in", "master^")))
    look("input back")
    newest = next(iter(c.list_commit("in"))).commit.id
    r.step("squash input", lambda: c.squash_commit(newest))
    r.step("stop left", lambda: c.stop_pipeline("left"))
    modify(c, m, [("put", "/f2", b"2")])
    r.step("jobs of right while left is stopped", lambda: [wait(c, "right").error, pipeline_states(c, "right")])
    r.step("delete left", lambda: c.delete_pipeline("left"))
    r.step("delete all", c.delete_all_pipelines)
    r.step("repos left", lambda: [[x.repo.name, x.repo.type] for x in c.list_repo(type="")])


def _members(found: Any) -> list[Any]:
    return sorted([x.commit.repo.name, x.commit.repo.type, x.commit.id, x.origin.kind, x.error] for x in found)


def crons(r: Any, c: Any, image: str) -> None:
    never = {"name": "tick", "spec": "@never", "start": "2099-01-01T00:00:00Z"}
    for name, more in (("keeps", {}), ("overwrites", {"overwrite": True})):
        body = {
            "pipeline": {"name": name},
            "input": {"cron": {**never, **more}},
            "transform": {"image": image, "cmd": ["sh"], "stdin": ["true"]},
        }
        r.step(f"create {name}", lambda body=body: create(c, body))
        r.step(f"first {name}", lambda name=name: [wait(c, name).error, pipeline_states(c, name)])
        for number in range(2):
            r.step(f"run {name} {number}", lambda name=name: c.run_cron(name))
            r.step(f"error {name} {number}", lambda name=name: wait(c, name).error)
            r.step(f"jobs {name} {number}", lambda name=name: pipeline_states(c, name))
            r.step(f"ticks {name} {number}", lambda name=name: len(list(c.list_file((f"{name}_tick", "master"), "/"))))
            time.sleep(1.1)
        r.step(f"tick {name}", lambda name=name: [f.size_bytes for f in c.list_file((f"{name}_tick", "master"), "/")])
        r.step(f"repo {name}", lambda name=name: c.inspect_repo(f"{name}_tick").description)
        r.step(f"commits {name}", lambda name=name: [x.origin.kind for x in c.list_commit(f"{name}_tick")])
        r.step(f"write {name}", lambda name=name: c.put_file_bytes((f"{name}_tick", "master"), "/mine", b""))
        r.step(f"delete {name}", lambda name=name: c.delete_pipeline(name))
    r.step("repos left", lambda: [x.repo.name for x in c.list_repo()])


def logs(r: Any, c: Any, image: str) -> None:
    c.create_repo("in")
    modify(c, ("in", "master"), [("put", f"/f{i}", b"%d" % i) for i in range(2)])
    create(c, spec("p", "in", image, "echo said $in\necho wrong >&2\nprintf last\ncp /pfs/in/* /pfs/out/"))
    wait(c, "p")
    job = _newest_said(c)
    datums = [each.datum.id for each in c.list_datum("p", job)]

    def said(messages: Any) -> list[str]:
        return sorted(each.message.strip() for each in messages if each.user)

    each_step(
        r,
        {
            "of pipeline": lambda: said(c.get_pipeline_logs("p")),
            "of job": lambda: said(c.get_job_logs("p", job)),
            "of path": lambda: said(c.get_pipeline_logs("p", data_filters=["/f1"])),
            "of no path": lambda: said(c.get_pipeline_logs("p", data_filters=["/none"])),
            "of two paths": lambda: said(c.get_pipeline_logs("p", data_filters=["/f0", "/f1"])),
            "of datum": lambda: said(c.get_job_logs("p", job, datum=_datum(c, job, datums[0]))),
            "datums": lambda: sorted({m.datum_id for m in c.get_job_logs("p", job) if m.user}),
            "names": lambda: sorted({(m.project_name, m.pipeline_name) for m in c.get_job_logs("p", job) if m.user}),
            "data": lambda: sorted([d.path for d in m.data] for m in c.get_job_logs("p", job) if m.user),
            "of missing pipeline": lambda: list(c.get_pipeline_logs("none")),
            "of missing job": lambda: list(c.get_job_logs("p", "0" * 32)),
        },
    )


def _newest_said(c: Any) -> str:
    return str(next(iter(c.list_job("p"))).job.id)


def _datum(c: Any, job: str, datum: str) -> Any:
    return c.inspect_datum("p", job, datum).datum


SCENARIOS = [specs, pipelines_more, updates, jobs_more, inputs_more, worker_more, skipping, diamond, crons, logs]
