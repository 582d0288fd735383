# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models are listed, compared, judged and chosen for pruning by what pachd and their metrics say."""

import json
from pathlib import Path
from typing import Any

import pytest
from server_answers import Pachd, commit

from cpsign_workflow.cli import main


def ids(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(arguments) == 0
    return json.loads(capsys.readouterr().out)


def judged(capsys: pytest.CaptureFixture[str], pachd: Pachd, *more: str) -> Any:
    return answer(capsys, "gate", *pachd.arguments(), "--test-rows", "50", "--worse-by", "0.05", *more)


def test_lists_newest_first_and_marks_the_released_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=1)
    pachd.trained(1, r2=0.85)
    pachd.trained(2, r2=0.91, coverage=0.6)
    assert main(["models", *pachd.arguments()]) == 0
    heading, columns, newest, oldest = capsys.readouterr().out.rstrip().splitlines()
    assert heading == "LogP"
    assert columns.split()[:3] == ["commit", "trained", "by"]
    assert newest.split() == [
        *ids(2),
        "2026-01-02",
        "12:00",
        "ada",
        "35",
        "990",
        "R2",
        "0.910",
        "0.600",
        "invalid",
        "0.0",
    ]
    assert oldest.endswith("released")


def test_a_push_for_another_workflow_makes_no_new_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=2)
    pachd.trained(1)
    pachd.repeated(2)
    assert main(["models", *pachd.arguments()]) == 0
    line = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert line.strip().startswith(ids(1)[0])
    assert line.endswith("released")


def test_workflow_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.commits = [commit("LogP-aggregate", 1)]
    assert main(["models", *pachd.arguments()]) == 0
    assert capsys.readouterr().out == "LogP\n  no model yet\n\n"
    assert main(["gate", *pachd.arguments(), "--test-rows", "50", "--worse-by", "0.05"]) == 1
    assert "LogP has no trained model yet: train.yml makes one" in capsys.readouterr().err


def test_compares_two_as_table_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1, r2=0.85, user="<b>")
    pachd.trained(2, r2=0.91)
    page = tmp_path / "page.html"
    assert main(["models", *pachd.arguments(), "--compare", *ids(1, 2), "--page", str(page)]) == 0
    lines = {line.split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["R2"].split() == ["R2", "0.850", "0.910", "*"]
    assert lines["coverage at 0.8"].split()[-2:] == ["0.800", "0.800"]
    html = page.read_text()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "Powered by" in html


@pytest.mark.parametrize(("commit_id", "says"), [("f", "no trained model has"), ("0", "2 trained models have")])
def test_a_commit_must_mean_one_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], commit_id: str, says: str
) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1)
    pachd.trained(2, r2=0.8)
    assert main(["models", *pachd.arguments(), "--compare", commit_id, ids(1)[0]]) == 1
    assert f"{says} a commit {commit_id!r}; models.yml lists them" in capsys.readouterr().err


def test_first_model_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1)
    found = judged(capsys, pachd)
    assert (found["commit"], found["released"], found["passed"]) == (ids(1)[0], None, True)
    assert [check["passed"] for check in found["checks"]] == [True, True]


@pytest.mark.parametrize(
    ("candidate", "says"),
    [
        ({"n": 49}, "49 test compounds, 50 are wanted"),
        ({"coverage": 0.73}, "coverage at confidence 0.8 is 0.730, a valid model gives 0.740 to 0.860 or more"),
        ({"r2": 0.849}, "R2 is 0.849, 0.900 of the released model; it may be worse by 0.05"),
    ],
)
def test_each_rule_can_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], candidate: dict[str, Any], says: str
) -> None:
    pachd = Pachd(tmp_path, released=1)
    pachd.trained(1)
    pachd.trained(2, **candidate)
    found = judged(capsys, pachd)
    assert (found["commit"], found["released"], found["passed"]) == (ids(2)[0], ids(1)[0], False)
    assert [check["text"] for check in found["checks"] if not check["passed"]] == [says]


def test_as_much_worse_as_allowed_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=1)
    pachd.trained(1)
    pachd.trained(2, r2=0.85)
    assert judged(capsys, pachd)["passed"]


def test_another_kind_of_model_can_not_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=1)
    pachd.trained(1)
    band = {"coverage": 0.8, "band": [0.7, 0.9]}
    pachd.trained(
        2,
        training={"type": "ACP classification"},
        test={"n": 200, "balanced_accuracy": 0.9},
        calibration=[{"confidence": 0.8, "coverage": 0.8, "classes": {"toxic": band}}],
    )
    found = judged(capsys, pachd)
    assert not found["passed"]
    assert "the released model is ACP regression, this one ACP classification" in found["checks"][-1]["text"]


def test_what_was_released_before_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=2)
    pachd.trained(1, r2=0.5)
    pachd.trained(2)
    assert not judged(capsys, pachd, "--commit", ids(1)[0])["passed"]
    record = tmp_path / "metrics/releases/LogP" / f"{ids(1)[0]}.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"released": "2026-01-01T13:00:00Z"}')
    found = judged(capsys, pachd, "--commit", ids(1)[0])
    assert found["passed"]
    assert found["checks"][0]["text"] == "it was released before, on 2026-01-01T13:00:00Z"


def test_the_released_model_is_not_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=1)
    pachd.trained(1, coverage=0.1)
    found = judged(capsys, pachd)
    assert found["passed"]
    assert found["checks"][0]["text"] == "it is the released model"


def test_prunes_all_but_the_newest_and_the_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path, released=2)
    for number in range(1, 7):
        pachd.trained(number, r2=number / 10)
    found = answer(capsys, "prune", *pachd.arguments(), "--keep", "2", "--running", ids(3)[0])
    assert found["commit_sets"] == ids(4, 1)
    assert [model["commit"] for model in found["models"]] == ids(4, 1)
    assert found["bytes"] == 2000


def test_a_model_goes_with_its_commit_and_its_bytes_with_the_last_repeat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1, r2=0.5)
    pachd.repeated(2, r2=0.5)
    pachd.trained(3, r2=0.7)
    pachd.commits.insert(0, commit("LogP-aggregate", 9, finished=False))
    found = answer(capsys, "prune", *pachd.arguments(), "--keep", "1", "--running", ids(2)[0])
    assert found["commit_sets"] == ids(1)
    assert [model["commit"] for model in found["models"]] == ids(1)
    assert found["bytes"] == 0
    found = answer(capsys, "prune", *pachd.arguments(), "--keep", "1")
    assert found["commit_sets"] == ids(2, 1)
    assert found["bytes"] == 1000


def test_what_only_repeats_a_pruned_model_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.repeated(2, r2=0.5)
    pachd.trained(3, r2=0.7)
    assert main(["models", *pachd.arguments()]) == 0
    _heading, _columns, *models = capsys.readouterr().out.rstrip().splitlines()
    assert [line.split()[0] for line in models] == ids(3)


def test_a_commit_means_the_model_that_it_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1, r2=0.5)
    pachd.repeated(2, r2=0.5)
    pachd.trained(2, "FreeSolv", r2=0.8)
    pachd.trained(3, "FreeSolv", r2=0.9)
    both = [*pachd.arguments(), "--workflow", "FreeSolv"]
    assert main(["models", *both, "--compare", *ids(2, 3)]) == 0
    lines = {line.split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["R2"].split() == ["R2", "0.800", "0.900", "*"]


def test_a_commit_without_a_model_can_not_be_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1)
    pachd.commits.insert(0, commit("LogP-aggregate", 2))  # its job failed
    rules = ("--test-rows", "50", "--worse-by", "0.05")
    assert main(["gate", *pachd.arguments(), *rules, "--commit", ids(2)[0]]) == 1
    assert f"no trained model has a commit '{ids(2)[0]}'" in capsys.readouterr().err


def test_what_a_kept_commit_was_computed_from_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    for number in range(1, 5):
        pachd.trained(number, r2=number / 10)
    by_id = {entry["id"]: entry for entry in pachd.commits if entry["repo"] == "LogP-aggregate"}
    by_id[ids(4)[0]]["provenance"] = ids(2)
    by_id[ids(2)[0]]["provenance"] = ids(1)
    assert answer(capsys, "prune", *pachd.arguments(), "--keep", "1")["commit_sets"] == ids(3)


def test_one_empty_commit_stays_to_send_a_model_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    for number in (3, 4):
        pachd.trained(number, r2=number / 10)
    pachd.commits += [commit("LogP-aggregate", number, size=0) for number in (2, 1)]
    assert answer(capsys, "prune", *pachd.arguments(), "--keep", "1")["commit_sets"] == ids(3, 2)


def test_at_least_one_model_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pachd = Pachd(tmp_path)
    pachd.trained(1)
    assert main(["prune", *pachd.arguments(), "--keep", "0"]) == 1
    assert "keep=0: at least the newest model of each workflow stays" in capsys.readouterr().err
