# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: complete, without the network, true to metrics.json."""

import copy
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from cpsign_workflow import metrics, report
from cpsign_workflow.chemistry import Chemistry
from cpsign_workflow.predictions import (
    CONFIDENCES,
    ClassificationPredictions,
    Predictions,
    ProbabilityPredictions,
    RegressionPredictions,
)
from cpsign_workflow.report import structures
from cpsign_workflow.report.judgement import answer, judge

RANDOM = np.random.default_rng(1)
CONFIGURATION = {"workflow_name": "LogD <b>bold</b>", "cpsign": {"ptype": 2}}


def regression(n: int = 60, error: float = 1.0) -> RegressionPredictions:
    """A model whose intervals are right when ``error`` (standard deviations) is 1."""
    predicted = RANDOM.normal(size=n) * 3
    quantiles = np.quantile(np.abs(RANDOM.normal(size=100_000)), CONFIDENCES)
    lower, upper = predicted[:, None] - quantiles, predicted[:, None] + quantiles
    observed = predicted + error * RANDOM.normal(size=n)
    return RegressionPredictions(tuple(map(str, range(n))), observed, predicted, lower, upper)


def classification(n: int = 60) -> ClassificationPredictions:
    p_values = RANDOM.uniform(size=(n, 2))
    keys = tuple(map(str, range(n)))
    return ClassificationPredictions(("in<active>", "active"), keys, np.arange(n) % 2, p_values)


def probabilities(n: int = 60) -> ProbabilityPredictions:
    """A model whose probabilities are true."""
    active = RANDOM.uniform(size=n)
    keys = tuple(map(str, range(n)))
    observed = (RANDOM.uniform(size=n) < active).astype(np.int64)
    both = np.column_stack([1 - active, active])
    return ProbabilityPredictions(("in<active>", "active"), keys, observed, both, active * 0.9, active * 0.9 + 0.1)


REGRESSION = regression()
EVERY_KIND = pytest.mark.parametrize(
    "predictions",
    [REGRESSION, classification(), probabilities()],
    ids=["regression", "classification", "probabilities"],
)


def chemistry(predictions: Predictions) -> Chemistry:
    """Chains that grow, further and further away; the first can not be read."""
    n = len(predictions.keys)
    smiles = ("not a <structure>", *("C" * (3 + place % 40) + "(=O)O" for place in range(n - 1)))
    atoms = np.array([np.nan, *(5.0 + place % 40 for place in range(n - 1))])
    return Chemistry(smiles, atoms, np.linspace(0, 1, n))


def summary(predictions: Predictions) -> dict[str, Any]:
    classes = {} if isinstance(predictions, RegressionPredictions) else {"in<active>": 300, "active": 200}
    training = {
        "model_name": "Distribution coefficient at pH 7.4",
        "type": "ACP regression",
        "splits": 5,
        "scorer": {"name": "LinearSVR", "parameters": {"C": 10.0}},
        "nonconformity": {"name": "Normalized", "beta": None},
        "sampling": {"strategy": "Random", "calibration_ratio": 0.2},
        "tuning": None,
        "compounds": 500,
        "classes": classes,
        "features": 2579,
        "proper": 400,
        "calibration": 100,
        "calibration_by_class": {label: n // 5 for label, n in classes.items()},
    }
    return {
        "workflow": CONFIGURATION["workflow_name"],
        "training": training,
        "rows": {"read": 700, "used": 560, "training": 500, "test": 60, "dropped": {"value is not a number": 140}},
        "test": metrics.test_metrics(predictions),
        "calibration": metrics.calibration(predictions, training),
        "probability_bins": metrics.probability_bins(predictions),
        "validity": metrics.validity(predictions, chemistry(predictions), training),
        "split": {"by": "random", "share": 0.1, "salt": "pepper", "from_year": None, "share_of_from_year": None},
        "test_looks": 3,
        "before": None,
        "seed": 4711,
        "salt": "pepper",
        "versions": {"collection": "1.0.0", "cpsign": "2.0.0", "java": "17.0.15"},
        "user": "ada",
        "data": {
            "release": "ChEMBL 24",
            "fingerprint": "f" * 64,
            "replicates": {"compounds": 12, "rows": 30, "standard_deviation": 0.321},
            "censored": {"rows": 90, "share": 0.1286, "kept": 0, "relations": {"<": 90}},
            "desalted": 17,
            "warnings": ["12.9% of the values are limits"],
        },
        "payload_sha256": "c0ffee" * 10,
        "timings": {"ingestion": 1.0, "precompute": 2.0, "training": 3.0, "aggregate": 4.0},
    }


class Page(HTMLParser):
    """Collects the links, identifiers and text of a page, and checks that tags close in order."""

    VOID = frozenset({"meta", "br", "img", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"href", "src", "xlink:href"} and value and not value.startswith(("#", "data:")):
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


DRAWN: dict[int, tuple[Predictions, report.Pictures]] = {}


def drawn(predictions: Predictions) -> report.Pictures:
    """The pictures, drawn once: that takes a second."""
    if id(predictions) not in DRAWN:
        pictures = report.draw(predictions, chemistry(predictions), summary(predictions))
        DRAWN[id(predictions)] = (predictions, pictures)
    return DRAWN[id(predictions)][1]


def written(predictions: Predictions, folder: Path, **other_facts: Any) -> Page:
    report.write(folder, summary(predictions) | other_facts, drawn(predictions), CONFIGURATION)
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@EVERY_KIND
def test_one_page_with_one_link(predictions: Predictions, tmp_path: Path) -> None:
    page = written(predictions, tmp_path)
    assert page.links == ["https://arosbio.com"]
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Powered by CPSign</a>" in text
    assert "no commercial use" in page.words
    assert "url(http" not in text
    assert "@import" not in text
    assert len(page.ids) == len(set(page.ids)), "plots on one page must not share identifiers"


@EVERY_KIND
def test_can_be_read_aloud(predictions: Predictions, tmp_path: Path) -> None:
    page = written(predictions, tmp_path)
    (language,) = (attributes.get("lang") for tag, attributes in page.tags if tag == "html")
    assert language == "en"
    headings = [int(tag[1]) for tag, _unused in page.tags if tag in {"h1", "h2", "h3"}]
    assert headings[0] == 1
    assert set(headings[1:]) == {2}, "one title, and sections below it"
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in page.tags if tag == "th")
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(pictures) >= 10, "plots and structures"
    for attributes in pictures:
        assert attributes.get("role") == "img"
        assert attributes.get("aria-label") or attributes.get("aria-labelledby") in page.ids


@EVERY_KIND
def test_draws_the_worst_predictions(predictions: Predictions) -> None:
    if isinstance(predictions, RegressionPredictions):
        errors = np.abs(predictions.observed - predictions.predicted)
    else:
        right = predictions.scores[np.arange(len(predictions.observed)), predictions.observed]
        errors = predictions.scores.max(axis=1) - right
    drawn = structures.worst(predictions, chemistry(predictions))
    assert [found.key for found in drawn] == [predictions.keys[place] for place in np.argsort(-errors)[:8]]


def test_structure_that_can_not_be_read_is_told_without_a_picture() -> None:
    predictions = regression()
    predictions.predicted[0] += 1000
    first = structures.worst(predictions, chemistry(predictions))[0]
    assert (first.key, first.svg, first.smiles) == ("0", "", "not a <structure>")


def test_shows_what_was_tried_in_tuning(tmp_path: Path) -> None:
    tried = [{"parameters": {"C": 1.0}, "score": 0.75}, {"parameters": {"C": 10.0}, "score": 0.5}]
    tuning = {"metric": "RMSE", "folds": 3, "compounds": 1234, "grid": tried, "chosen": {"C": 10.0}}
    words = " ".join(
        written(REGRESSION, tmp_path, training=summary(REGRESSION)["training"] | {"tuning": tuning}).words.split()
    )
    assert "by RMSE over 3 folds of 1,234 training compounds" in words
    assert "0.500chosen" in words
    assert "0.750" in words
    assert words.count("chosen") == 2, "in the sentence above the table, and in it once"


def test_system_that_can_not_draw_structures_shows_smiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "rdkit.Chem.Draw", None)  # as without libXrender
    worst = structures.worst(REGRESSION, chemistry(REGRESSION))
    assert {found.svg for found in worst} == {""}
    report.write(tmp_path, summary(REGRESSION), report.Pictures(drawn(REGRESSION).plots, worst), CONFIGURATION)
    assert worst[0].smiles in Page((tmp_path / "report.html").read_text(encoding="utf-8")).words


@pytest.mark.parametrize(("low", "high", "said"), [(-0.5, -0.1, "better"), (0.1, 0.5, "worse"), (-0.1, 0.1, "Chance")])
def test_compares_with_the_model_before(low: float, high: float, said: str, tmp_path: Path) -> None:
    shared = {"metric": "rmse", "n": 50, "before": 1.5, "after": 1.2, "difference": -0.3, "low": low, "high": high}
    before = {"commit": "abc", "payload_sha256": "d" * 64, "shared": shared, "new": None}
    words = written(REGRESSION, tmp_path, before=before).words
    assert said in words[words.index("The model before") :]
    assert f"{low:+.3g} to {high:+.3g}" in words


@EVERY_KIND
def test_says_where_the_model_comes_from(predictions: Predictions, tmp_path: Path) -> None:
    words = written(predictions, tmp_path).words
    for fact in (
        "4711",
        "pepper",
        "ChEMBL 24",
        "f" * 64,
        "c0ffee" * 10,
        "17.0.15",
        "Distribution coefficient",
        "not a number",
        "12.9% of the values are limits",
        "looked at 3 times",
        "Mechanistic interpretation",
    ):
        assert fact in words
    assert '"ptype": 2' in words
    assert "LogD <b>bold</b>" in words, "what the user wrote is text, not markup"


def test_plots_are_files_too_and_alike_for_the_same_predictions(tmp_path: Path) -> None:
    pictures = drawn(REGRESSION)
    assert set(pictures.plots) == {"calibration", "efficiency", "predicted_observed", "residuals", "groups"}
    assert pictures == report.draw(REGRESSION, chemistry(REGRESSION), summary(REGRESSION))
    written(REGRESSION, tmp_path)
    for name in pictures.plots:
        assert ElementTree.parse(tmp_path / "plots" / f"{name}.svg").getroot().tag.endswith("svg")  # noqa: S314


def test_many_compounds_do_not_make_a_heavy_page(tmp_path: Path) -> None:
    written(regression(20_000), tmp_path)
    assert (tmp_path / "report.html").stat().st_size < 1_500_000


def test_infinite_intervals_can_be_drawn(tmp_path: Path) -> None:
    predictions = regression()
    predictions.lower[:, -1], predictions.upper[:, -1] = -np.inf, np.inf
    predictions.lower[:3, CONFIDENCES.index(0.8)] = -np.inf
    assert "\N{EN DASH}" in written(predictions, tmp_path).words


@pytest.mark.parametrize(("splits", "told"), [(1, False), (5, True)])
def test_promises_an_exact_range_for_one_split_only(splits: int, told: bool, tmp_path: Path) -> None:
    training = summary(REGRESSION)["training"] | {"splits": splits}
    words = " ".join(written(REGRESSION, tmp_path, training=training).words.split())
    assert ("no exact range is known for them" in words) == told


def test_a_class_that_no_test_compound_has_is_left_out(tmp_path: Path) -> None:
    predictions = classification()
    predictions.observed[:] = 1
    words = written(predictions, tmp_path).words
    assert "class active" in words
    assert "class in<active>" not in words


def test_judges_by_the_band() -> None:
    honest, boastful, shy = (judge(summary(regression(2000, error)))[0].outcome for error in (1, 3, 0.3))
    assert (honest, boastful, shy) == ("valid", "invalid", "cautious")


def test_judges_each_class() -> None:
    facts = summary(classification())
    row = next(row for row in facts["calibration"] if row["confidence"] == 0.8)
    row["classes"]["active"]["coverage"] = 0.1
    outcomes = {found.of: found.outcome for found in judge(copy.deepcopy(facts))}
    assert outcomes["active"] == "invalid"
    assert set(outcomes) == {"in<active>", "active"}


def test_answers_in_one_sentence() -> None:
    facts = summary(regression(2000))
    facts["validity"] = {"by_size": [], "by_distance": []}
    assert answer(facts) == "Yes: it is right as often as it says."
    row = next(row for row in facts["calibration"] if row["confidence"] == 0.8)
    row["coverage"] = 0.99
    assert "at least as often" in answer(facts)
    row["coverage"] = 0.5
    assert answer(facts) == "No: it is right less often than it says."
    classes = summary(classification())
    next(row for row in classes["calibration"] if row["confidence"] == 0.8)["classes"]["active"]["coverage"] = 0.1
    assert answer(classes) == "No: it is right less often than it says, for class active."


def test_answers_for_probabilities() -> None:
    facts = summary(probabilities(2000))
    for one in facts["probability_bins"]:
        one["observed"] = one["predicted"]
    assert answer(facts).startswith("Yes")
    for one in facts["probability_bins"]:
        one["observed"] = 1 - one["predicted"]
    assert answer(facts).startswith("No")


def test_says_for_which_compounds_it_does_not_hold(tmp_path: Path) -> None:
    far = {"group": "0.8 and more", "n": 12, "coverage": 0.25, "band": (0.583, 1.0), "mae": 3.0, "median_width": 2.0}
    near = far | {"group": "below 0.2", "coverage": 0.9}
    page = written(
        REGRESSION, tmp_path, validity={"by_size": [near | {"group": "up to 9"}], "by_distance": [near, far]}
    )
    words = " ".join(page.words.split())
    assert "Yes on the whole, but not for every kind of compound." in words
    assert (
        "with a distance of 0.8 and more to the nearest training compound (25.0%; by chance 58.3% to 100.0%)" in words
    )
    assert "up to 9 heavy atoms (" not in words


def test_says_what_an_interval_has_to_beat(tmp_path: Path) -> None:
    observed = REGRESSION.observed
    width = np.quantile(observed, 0.9) - np.quantile(observed, 0.1)
    words = " ".join(written(REGRESSION, tmp_path).words.split())
    assert f"without looking at a structure, are {width:#.3g} wide" in words
