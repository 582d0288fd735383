# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pachyderm_secret against a server."""

from __future__ import annotations

import fcntl
import json
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pachd import Pachd
from ansible_collections.pharmbio.cpsign.plugins.module_utils._secrets import _secrets_of
from conftest import TOKEN, Run, Server
from proxy import Proxy

CANARY = "canary-7f3a"


@pytest.fixture
def wanted(tmp_path: Path) -> dict[str, Any]:
    """The arguments of one secret."""
    return {
        "name": "reader",
        "data": {"user": "somebody", "password": CANARY},
        "digests_dir": str(tmp_path / "digests"),
    }


def created(pachd: Pachd) -> dict[str, str]:
    secrets = pachd.call("pps.ListSecret").get("secret_info", ())
    return {info["secret"]["name"]: info["creation_timestamp"] for info in secrets}


def test_create_again_change_absent(run: Run, pachd: Pachd, proxy: Proxy, wanted: dict[str, Any]) -> None:
    assert run("secret", **wanted)["changed"]
    proxy.calls.clear()
    assert not run("secret", **wanted)["changed"]
    assert (proxy.writes, set(created(pachd))) == ([], {"reader"})
    wanted["data"] = {"user": "u", "password": "another"}
    assert run("secret", **wanted)["changed"]
    assert (proxy.writes, set(created(pachd))) == (["DeleteSecret", "CreateSecret"], {"reader"})
    assert not run("secret", **wanted)["changed"]
    assert run("secret", **wanted, state="absent")["changed"]
    assert created(pachd) == {}
    assert not run("secret", **wanted, state="absent")["changed"]


def test_a_secret_that_somebody_replaced_is_written_again(run: Run, pachd: Pachd, wanted: dict[str, Any]) -> None:
    run("secret", **wanted)
    first = created(pachd)
    while created(pachd) == first:  # Kubernetes keeps whole seconds
        pachd.call("pps.DeleteSecret", {"secret": {"name": "reader"}})
        run("secret", **{**wanted, "digests_dir": wanted["digests_dir"] + "-of-somebody-else"})
    assert run("secret", **wanted)["changed"]
    assert not run("secret", **wanted)["changed"]


def test_a_lost_digest_is_no_proof(run: Run, wanted: dict[str, Any], tmp_path: Path) -> None:
    run("secret", **wanted)
    next((tmp_path / "digests").rglob("reader.json")).write_text("{")
    assert run("secret", **wanted)["changed"]
    assert not run("secret", **wanted)["changed"]


def test_a_digest_is_worth_nothing_without_its_key(run: Run, wanted: dict[str, Any], tmp_path: Path) -> None:
    run("secret", **wanted)
    next((tmp_path / "digests").rglob("key")).write_bytes(bytes(32))
    assert run("secret", check=True, **wanted)["changed"]


def test_check_mode_writes_nothing(
    run: Run, pachd: Pachd, proxy: Proxy, wanted: dict[str, Any], tmp_path: Path
) -> None:
    proxy.read_only = True
    answer = run("secret", check=True, **wanted)
    assert answer["changed"]
    assert answer["diff"][0]["after"] == {"name": "reader", "keys": ["password", "user"], "values": "new"}
    proxy.read_only = False
    assert not (tmp_path / "digests").exists()
    run("secret", **wanted)
    proxy.read_only = True
    assert not run("secret", check=True, **wanted)["changed"]
    assert run("secret", check=True, **wanted, state="absent")["changed"]
    assert set(created(pachd)) == {"reader"}


def test_no_value_in_answers_and_files(run: Run, wanted: dict[str, Any], tmp_path: Path) -> None:
    answers = [run("secret", **wanted), run("secret", **wanted), run("secret", check=True, **wanted)]
    assert CANARY not in json.dumps(answers)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"key", "reader.json"}
    for path in files:
        assert CANARY.encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files[0].parent.chmod(0o755)
    run("secret", **{**wanted, "data": {"password": "new"}})
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700, "also a folder that was open before"


def test_many_at_once(run: Run, pachd: Pachd, tmp_path: Path) -> None:
    many = [{"name": "a", "data": {"k": "1"}}, {"name": "b", "data": {"k": "2"}}]
    arguments = {"secrets": many, "digests_dir": str(tmp_path / "digests")}
    assert run("secret", **arguments)["secrets"] == ["a", "b"]
    assert set(created(pachd)) == {"a", "b"}
    many[1]["data"] = {"k": "3"}
    assert [change["after_header"] for change in run("secret", **arguments)["diff"]] == ["secret b"]


def test_a_digest_that_cannot_be_kept_is_told(run: Run, wanted: dict[str, Any], tmp_path: Path) -> None:
    run("secret", **wanted)
    record = next((tmp_path / "digests").rglob("reader.json"))
    record.unlink()
    (record / "in the way").mkdir(parents=True)
    answer = run("secret", **wanted)
    assert answer["msg"] == (
        f"digests_dir {record.parent}: Is a directory; "
        "the secrets were written, but not remembered: the next run writes them again"
    )
    assert answer["changed"]


def test_one_after_the_other_may_write(run: Run, proxy: Proxy, wanted: dict[str, Any], tmp_path: Path) -> None:
    run("secret", **wanted)
    folder = next((tmp_path / "digests").iterdir())
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        proxy.calls.clear()
        answer = run("secret", **wanted, timeout=0)
        assert "another task has been writing secrets for 0 s; nothing was changed" in answer["msg"]
        assert proxy.writes == []
        assert not run("secret", check=True, **wanted, timeout=0)["changed"], "looking needs no lock"
        threading.Timer(0.5, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
        assert not run("secret", **wanted, timeout=60)["changed"]


def test_hosts_that_write_at_once_leave_one_value_and_its_digest(
    server: Server, pachd: Pachd, wanted: dict[str, Any], tmp_path: Path
) -> None:
    script = (
        "import json, sys\n"
        "from ansible.module_utils.testing import patch_module_args\n"
        "from ansible_collections.pharmbio.cpsign.plugins.modules.pachyderm_secret import main\n"
        "with patch_module_args(json.loads(sys.argv[1])): main()\n"
    )
    values = ["one", "two", "three"]
    common = {**wanted, "address": server.address, "token": TOKEN, "_ansible_remote_tmp": str(tmp_path)}
    hosts = []
    for value in values:
        given = json.dumps({**common, "data": {"k": value}})
        command = [sys.executable, "-c", script, given]
        hosts.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    for host in hosts:
        output, _nothing = host.communicate()
        assert host.returncode == 0, output
    unchanged = []
    for value in values:
        given = json.dumps({**common, "data": {"k": value}, "_ansible_check_mode": True})
        done = subprocess.run([sys.executable, "-c", script, given], stdout=subprocess.PIPE, text=True, check=True)
        unchanged.append(json.loads(done.stdout)["changed"])
    assert sorted(unchanged) == [False, True, True], "the last one is remembered, and only that"


def test_bad_input(run: Run, proxy: Proxy, wanted: dict[str, Any], tmp_path: Path) -> None:
    answer = run("secret", secrets=[{"name": "Bad/Name", "data": {"k": "v"}}, {"name": "empty"}])
    assert answer["problems"] == [
        "secret 'Bad/Name': a name holds lower case letters, digits, - and . only",
        "secret 'empty': data is missing or empty; it needs at least one key",
    ]
    (tmp_path / "file").write_text("")
    answer = run("secret", **{**wanted, "digests_dir": str(tmp_path / "file")})
    assert "nothing was changed" in answer["msg"]
    assert proxy.writes == []


def test_a_server_that_dies_between_two_calls_is_said_plainly(run: Run, proxy: Proxy, wanted: dict[str, Any]) -> None:
    run("secret", **wanted)
    proxy.breaks("CreateSecret")
    answer = run("secret", **{**wanted, "data": {"password": "new"}})
    assert answer["failed"]
    assert "1 of 2 calls were done before it (pps.DeleteSecret)" in answer["msg"]
    assert answer["changed"]
    proxy.broken.clear()
    assert run("secret", **{**wanted, "data": {"password": "new"}})["changed"]


def test_pipelines_that_use_a_replaced_secret_get_the_new_value(
    run: Run, pachd: Pachd, proxy: Proxy, wanted: dict[str, Any], tmp_path: Path
) -> None:
    run("repo", name="r")
    run("file", repo="r", path="/f", content="x")
    run("secret", **wanted)
    uses = {"name": "reader", "key": "password", "mount_path": "/secret"}
    specs = [
        {
            "pipeline": {"name": name},
            "transform": {
                "image": "alpine",
                "cmd": ["sh"],
                "stdin": ["cat /secret/* > /pfs/out/s"],
                "secrets": secrets,
            },
            "input": {"pfs": {"repo": "r", "glob": "/"}},
        }
        for name, secrets in (("user", [uses]), ("stopped", [uses]), ("other", []))
    ]
    run("pipeline", specs=specs)
    run("pipeline", names=["stopped"], state="stopped", timeout=60)
    wanted["data"] = {"password": "fresh"}
    proxy.calls.clear()
    answer = run("secret", **wanted)
    assert answer["pipelines"] == ["user"]
    assert proxy.writes == ["DeleteSecret", "CreateSecret", "StopPipeline", "StartPipeline"]
    assert not run("secret", **wanted)["changed"]
    run("file", repo="r", path="/f", content="y")
    run("job", pipeline="user", timeout=60)
    run("file", repo="user", path="/s", dest=str(tmp_path / "got"), state="fetched")
    assert (tmp_path / "got" / "s").read_text() == "fresh"
    wanted["data"] = {"password": "fresher"}
    assert run("secret", **wanted, restart_pipelines=False)["pipelines"] == []
    assert run("secret", **wanted, state="absent")["pipelines"] == []
    assert run("secret", **wanted)["pipelines"] == ["user"], "it still runs with the value from before"


def test_a_job_that_uses_a_secret_is_waited_for(run: Run, proxy: Proxy, wanted: dict[str, Any]) -> None:
    run("repo", name="r")
    run("file", repo="r", path="/f", content="x")
    run("secret", **wanted)
    uses = {"name": "reader", "key": "password", "mount_path": "/secret"}
    transform = {"image": "alpine", "cmd": ["sleep", "60"], "secrets": [uses]}
    pipeline = {"pipeline": {"name": "p"}, "transform": transform, "input": {"pfs": {"repo": "r", "glob": "/"}}}
    run("pipeline", specs=[pipeline])
    proxy.calls.clear()
    answer = run("secret", **{**wanted, "data": {"password": "new"}}, timeout=1)
    assert "nothing was changed: still running after 1 s: p@" in answer["msg"]
    assert proxy.writes == []


def test_a_secret_that_kubernetes_refuses_costs_none_that_is_there(run: Run, wanted: dict[str, Any]) -> None:
    run("secret", **wanted)
    for data, problem in (
        ({"bad key!": "v"}, "data: the key 'bad key!' may hold letters, digits, -, _ and . only"),
        ({"password": None}, "data.password: expected text, found NoneType"),
        ({"password": {"a": 1}}, "data.password: expected text, found dict"),
    ):
        assert run("secret", **{**wanted, "data": data})["msg"].endswith(f": {problem}")
    assert not run("secret", **wanted)["changed"], "it is as it was"


def test_a_pipeline_whose_egress_uses_a_secret() -> None:
    details = {"transform": {"secrets": [{"name": "a"}]}, "egress": {"sql_database": {"secret": {"name": "b"}}}}
    assert _secrets_of(details) == ["a", "b"]
    assert _secrets_of({}) == []
