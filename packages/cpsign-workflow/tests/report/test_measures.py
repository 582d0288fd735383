# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranking, probabilities, groups and comparisons against values worked out by hand or by another way."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cpsign_workflow import metrics, neighbours
from cpsign_workflow.chemistry import Chemistry, look_at
from cpsign_workflow.ingest.compressed import writing
from cpsign_workflow.metrics.comparison import compare_classes, compare_values
from cpsign_workflow.metrics.ranking import precision_recall, roc
from cpsign_workflow.neighbours import Neighbours
from cpsign_workflow.predictions import CONFIDENCES, ProbabilityPredictions, RegressionPredictions


def probabilities(observed: list[int], of_yes: list[float]) -> ProbabilityPredictions:
    yes = np.array(of_yes)
    keys = tuple(map(str, range(len(observed))))
    return ProbabilityPredictions(("no", "yes"), keys, np.array(observed), np.column_stack([1 - yes, yes]), yes, yes)


def test_area_under_roc_is_the_share_of_pairs_ranked_rightly() -> None:
    random = np.random.default_rng(1)
    observed, scores = random.integers(0, 2, 60), random.integers(0, 10, 60) / 10  # with many ties
    pairs = [float(yes > no) + (yes == no) / 2 for yes, no in product(scores[observed == 1], scores[observed == 0])]
    found = metrics.test_metrics(probabilities(observed.tolist(), scores.tolist()))
    assert found["auc"] == pytest.approx(np.mean(pairs))


def test_curves_by_hand() -> None:
    predictions = probabilities([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.1])
    false, true = roc(predictions)
    assert (false.tolist(), true.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    recall, precision = precision_recall(predictions)
    assert (recall.tolist(), precision.tolist()) == ([0.5, 0.5, 1, 1], [1, 0.5, pytest.approx(2 / 3), 0.5])
    assert metrics.test_metrics(predictions)["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_one_class_has_no_ranking() -> None:
    found = metrics.test_metrics(probabilities([1, 1], [0.9, 0.2]))
    assert (found["auc"], found["average_precision"]) == (None, None)


def test_brier_and_log_loss_by_hand() -> None:
    found = metrics.test_metrics(probabilities([1, 0], [0.8, 0.4]))
    assert found["brier"] == pytest.approx((0.2**2 + 0.4**2) / 2)
    assert found["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert np.isfinite(metrics.test_metrics(probabilities([1], [0.0]))["log_loss"])


def test_bins_hold_true_probabilities_and_refuse_false_ones() -> None:
    random = np.random.default_rng(2)
    of_yes = random.uniform(size=2000)
    observed = (random.uniform(size=2000) < of_yes).astype(int).tolist()
    true = metrics.probability_bins(probabilities(observed, of_yes.tolist()))
    false = metrics.probability_bins(probabilities(observed, (of_yes**3).tolist()))
    assert [one["n"] for one in true] == [200] * 10
    assert [one["predicted"] for one in true] == sorted(one["predicted"] for one in true)
    inside = [[one["band"][0] <= one["observed"] <= one["band"][1] for one in bins] for bins in (true, false)]
    assert sum(inside[0]) >= 9
    assert sum(inside[1]) <= 4


def test_band_of_a_bin_is_binomial_when_all_probabilities_are_equal() -> None:
    (one,) = metrics.probability_bins(probabilities([0] * 10 + [1] * 10, [0.5] * 20))
    assert one["band"] == (6 / 20, 14 / 20)  # R: qbinom(c(0.025, 0.975), 20, 0.5)


def test_groups_by_size_and_distance() -> None:
    n = 5
    columns = np.zeros((n, len(CONFIDENCES)))
    keys = tuple(map(str, range(n)))
    predictions = RegressionPredictions(keys, np.array([0, 0, 5, 0, 0.0]), np.zeros(n), columns - 1, columns + 1)
    chemistry = Chemistry(("C",) * n, np.array([9, 10, 19, 40, np.nan]), np.array([0.0, 0.2, 0.3, np.nan, 1.0]))
    found = metrics.validity(predictions, chemistry, {"calibration": 99, "calibration_by_class": {}})
    assert {row["group"]: (row["n"], row["coverage"]) for row in found["by_size"]} == {
        "up to 9": (1, 1.0),
        "10 to 19": (2, 0.5),
        "40 and more": (1, 1.0),
    }
    assert {row["group"]: (row["n"], row["mae"]) for row in found["by_distance"]} == {
        "below 0.2": (1, 0.0),
        "0.2 to 0.4": (2, 2.5),
        "0.8 and more": (1, 0.0),
    }
    assert found["by_size"][1]["band"] == metrics.coverage_band(99, 2, 0.8)


def test_distance_is_to_the_nearest_training_compound(tmp_path: Path) -> None:
    for name, structures in (("test", ["CCO", "c1ccccc1O", "unreadable"]), ("training", ["CCO", "c1ccccc1N", "also"])):
        with writing(tmp_path / name, ("key", "smiles", "value")) as write:
            for place, smiles in enumerate(structures):
                write(str(place), smiles, "1")
    neighbours.write(tmp_path / "fingerprints", tmp_path / "training", "here")
    found = look_at(["2", "0", "1"], tmp_path / "test", Neighbours.read(tmp_path / "fingerprints"))
    assert found.smiles == ("unreadable", "CCO", "c1ccccc1O")
    np.testing.assert_array_equal(found.heavy_atoms, [np.nan, 3, 7])
    assert np.isnan(found.distance[0])
    assert found.distance[1] == 0
    assert 0 < found.distance[2] < 1


def test_comparison_tells_a_better_model_from_chance() -> None:
    random = np.random.default_rng(3)
    observed = random.normal(size=300)
    good, alike, bad = (observed + random.normal(size=300) * scale for scale in (0.5, 0.5, 2))
    better = compare_values(observed, bad, good)
    assert better["low"] < better["difference"] < better["high"] < 0
    assert better["before"] == pytest.approx(np.sqrt(np.mean((bad - observed) ** 2)))
    same = compare_values(observed, good, alike)
    assert same["low"] < 0 < same["high"]
    assert compare_values(observed, good, alike) == same, "the same numbers every time"


def test_comparison_of_classes() -> None:
    observed = np.array(["yes"] * 40 + ["no"] * 10)
    before, after = np.array(["yes"] * 50), observed.copy()
    found = compare_classes(observed, before, after)
    assert (found["before"], found["after"], found["difference"]) == (0.5, 1.0, 0.5)
    assert found["low"] == found["high"] == 0.5
