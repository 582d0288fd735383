# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa  (the player as the answers were recorded with it: changing it would make them another recording)
"""Play fixed scenarios against a pachd and write what it answered, as JSON, with ids and times made comparable.

    python record.py HOST:PORT [--token TOKEN] [--image IMAGE] [--only NAME ...] > answers.json
    python record.py --compare pachd-2.7.6.json answers.json

Needs python-pachyderm 7.6. It deletes all repos, pipelines and secrets of the server it is given: use a server made for it.
Each step is one call; its answer is the messages it returned, or the gRPC code and text of its error. Ids become <id1>, <id2>, …
in the order they appear within a scenario; times and durations become <time>; random salts become <salt>; hashes stay.
"""

import argparse
import json
import random
import re
import sys
import time

HEX32 = re.compile(r"\b[0-9a-f]{32}\b")
TIMES = {
    "created",
    "started",
    "finished",
    "finishing",
    "created_at",
    "committed",
    "ts",
    "creation_timestamp",
    "date_created",
    "process_time",
    "download_time",
    "upload_time",
    "approx_age",
    "stats",
    "compacting_time",
    "validating_time",
    "seconds",
    "nanos",
}
DROP = {
    "workers_requested",
    "workers_available",
    "worker_status",
    "restart",
    "recent_error",
    "size_bytes_upper_bound",
    "user_timestamp",
    "unclaimed_tasks",
    "worker_rc",
    "version_info",
    "message_id",
    "worker_id",
    "resource_version",
    "uid",
}


class Recorder:
    def __init__(self, client):
        self.client, self.steps, self.ids = client, [], {}

    def token(self, text):
        def name(match):
            return self.ids.setdefault(match.group(0), f"<id{len(self.ids) + 1}>")

        return HEX32.sub(name, text)

    def clean(self, value, key=""):
        if key in TIMES:
            return "<time>"
        if key == "salt":
            return "<salt>"
        if isinstance(value, dict):
            return {k: self.clean(v, k) for k, v in value.items() if k not in DROP}
        if isinstance(value, (list, tuple)):
            return [self.clean(v) for v in value]
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        return self.token(value) if isinstance(value, str) else value

    def plain(self, answer):
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import Message

        if isinstance(answer, Message):
            return MessageToDict(answer, preserving_proto_field_name=True)
        if isinstance(answer, (str, bytes, int, float, bool, dict, type(None))):
            return answer
        return [self.plain(a) for a in answer]

    def settle(self):
        """Wait until no commit that somebody made by hand is still finishing: the server does that part on its own time."""
        for repo in self.client.list_repo():
            for branch in self.client.list_branch(repo.repo.name):
                if branch.head.id and not branch.direct_provenance:
                    info = next(iter(self.client.inspect_commit(branch.head)))
                    while info.HasField("finishing") and not info.HasField("finished"):
                        time.sleep(0.05)
                        info = next(iter(self.client.inspect_commit(branch.head)))

    def step(self, what, call):
        """Record one call. The call may return a message, an iterator of them, or plain data."""
        import grpc

        self.settle()
        try:
            answer = self.plain(call())
        except grpc.RpcError as error:
            self.steps.append({"step": what, "error": error.code().name, "text": self.token(error.details())})
            return None
        except (ConnectionError, RuntimeError, ValueError, StopIteration) as error:
            cause = error.__cause__
            if isinstance(cause, grpc.RpcError):
                self.steps.append({"step": what, "error": cause.code().name, "text": self.token(cause.details())})
            else:
                self.steps.append({"step": what, "error": type(error).__name__, "text": self.token(str(error))})
            return None
        self.steps.append({"step": what, "answer": self.clean(answer)})
        return answer


def wait(client, repo, seconds=120):
    """Wait until the head of repo@master is finished, at most so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            info = next(iter(client.inspect_commit((repo, "master"))))
            if info.HasField("finished"):
                return info
        except Exception:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{repo}@master did not finish in {seconds} s")


def files(client, commit, path="/"):
    """path -> (size, hash) of everything below, as the server orders it."""
    return [
        {"path": f.file.path, "type": f.file_type, "size": f.size_bytes, "hash": f.hash.hex()}
        for f in client.walk_file(commit, path)
    ]


def repos(r, c, image):
    r.step("create", lambda: c.create_repo("a", description="one"))
    r.step("create again", lambda: c.create_repo("a"))
    r.step("update description", lambda: c.create_repo("a", description="two", update=True))
    r.step("inspect", lambda: c.inspect_repo("a"))
    r.step("inspect missing", lambda: c.inspect_repo("zz"))
    for name in ("", "has space", "sl/ash", "dot.ted", "ümlaut", "-dash", "_under", "UPPER", "x" * 200, "1"):
        r.step(f"create {name[:20]!r}", lambda name=name: c.create_repo(name))
    r.step("list names", lambda: sorted(x.repo.name for x in c.list_repo()))
    r.step("delete", lambda: c.delete_repo("1"))
    r.step("delete missing", lambda: c.delete_repo("nope"))
    r.step("list commits of missing repo", lambda: c.list_commit("nope"))
    r.step("put into missing repo", lambda: c.put_file_bytes(("nope", "master"), "/f", b"x"))
    r.step("list files of a repo without commits", lambda: c.list_file(("a", "master"), "/"))


def files_basic(r, c, image):
    c.create_repo("f")
    m = ("f", "master")
    r.step("put", lambda: c.put_file_bytes(m, "/a.txt", b"hello"))
    r.step("inspect", lambda: c.inspect_file(m, "/a.txt"))
    r.step("get", lambda: c.get_file(m, "/a.txt").read())
    r.step("append", lambda: c.put_file_bytes(m, "/a.txt", b" world", append=True))
    r.step("get after append", lambda: c.get_file(m, "/a.txt").read())
    r.step("overwrite", lambda: c.put_file_bytes(m, "/a.txt", b"new"))
    r.step("same bytes again", lambda: c.put_file_bytes(m, "/a.txt", b"new"))
    r.step("commits so far", lambda: len(list(c.list_commit("f"))))
    r.step("empty file", lambda: c.put_file_bytes(m, "/empty", b""))
    r.step("without slash", lambda: c.put_file_bytes(m, "d/e/f.txt", b"deep"))
    r.step("dots", lambda: c.put_file_bytes(m, "/d/../g.txt", b"dots"))
    r.step("double slash", lambda: c.put_file_bytes(m, "//d//h.txt", b"slashes"))
    r.step("walk", lambda: files(c, m))
    r.step("list /", lambda: c.list_file(m, "/"))
    r.step("list /d", lambda: c.list_file(m, "/d"))
    r.step("list /d/", lambda: c.list_file(m, "/d/"))
    r.step("list missing", lambda: c.list_file(m, "/zz"))
    r.step("inspect missing", lambda: c.inspect_file(m, "/zz"))
    r.step("inspect dir", lambda: c.inspect_file(m, "/d"))
    r.step("walk missing", lambda: files(c, m, "/zz"))
    r.step("get dir", lambda: c.get_file(m, "/d").read())
    r.step("get missing", lambda: c.get_file(m, "/zz").read())
    for path in (
        "/st*r",
        "/q?",
        "/br[a]",
        "/cu{r}l",
        "/p(a)r",
        "/a!b",
        "/a@b",
        "/a+b",
        "/a^b",
        "/tab\tx",
        "/ünï",
        "/sp ace",
        "/a#b",
        "/a:b",
        "/a\\b",
        "/",
        "",
        ".",
    ):
        r.step(f"put {path!r}", lambda path=path: c.put_file_bytes(m, path, b"x"))
    r.step("file over dir", lambda: c.put_file_bytes(m, "/d", b"file"))
    r.step("walk after file over dir", lambda: files(c, m))
    r.step("delete file", lambda: c.delete_file(m, "/a.txt"))
    r.step("delete missing file", lambda: c.delete_file(m, "/not-there"))
    r.step("delete dir without slash", lambda: c.delete_file(m, "/d"))
    r.step("walk after dir delete", lambda: files(c, m))
    r.step("delete dir with slash", lambda: c.delete_file(m, "/d/"))
    r.step("walk at end", lambda: files(c, m))


def files_more(r, c, image):
    c.create_repo("g")
    c.create_repo("h")
    m = ("g", "master")
    big = bytes(range(256)) * 4096 * 6
    with c.modify_file_client(m) as w:
        for i in range(5):
            w.put_file_from_bytes(f"/dir/f{i}", b"%d" % i)
        w.put_file_from_bytes("/big", big)
        w.put_file_from_bytes("/dir/sub/x.csv", b"a,b\n1,2\n")
    r.step("walk", lambda: files(c, m))
    c.create_repo("big")
    dice = random.Random(7)
    for name, size in (("one", 999_999), ("two", 1_000_001), ("nine", 9_000_000), ("many", 45_000_000)):
        r.step(
            f"put {size} random bytes",
            lambda name=name, size=size: c.put_file_bytes(("big", "master"), f"/{name}", dice.randbytes(size)),
        )
    r.step(
        "append 3,000,000 random bytes",
        lambda: c.put_file_bytes(("big", "master"), "/nine", dice.randbytes(3_000_000), append=True),
    )
    r.step("hashes of big files", lambda: files(c, ("big", "master")))
    head = next(iter(c.list_commit("g"))).commit  # a source given as a tuple makes a real pachd 2.7.6 crash
    r.step("copy file", lambda: c.copy_file(head, "/dir/f1", ("h", "master"), "/copied"))
    r.step("copy dir", lambda: c.copy_file(head, "/dir", ("h", "master"), "/tree"))
    r.step("walk copy", lambda: files(c, ("h", "master")))
    with c.modify_file_client(m) as w:
        w.delete_file("/dir/f0")
        w.put_file_from_bytes("/dir/f1", b"changed")
        w.put_file_from_bytes("/dir/new", b"new")
    r.step("diff head to parent", lambda: [[d.new_file.file.path, d.old_file.file.path] for d in c.diff_file(m, "/")])
    r.step("put then delete in one commit", lambda: modify(c, m, [("put", "/t", b"1"), ("del", "/t")]))
    r.step("delete then put in one commit", lambda: modify(c, m, [("del", "/dir/new"), ("put", "/dir/new", b"2")]))
    r.step("put twice in one commit", lambda: modify(c, m, [("put", "/u", b"1"), ("put", "/u", b"2")]))
    r.step("append twice in one commit", lambda: modify(c, m, [("app", "/v", b"1"), ("app", "/v", b"2")]))
    r.step("walk at end", lambda: files(c, m))
    for pattern in GLOBS:
        r.step(f"glob {pattern}", lambda p=pattern: [f.file.path for f in c.glob_file(m, p)])


GLOBS = [
    "/",
    "",
    "*",
    "/*",
    "/**",
    "**",
    "/dir/*",
    "/dir/**",
    "/dir",
    "/dir/",
    "dir/*",
    "/dir/f?",
    "/dir/f[0-2]",
    "/dir/f[!0-2]",
    "/dir/f[^0-2]",
    "/dir/{f1,new}",
    "/*/*",
    "/**/*.csv",
    "/**/x.csv",
    "/dir/f@(1|2)",
    "/dir/+(f|n)*",
    "/dir/(f1)",
    "/dir/!(f1)",
    "/nothing",
    "/b*",
    "/[",
    "/{",
    "/*.csv",
    "/dir/*/*",
]


def modify(c, commit, actions):
    with c.modify_file_client(commit) as w:
        for kind, path, *data in actions:
            if kind == "del":
                w.delete_file(path)
            else:
                w.put_file_from_bytes(path, data[0], append=kind == "app")
    return files(c, commit)


def commits(r, c, image):
    c.create_repo("k")
    one = c.start_commit("k", "master", description="first")
    r.step("second start while open", lambda: c.start_commit("k", "master"))
    r.step("put into open", lambda: c.put_file_bytes(one, "/a", b"1"))
    r.step("read open", lambda: c.get_file(one, "/a").read())
    r.step("finish", lambda: c.finish_commit(one))
    r.step("finish again", lambda: c.finish_commit(one))
    r.step("put into finished id", lambda: c.put_file_bytes(one, "/b", b"2"))
    two = c.start_commit("k", "master")
    c.finish_commit(two)
    r.step("empty commit", lambda: c.inspect_commit(two))
    c.put_file_bytes(("k", "master"), "/c", b"3")
    r.step("list", lambda: c.list_commit("k"))
    r.step("list number 1", lambda: c.list_commit("k", number=1))
    r.step("inspect set", lambda: c.inspect_commit(two.id))
    r.step("inspect missing", lambda: c.inspect_commit(("k", "0" * 32)))
    r.step("inspect missing branch", lambda: c.inspect_commit(("k", "nobranch")))
    r.step("ancestor", lambda: c.list_file(("k", "master^"), "/"))
    r.step("ancestor 2", lambda: c.list_file(("k", "master~2"), "/"))
    r.step("ancestor too far", lambda: c.list_file(("k", "master^^^^^^"), "/"))
    wait(c, "k")
    r.step("squash middle", lambda: c.squash_commit(two.id))
    r.step("list after squash", lambda: c.list_commit("k"))
    last = next(iter(c.list_commit("k"))).commit
    r.step("drop head", lambda: c.drop_commit(last.id))
    r.step("list after drop", lambda: c.list_commit("k"))
    r.step("files after drop", lambda: files(c, ("k", "master")))
    r.step("squash only commit", lambda: c.squash_commit(one.id))
    r.step("list after squash of the only one", lambda: c.list_commit("k"))


def branches(r, c, image):
    c.create_repo("b")
    for i in range(3):
        c.put_file_bytes(("b", "master"), "/f", b"%d" % i)
    heads = [x.commit.id for x in c.list_commit("b")]
    r.step("create at commit", lambda: c.create_branch("b", "old", head_commit=("b", heads[-1])))
    r.step("read old", lambda: c.get_file(("b", "old"), "/f").read())
    r.step("create at branch", lambda: c.create_branch("b", "copy", head_commit=("b", "master")))
    r.step("create empty", lambda: c.create_branch("b", "empty"))
    r.step("move head back", lambda: c.create_branch("b", "master", head_commit=("b", heads[1])))
    r.step("read master", lambda: c.get_file(("b", "master"), "/f").read())
    r.step("list", lambda: c.list_branch("b"))
    r.step("inspect", lambda: c.inspect_branch("b", "old"))
    r.step("inspect missing", lambda: c.inspect_branch("b", "none"))
    for name in ("with space", "sl/ash", "0" * 32, ""):
        r.step(f"create {name!r}", lambda name=name: c.create_branch("b", name))
    r.step("delete", lambda: c.delete_branch("b", "old"))
    r.step("delete missing", lambda: c.delete_branch("b", "none"))
    r.step("list at end", lambda: [x.branch.name for x in c.list_branch("b")])


def secrets(r, c, image):
    r.step("create", lambda: c.create_secret("s-one", {"k": "v1", "other": "v2"}))
    r.step("create again", lambda: c.create_secret("s-one", {"k": "v1"}))
    r.step("list", lambda: [s.secret.name for s in c.list_secret()])
    r.step("inspect", lambda: c.inspect_secret("s-one"))
    r.step("inspect missing", lambda: c.inspect_secret("s-none"))
    r.step("bad name", lambda: c.create_secret("Bad_Name", {"k": "v"}))
    r.step("delete", lambda: c.delete_secret("s-one"))
    r.step("delete missing", lambda: c.delete_secret("s-none"))


def spec(name, source, image, script, **more):
    """A pipeline request as pachctl would read it: one pfs input, one shell line."""
    body = {
        "pipeline": {"name": name},
        "input": {"pfs": {"repo": source, "glob": "/*"}},
        "transform": {"image": image, "cmd": ["sh"], "stdin": script.split("\n")},
    }
    for key, value in more.items():
        body[key] = {**body.get(key, {}), **value} if isinstance(value, dict) and key == "transform" else value
    return body


def create(c, body, **more):
    from google.protobuf.json_format import ParseDict
    from python_pachyderm.service import pps_proto

    return c.create_pipeline_from_request(ParseDict({**body, **more}, pps_proto.CreatePipelineRequest()))


def pipeline_states(c, name):
    return {
        "jobs": [
            [j.state, j.reason, j.data_processed, j.data_skipped, j.data_failed, j.data_recovered, j.data_total]
            for j in c.list_job(name)
        ]
    }


def pipelines(r, c, image):
    c.create_repo("in")
    for i in range(3):
        c.put_file_bytes(("in", "master"), f"/f{i}", b"%d\n" % i)
    body = spec("copy", "in", image, "cp /pfs/in/* /pfs/out/")
    r.step("create", lambda: create(c, body))
    wait(c, "copy")
    r.step("output", lambda: files(c, ("copy", "master")))
    r.step("inspect", lambda: c.inspect_pipeline("copy", details=True))
    r.step("jobs", lambda: pipeline_states(c, "copy"))
    job = next(iter(c.list_job("copy")))
    r.step("inspect job", lambda: c.inspect_job(job.job.id, "copy", details=True))
    r.step(
        "datums",
        lambda: [[d.datum.id, d.state, [f.file.path for f in d.data]] for d in c.list_datum("copy", job.job.id)],
    )
    r.step("create again", lambda: create(c, body))
    r.step("update, nothing changed", lambda: create(c, body, update=True))
    wait(c, "copy")
    r.step("jobs after update", lambda: pipeline_states(c, "copy"))
    r.step("version", lambda: next(iter(c.inspect_pipeline("copy"))).version)
    c.put_file_bytes(("in", "master"), "/f1", b"1\n")
    wait(c, "copy")
    r.step("jobs after same bytes", lambda: pipeline_states(c, "copy"))
    c.put_file_bytes(("in", "master"), "/f1", b"one\n")
    wait(c, "copy")
    r.step("jobs after one change", lambda: pipeline_states(c, "copy"))
    c.delete_file(("in", "master"), "/f0")
    wait(c, "copy")
    r.step("output after delete", lambda: files(c, ("copy", "master")))
    r.step("write to output", lambda: c.put_file_bytes(("copy", "master"), "/x", b"x"))
    r.step("start commit on output", lambda: c.start_commit("copy", "master"))
    r.step("delete input repo", lambda: c.delete_repo("in"))
    r.step("delete output repo", lambda: c.delete_repo("copy"))
    r.step("create repo of that name", lambda: c.create_repo("copy"))
    r.step("all repos by type", lambda: sorted([x.repo.name, x.repo.type] for x in c.list_repo(type="")))
    create(
        c, spec("next", "copy", image, "cat /pfs/copy/* > /pfs/out/all", input={"pfs": {"repo": "copy", "glob": "/"}})
    )
    wait(c, "next")
    r.step("downstream output", lambda: files(c, ("next", "master")))
    r.step("delete upstream first", lambda: c.delete_pipeline("copy"))
    r.step("stop", lambda: c.stop_pipeline("copy"))
    c.put_file_bytes(("in", "master"), "/f3", b"3\n")
    time.sleep(3)
    r.step("jobs while stopped", lambda: pipeline_states(c, "copy"))
    r.step("state while stopped", lambda: [x.state for x in c.inspect_pipeline("copy")])
    r.step("start", lambda: c.start_pipeline("copy"))
    wait(c, "next")
    time.sleep(3)
    wait(c, "next")
    r.step("output after start", lambda: files(c, ("next", "master")))
    r.step(
        "commit set",
        lambda: sorted(
            [x.commit.branch.repo.name, x.commit.branch.repo.type, x.origin.kind]
            for x in c.inspect_commit(next(iter(c.inspect_commit(("next", "master")))).commit.id)
        ),
    )
    r.step("delete", lambda: c.delete_pipeline("next"))
    r.step("delete missing", lambda: c.delete_pipeline("nope"))
    r.step("inspect missing", lambda: list(c.inspect_pipeline("nope")))


def pipeline_faults(r, c, image):
    c.create_repo("in")
    with c.modify_file_client(("in", "master")) as w:
        for i in range(3):
            w.put_file_from_bytes(f"/f{i}", b"%d\n" % i)
    faults = {
        "fails-one": spec(
            "fails-one", "in", image, "test -e /pfs/in/f1 && exit 3\ncp /pfs/in/* /pfs/out/", datum_tries=2
        ),
        "accepts": spec(
            "accepts",
            "in",
            image,
            "test -e /pfs/in/f1 && exit 3\ncp /pfs/in/* /pfs/out/",
            transform={"accept_return_code": [3]},
        ),
        "recovers": spec(
            "recovers",
            "in",
            image,
            "test -e /pfs/in/f1 && exit 3\ncp /pfs/in/* /pfs/out/",
            datum_tries=1,
            transform={"err_cmd": ["true"]},
        ),
        "collides": spec("collides", "in", image, "cat /pfs/in/* > /pfs/out/same"),
        "slow": spec("slow", "in", image, "test -e /pfs/in/f1 && sleep 30\ntrue", datum_timeout="2s", datum_tries=1),
        "empty": spec("empty", "in", image, "true", input={"pfs": {"repo": "in", "glob": "/none*"}}),
        "links": spec("links", "in", image, "mkdir -p /pfs/out/d\nln -s /pfs/in /pfs/out/d/l\necho x > /pfs/out/d/y"),
    }
    for name, body in faults.items():
        r.step(f"create {name}", lambda body=body: create(c, body))
        wait(c, name)
        r.step(f"jobs {name}", lambda name=name: pipeline_states(c, name))
        r.step(f"head error {name}", lambda name=name: next(iter(c.inspect_commit((name, "master")))).error)
        r.step(f"output {name}", lambda name=name: files(c, (name, "master")))
    create(c, spec("after", "fails-one", image, "true"))
    wait(c, "after")
    r.step("downstream of a failed one", lambda: pipeline_states(c, "after"))
    bad = {
        "no transform": {"pipeline": {"name": "x1"}, "input": {"pfs": {"repo": "in", "glob": "/"}}},
        "no input": {"pipeline": {"name": "x2"}, "transform": {"image": image, "cmd": ["true"]}},
        "no glob": {
            "pipeline": {"name": "x3"},
            "input": {"pfs": {"repo": "in"}},
            "transform": {"image": image, "cmd": ["true"]},
        },
        "no repo": {
            "pipeline": {"name": "x4"},
            "input": {"pfs": {"glob": "/"}},
            "transform": {"image": image, "cmd": ["true"]},
        },
        "name out": spec("x5", "in", image, "true", input={"pfs": {"repo": "in", "name": "out", "glob": "/"}}),
        "same name twice": spec(
            "x6",
            "in",
            image,
            "true",
            input={"cross": [{"pfs": {"repo": "in", "glob": "/"}}, {"pfs": {"repo": "in", "glob": "/"}}]},
        ),
        "long name": spec("x" * 60, "in", image, "true"),
        "bad name": spec("x y", "in", image, "true"),
        "missing secret": spec(
            "x7", "in", image, "true", transform={"secrets": [{"name": "none", "mount_path": "/s"}]}
        ),
        "own output as input": spec("x8", "x8", image, "true"),
        "repo exists": spec("in", "in", image, "true"),
        "two inputs in one": spec(
            "x9",
            "in",
            image,
            "true",
            input={"pfs": {"repo": "in", "glob": "/"}, "cross": [{"pfs": {"repo": "in", "glob": "/"}}]},
        ),
        "negative tries": spec("x10", "in", image, "true", datum_tries=-1),
        "bad cpu": spec("x11", "in", image, "true", resource_requests={"memory": "lots"}),
    }
    for name, body in bad.items():
        r.step(f"create with {name}", lambda body=body: create(c, body))
    r.step("missing input repo", lambda: create(c, spec("x12", "later", image, "true")))
    r.step("repos made by that", lambda: sorted(x.repo.name for x in c.list_repo()))


def inputs(r, c, image):
    for repo in ("p", "q"):
        c.create_repo(repo)
        with c.modify_file_client((repo, "master")) as w:
            for i in range(2):
                w.put_file_from_bytes(f"/k{i}-{repo}", b"%d" % i)
            w.put_file_from_bytes(f"/z-{repo}", b"z")
    say = "echo p=$(ls /pfs/p 2>/dev/null) q=$(ls /pfs/q 2>/dev/null) > /pfs/out/$PACH_DATUM_ID"
    pfs = {n: {"pfs": {"repo": n, "glob": "/*"}} for n in "pq"}
    keyed = {n: {"pfs": {"repo": n, "glob": "/(k*)-*", "join_on": "$1", "group_by": "$1"}} for n in "pq"}
    kinds = {
        "cross": {"cross": [pfs["q"], pfs["p"]]},
        "union": {"union": [pfs["q"], pfs["p"]]},
        "join": {"join": [keyed["p"], keyed["q"]]},
        "group": {"group": [keyed["p"], keyed["q"]]},
        "nested": {"cross": [{"union": [pfs["q"], pfs["p"]]}, {"pfs": {"repo": "p", "name": "whole", "glob": "/"}}]},
        "root": {"pfs": {"repo": "p", "glob": "/"}},
        "empty-files": {"pfs": {"repo": "p", "glob": "/*", "empty_files": True}},
    }
    for name, tree in kinds.items():
        r.step(
            f"create {name}",
            lambda name=name, tree=tree: create(
                c,
                {
                    "pipeline": {"name": name},
                    "input": tree,
                    "transform": {"image": image, "cmd": ["sh"], "stdin": [say]},
                },
            ),
        )
        wait(c, name)
        r.step(
            f"input as stored {name}",
            lambda name=name: next(iter(c.inspect_pipeline(name, details=True))).details.input,
        )
        job = next(iter(c.list_job(name))).job.id
        r.step(
            f"datums {name}",
            lambda name=name, job=job: sorted(
                [d.datum.id, [f.file.path for f in d.data]] for d in c.list_datum(name, job)
            ),
        )
        r.step(
            f"contents {name}",
            lambda name=name: sorted(
                c.get_file((name, "master"), f.file.path).read().decode() for f in c.list_file((name, "master"), "/")
            ),
        )
        c.delete_pipeline(name)


def worker(r, c, image):
    c.create_repo("in")
    c.put_file_bytes(("in", "master"), "/dir/f", b"1\n")
    c.create_secret("w-secret", {"user": "me", "pass": "word"})
    body = spec(
        "env",
        "in",
        image,
        "\n".join(
            [
                "env | cut -d= -f1 | grep -E '^(PACH_|PPS_|in|MINE|SECRET)' | sort > /pfs/out/names",
                "echo $in > /pfs/out/in",
                "echo $MINE > /pfs/out/mine",
                "echo $SECRET_USER > /pfs/out/secret_env",
                "cat /mnt/s/pass > /pfs/out/secret_file",
                "ls /mnt/s | sort > /pfs/out/secret_names",
                "echo $PPS_PIPELINE_NAME $PPS_PROJECT_NAME > /pfs/out/pipeline",
                "pwd > /pfs/out/pwd",
                "test -w /pfs/in/dir/f && echo writable > /pfs/out/input_mode || echo read-only > /pfs/out/input_mode",
                "echo to-stdout",
                "echo to-stderr >&2",
            ]
        ),
        transform={
            "env": {"MINE": "1"},
            "working_dir": "/tmp",
            "secrets": [
                {"name": "w-secret", "mount_path": "/mnt/s"},
                {"name": "w-secret", "key": "user", "env_var": "SECRET_USER"},
            ],
        },
    )
    r.step("create", lambda: create(c, body))
    wait(c, "env")
    r.step(
        "said",
        lambda: [
            [f.file.path, c.get_file(("env", "master"), f.file.path).read().decode()]
            for f in c.list_file(("env", "master"), "/")
        ],
    )
    r.step("logs", lambda: sorted({m.message.strip() for m in c.get_pipeline_logs("env") if "to-std" in m.message}))


def transactions(r, c, image):
    with c.transaction() as t:
        c.create_repo("t1")
        c.create_repo("t2")
    r.step("repos", lambda: sorted(x.repo.name for x in c.list_repo()))

    def broken():
        with c.transaction():
            c.create_repo("t3")
            c.create_repo("t1")

    r.step("one step fails", broken)
    r.step("repos after", lambda: sorted(x.repo.name for x in c.list_repo()))
    c.put_file_bytes(("t1", "master"), "/a", b"1")
    create(c, spec("tp", "t1", image, "cp /pfs/t1/* /pfs/out/"))
    wait(c, "tp")
    with c.transaction():
        one = c.start_commit("t1", "master")
        two = c.start_commit("t2", "master")
        c.finish_commit(one)
        c.finish_commit(two)
    r.step("same id", lambda: one.id == two.id)
    wait(c, "tp")
    r.step(
        "set",
        lambda: sorted(
            [x.commit.branch.repo.name, x.commit.branch.repo.type, x.origin.kind] for x in c.inspect_commit(one.id)
        ),
    )


SCENARIOS = [
    repos,
    files_basic,
    files_more,
    commits,
    branches,
    secrets,
    pipelines,
    pipeline_faults,
    inputs,
    worker,
    transactions,
]


def record(address, token, image, only):
    import python_pachyderm

    host, port = address.rsplit(":", 1)
    client = python_pachyderm.Client(host=host, port=int(port), auth_token=token)
    out = {}
    for scenario in SCENARIOS:
        if only and scenario.__name__ not in only:
            continue
        client.delete_all_pipelines()
        client.delete_all_repos()
        for secret in list(client.list_secret()):
            client.delete_secret(secret.secret.name)
        r = Recorder(client)
        start = time.monotonic()
        try:
            scenario(r, client, image)
        except Exception as error:  # a scenario that cannot go on is a result too
            r.steps.append({"step": "STOPPED", "error": type(error).__name__, "text": r.token(str(error))[:300]})
        out[scenario.__name__] = r.steps
        print(f"{scenario.__name__}: {len(r.steps)} steps, {time.monotonic() - start:.1f} s", file=sys.stderr)
    return out


def compare(expected, found):
    same = differ = 0
    for scenario, steps in expected.items():
        others = {s["step"]: s for s in found.get(scenario, [])}
        for step in steps:
            other = others.get(step["step"], {"missing": True})
            if other == step:
                same += 1
            else:
                differ += 1
                print(f"{scenario} / {step['step']}")
                print(f"  expected {json.dumps(step, ensure_ascii=False)[:600]}")
                print(f"  found    {json.dumps(other, ensure_ascii=False)[:600]}")
    print(f"{same} same, {differ} differ")
    return differ


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?")
    parser.add_argument("--token")
    parser.add_argument("--image", default="alpine")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--compare", nargs=2, metavar=("EXPECTED", "FOUND"))
    args = parser.parse_args()
    if args.compare:
        sys.exit(bool(compare(*(json.load(open(f)) for f in args.compare))))
    json.dump(record(args.address, args.token, args.image, args.only), sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
