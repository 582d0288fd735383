# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipeline specs: read, translated from 1.7, checked, put in order, compared."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._errors import UserError
from ansible_collections.pharmbio.cpsign.plugins.module_utils._library import Library
from ansible_collections.pharmbio.cpsign.plugins.module_utils._pipeline_inputs import in_dag_order, pipeline_name
from ansible_collections.pharmbio.cpsign.plugins.module_utils._spec_check import spec_problems
from ansible_collections.pharmbio.cpsign.plugins.module_utils._spec_files import read_specs
from ansible_collections.pharmbio.cpsign.plugins.module_utils._spec_migration import migrate
from ansible_collections.pharmbio.cpsign.plugins.module_utils._spec_normal import comparable, normal_form, shown

REQUEST = "pps_v2.CreatePipelineRequest"
LIBRARY = Library()


def pfs(repo: str, glob: str = "/", **more: Any) -> dict[str, Any]:
    return {"pfs": {"repo": repo, "glob": glob, **more}}


def spec(name: str = "p", source: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "pipeline": {"name": name},
        "transform": {"cmd": ["sh"]},
        "input": pfs("r") if source is None else source,
        **more,
    }


def problems(written: dict[str, Any]) -> list[str]:
    return spec_problems(written, LIBRARY.message(REQUEST).DESCRIPTOR)


# --- reading -------------------------------------------------------------------------------------------------------


def test_specs_come_from_the_task_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "two.json").write_text('{"a": 1}\n\n{"a": 2}\n')
    (tmp_path / "list.yaml").write_text("- a: 3\n- a: 4\n---\na: 5\n---\n")
    found = read_specs([{"a": 0}], [tmp_path / "two.json", tmp_path / "list.yaml"])
    assert [source.spec["a"] for source in found] == [0, 1, 2, 3, 4, 5]
    assert [source.origin.rpartition("/")[2] for source in found] == [
        "specs[0]",
        "two.json (spec 1)",
        "two.json (spec 2)",
        "list.yaml (spec 1)",
        "list.yaml (spec 2)",
        "list.yaml (spec 3)",
    ]


def test_every_unreadable_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1,\n "b" 2}')
    (tmp_path / "b.yml").write_text("a: [1\nb: 2\n")
    (tmp_path / "c.json").write_text(" ")
    (tmp_path / "d.json").write_text("[1]")
    files = [tmp_path / name for name in ("a.json", "b.yml", "c.json", "d.json", "e.json")]
    with pytest.raises(UserError) as caught:
        read_specs([], files)
    listed = caught.value.result["problems"]
    assert [line.removeprefix(f"{tmp_path}/") for line in listed[:4]] == [
        "a.json: line 2, column 6: Expecting ':' delimiter",
        "b.yml: line 2, column 2: expected ',' or ']', but got ':'",
        "c.json: holds no pipeline spec",
        "d.json: expected a pipeline spec, found int",
    ]
    assert "e.json: cannot be read" in listed[4]
    assert str(caught.value).startswith("5 problems:\n- ")


# --- 1.7 -----------------------------------------------------------------------------------------------------------


def test_without_pyyaml_a_yaml_file_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "a.yaml").write_text("{}")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert read_specs([], [tmp_path / "a.json"])
    with pytest.raises(UserError, match=f"a.yaml.*{re.escape(sys.executable)} -m pip install PyYAML"):
        read_specs([], [tmp_path / "a.yaml"])


def test_a_spec_of_1_7_is_translated_with_a_line_for_each_key() -> None:
    old = spec(
        source={"cross": [{"atom": {"repo": "a", "glob": "/"}}, pfs("b")]},
        standby=True,
        chunk_spec={"number": 1},
        parallelism_spec={"coefficient": 2.0},
        resource_limits={"gpu": 1},
        cache_size="1G",
        enable_stats=True,
    )
    before = copy.deepcopy(old)
    new, lines = migrate(old)
    assert old == before
    assert problems(new) == []
    assert new["input"]["cross"][0] == pfs("a")
    assert (new["autoscaling"], new["datum_set_spec"], new["parallelism_spec"]) == (
        True,
        {"number": 1},
        {"constant": 1},
    )
    assert new["resource_limits"]["gpu"] == {"type": "nvidia.com/gpu", "number": 1}
    assert [line.split(":")[0] for line in lines] == [
        "cache_size",
        "enable_stats",
        "standby",
        "chunk_spec",
        "parallelism_spec.coefficient",
        "resource_limits.gpu",
        "input.cross[0].atom",
    ]


def test_what_is_no_spec_is_left_to_the_check() -> None:
    assert migrate({"input": {"cross": ["a", 1]}}) == ({"input": {"cross": ["a", 1]}}, [])


def test_a_spec_of_today_is_left_alone() -> None:
    assert migrate(spec(parallelism_spec={"constant": 2})) == (spec(parallelism_spec={"constant": 2}), [])


# --- checking ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec(datumTries=2, datum_timeout="60s", parallelism_spec={"constant": "2"}),
        spec(source={"cron": {"name": "tick", "spec": "@every 1h", "start": "2026-01-01T00:00:00Z"}}),
        spec(source={"cron": {"name": "tick", "spec": "0 * * * *"}}),
        spec(source={"cross": [pfs("a"), {"union": [pfs("b", name="x"), pfs("c", name="x")]}]}),
        spec(resource_requests={"cpu": 0.5, "memory": "1G"}, metadata={"annotations": {"a": "b"}}),
        {"pipeline": {"name": "s"}, "spout": {}, "transform": {"cmd": ["sh"]}},
        spec(egress={"sql_database": {"url": "u", "file_format": {"type": "CSV"}}}),
        spec(description=None),
        spec("p" * 51),
    ],
)
def test_good_specs(good: dict[str, Any]) -> None:
    assert problems(good) == []


@pytest.mark.parametrize(
    ("bad", "lines"),
    [
        (spec(transfrom={}), ["transfrom: unknown key; did you mean transform?"]),
        (spec(zzz=1), ["zzz: unknown key"]),
        (spec(description=3), ["description: expected text (quote it), found a number 3"]),
        (spec(datum_tries=True), ["datum_tries: expected a number, found a truth value True"]),
        (spec(datum_tries="x"), ["datum_tries: expected a number, found text 'x'"]),
        (spec(s3_out="yes"), ["s3_out: expected true or false, found text 'yes'"]),
        (spec(datum_timeout=60), ['datum_timeout: expected a duration in seconds such as "60s", found 60']),
        (spec(transform=[]), ["transform: expected keys and values, found a list"]),
        (
            spec(transform={"cmd": "sh", "env": {"A": 1}}),
            [
                "transform.cmd: expected a list, found text",
                "transform.env.A: expected text (quote it), found a number 1",
            ],
        ),
        (spec(metadata={"labels": []}), ["metadata.labels: expected keys and values, found a list"]),
        (spec(resource_requests={"cpu": "1"}), ["resource_requests.cpu: expected a number, found text '1'"]),
        (
            spec(egress={"sql_database": {"file_format": {"type": "TSV"}}}),
            ["egress.sql_database.file_format.type: expected one of UNKNOWN, CSV, JSON, PARQUET, found 'TSV'"],
        ),
        (spec(update=True), ["update: not part of a spec here: the module sets it"]),
        ({}, ["pipeline.name: missing", "transform.cmd: missing"]),
        (spec("-p"), ["pipeline.name: '-p' may hold letters, digits, - and _ only, and begins with a letter or digit"]),
        (spec("p" * 52), ["pipeline.name: 52 characters; pachd allows 51"]),
        (spec(source={}), ["input: needs exactly one of pfs, cron, cross, union, join, group; has none"]),
        (
            spec(source={**pfs("a"), "cross": [pfs("b")]}),
            ["input: needs exactly one of pfs, cron, cross, union, join, group; has cross and pfs"],
        ),
        (
            spec(source={"cross": [{"pfs": {}}, pfs("out"), {"cron": {"spec": "1 2"}}]}),
            [
                "input: needs exactly one of pfs, cron, cross, union, join, group; has none",
                "input.cross[1].pfs.name: 'out' is reserved by pachd",
                "input.cross[2].cron.name: missing",
                "input.cross[2].cron.spec: '1 2' is neither five fields nor @every, @daily and the like",
            ],
        ),
        (
            spec(source={"pfs": {"name": "a"}}),
            ["input.pfs.repo: missing", "input.pfs.glob: missing"],
        ),
        (spec(source={"cross": [pfs("a"), pfs("a")]}), ["input.cross: 2 inputs are named 'a'"]),
    ],
)
def test_bad_specs(bad: dict[str, Any], lines: list[str]) -> None:
    found = problems(bad)
    assert [line.replace("input.cross[0]: needs", "input: needs") for line in found][: len(lines)] == lines
    assert len(found) == len(lines) + (bad == {})


# --- order ---------------------------------------------------------------------------------------------------------


def test_pipelines_follow_those_they_read() -> None:
    specs = [spec("c", pfs("b")), spec("b", {"cross": [pfs("a"), pfs("config")]}), spec("a", pfs("config"))]
    assert [pipeline_name(one) for one in in_dag_order(specs)] == ["a", "b", "c"]


def test_a_circle_is_refused() -> None:
    with pytest.raises(UserError, match=r"circle: .* -> "):
        in_dag_order([spec("a", pfs("b")), spec("b", pfs("a"))])


# --- comparison ----------------------------------------------------------------------------------------------------


def info(written: dict[str, Any], **details: Any) -> dict[str, Any]:
    """What the server would make of a spec: its defaults filled in."""
    kept = {key: value for key, value in written.items() if key != "pipeline"}
    filled = {"output_branch": "master", "datum_tries": "3", "reprocess_spec": "until_success", "salt": "abc", **kept}
    filled["created_at"] = "2026-01-01T00:00:00Z"
    filled.update(details)
    return {"pipeline": {"name": written["pipeline"]["name"], "project": {"name": "default"}}, "details": filled}


def tidy(written: dict[str, Any]) -> dict[str, Any]:
    return LIBRARY.tidy(REQUEST, written)


SERVED_PFS = {"project": "default", "name": "r", "repo": "r", "repo_type": "user", "branch": "master", "glob": "/"}


@pytest.mark.parametrize(
    ("written", "served"),
    [
        (spec(), {"input": {"pfs": SERVED_PFS}, "transform": {"cmd": ["sh"], "image": "ubuntu:20.04"}}),
        (spec(source=pfs("r", "//a/../*/")), {"input": {"pfs": {**SERVED_PFS, "glob": "/*"}}}),
        (
            spec(source={"cron": {"name": "tick", "spec": "@daily"}}),
            {
                "input": {
                    "cron": {"name": "tick", "repo": "p_tick", "project": "default", "spec": "@daily", "start": "now"}
                }
            },
        ),
        (
            spec(source={"cross": [pfs("r", name="z"), pfs("r", name="a"), {"union": [pfs("r")]}]}),
            {
                "input": {
                    "cross": [
                        {"pfs": {**SERVED_PFS, "name": "a"}},
                        {"union": [{"pfs": SERVED_PFS}]},
                        {"pfs": {**SERVED_PFS, "name": "z"}},
                    ]
                }
            },
        ),
        (
            spec(source=pfs("r", trigger={"size": "1M"})),
            {"input": {"pfs": {**SERVED_PFS, "branch": "p-trigger-1", "trigger": {"branch": "master", "size": "1M"}}}},
        ),
        (
            spec(service={"internal_port": 80}),
            {"service": {"internal_port": 80, "type": "NodePort", "ip": "10.0.0.1"}},
        ),
        (
            {"pipeline": {"name": "p"}, "transform": {"cmd": ["sh"]}, "spout": {"service": {"internal_port": 80}}},
            {"spout": {"service": {"internal_port": 80, "type": "NodePort"}}},
        ),
        (spec(datum_timeout="60s", resource_requests={"cpu": 0.1}), {}),
        (
            spec(source={"union": [pfs("r", "/b"), pfs("r", "/a")]}),
            {"input": {"union": [{"pfs": {**SERVED_PFS, "glob": "/a"}}, {"pfs": {**SERVED_PFS, "glob": "/b"}}]}},
        ),
        (spec(datum_timeout="60.000s", datumTries=3), {"datum_timeout": "60s"}),
    ],
)
def test_what_the_server_fills_in_is_no_difference(written: dict[str, Any], served: dict[str, Any]) -> None:
    ours, theirs = comparable(tidy(written), info(tidy(written), **served), LIBRARY)
    assert ours == theirs


@pytest.mark.parametrize(
    "served",
    [
        {"transform": {"cmd": ["bash"]}},
        {"transform": {"cmd": ["sh"], "image": "alpine"}},
        {"input": {"pfs": {**SERVED_PFS, "glob": "/*"}}},
        {"input": {"pfs": {**SERVED_PFS, "branch": "release"}}},
        {"datum_tries": "1"},
        {"autoscaling": True},
        {"resource_requests": {"cpu": 2.0, "memory": "256Mi", "disk": "1Gi"}},
        {"parallelism_spec": {"constant": "2"}},
    ],
)
def test_what_somebody_changed_by_hand_is_a_difference(served: dict[str, Any]) -> None:
    ours, theirs = comparable(tidy(spec()), info(tidy(spec()), **served), LIBRARY)
    assert ours != theirs


def test_a_salt_and_a_start_count_when_the_user_gives_them() -> None:
    ours, theirs = comparable(tidy(spec(salt="mine")), info(tidy(spec())), LIBRARY)
    assert (ours["salt"], theirs["salt"]) == ("mine", "abc")
    cron = {"cron": {"name": "tick", "spec": "@daily", "start": "2026-01-01T00:00:00Z"}}
    ours, theirs = comparable(tidy(spec(source=cron)), info(tidy(spec(source=cron))), LIBRARY)
    assert ours == theirs
    assert "start" in theirs["input"]["cron"]


def sent(text: str, **details: Any) -> dict[str, Any]:
    """What 2.8 and later make of a spec that was sent: the text, and the defaults of the cluster in the rest."""
    filled = {"datum_tries": "5", "autoscaling": True, "metadata": {"labels": {"team": "x"}}, **details}
    return {**info(tidy(spec()), **filled), "details_json": text}


@pytest.mark.parametrize(
    "text",
    [
        '{"pipeline":{"name":"p"},"transform":{"cmd":["sh"]},"update":true,"reprocess":true,"input":{"pfs":{"repo":"r","glob":"/"}}}',
        '{"pipeline":{"name":"p","project":{"name":"default"}},"transform":{"cmd":["sh"]},"autoscaling":false,"metadata":null,'
        '"maximumExpectedUptime":"60s","dryRun":true,"specCommit":{"id":"1"},"input":{"pfs":{"repo":"r","glob":"/","branch":"master"}}}',
    ],
)
def test_where_pachd_keeps_what_was_sent_its_clusters_defaults_are_no_difference(text: str) -> None:
    ours, theirs = comparable(tidy(spec()), sent(text), LIBRARY)
    assert ours == theirs
    assert shown(sent(text), LIBRARY) == theirs
    assert "salt" not in theirs


def test_where_pachd_keeps_what_was_sent_a_value_that_is_pachds_own_default_counts() -> None:
    text = '{"pipeline":{"name":"p"},"transform":{"cmd":["sh"]},"salt":"mine","input":{"pfs":{"repo":"r","glob":"/"}}}'
    for key, value in (("datum_tries", 3), ("transform", {"cmd": ["sh"], "image": "ubuntu:20.04"})):
        ours, theirs = comparable(tidy(spec(**{key: value})), sent(text), LIBRARY)
        assert {name for name in ours if ours[name] != theirs.get(name)} == {key}
    assert shown(sent(text), LIBRARY)["salt"] == "mine"


def test_another_project_is_kept() -> None:
    written = {"pipeline": {"name": "p", "project": {"name": "other"}}}
    assert normal_form(written)["pipeline"] == {"name": "p", "project": {"name": "other"}}


def test_an_input_without_a_glob_gets_none() -> None:
    written = {"pipeline": {"name": "p"}, "input": {"pfs": {"repo": "r", "branch": "master"}}}
    assert normal_form(written)["input"] == {"pfs": {"repo": "r"}}
