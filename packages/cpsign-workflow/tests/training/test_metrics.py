# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures against values worked out by hand or by another way."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpsign_workflow import metrics
from cpsign_workflow.predictions import CONFIDENCES, ClassificationPredictions, RegressionPredictions

INTERVALS = {"calibration": 99}


def regression(observed: list[float], predicted: list[float], half_width: float) -> RegressionPredictions:
    middle = np.array(predicted)
    columns = np.repeat(middle[:, None], len(CONFIDENCES), axis=1)
    keys = tuple(str(number) for number in range(len(observed)))
    return RegressionPredictions(keys, np.array(observed), middle, columns - half_width, columns + half_width)


def classification(observed: list[int], p_values: list[list[float]]) -> ClassificationPredictions:
    keys = tuple(str(number) for number in range(len(observed)))
    return ClassificationPredictions(("no", "yes"), keys, np.array(observed), np.array(p_values))


def test_goodness_of_fit() -> None:
    found = metrics.test_metrics(regression([1, 2, 3, 4], [1, 2, 3, 6], 1))
    assert found == {
        "n": 4,
        "r2": pytest.approx(1 - 4 / 5),
        "rmse": pytest.approx(1.0),
        "mae": pytest.approx(0.5),
        "central_width": pytest.approx(3.7 - 1.3),
    }


def test_equal_values_have_no_r2() -> None:
    assert metrics.test_metrics(regression([2, 2], [1, 3], 1))["r2"] is None


@pytest.mark.filterwarnings("error")
def test_figures_that_no_number_can_hold_are_not_defined() -> None:
    found = metrics.test_metrics(regression([1e200, -1e200, 1], [0, 0, 1], 1))
    assert (found["n"], found["r2"], found["rmse"]) == (3, None, None)
    assert found["mae"] == pytest.approx(2e200 / 3)


def test_coverage_and_width() -> None:
    rows = metrics.calibration(regression([1, 2, 3, 4], [1, 2, 3, 6], 1), INTERVALS)
    assert len(rows) == 19
    assert {row["coverage"] for row in rows} == {0.75}
    assert {row["median_width"] for row in rows} == {2.0}


def test_infinite_intervals_cover_everything_and_have_no_width() -> None:
    row = metrics.calibration(regression([1, 2], [0, 0], np.inf), INTERVALS)[0]
    assert (row["coverage"], row["mean_width"], row["median_width"]) == (1.0, None, None)


def test_choice_of_a_class() -> None:
    # no: 3 right, 1 wrong; yes: 1 right, 1 wrong
    p_values = [[0.9, 0.1]] * 3 + [[0.1, 0.9]] + [[0.2, 0.8], [0.7, 0.3]]
    found = metrics.test_metrics(classification([0, 0, 0, 0, 1, 1], p_values))
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["mcc"] == pytest.approx((3 * 1 - 1 * 1) / (4 * 4 * 2 * 2) ** 0.5)
    assert found["classes"]["no"] == {"n": 4, "recall": 0.75, "precision": 0.75}
    assert found["classes"]["yes"] == {"n": 2, "recall": 0.5, "precision": 0.5}


def test_one_predicted_class_has_no_correlation() -> None:
    found = metrics.test_metrics(classification([0, 1], [[0.9, 0.1], [0.9, 0.1]]))
    assert found["mcc"] is None
    assert found["classes"]["yes"]["precision"] is None
    assert found["balanced_accuracy"] == 0.5


def test_sets_hold_the_classes_above_the_significance() -> None:
    p_values = [[0.5, 0.2], [0.9, 0.01], [0.15, 0.1]]
    sizes = {"calibration_by_class": {"no": 50, "yes": 50}}
    rows = {row["confidence"]: row for row in metrics.calibration(classification([0, 1, 0], p_values), sizes)}
    row = rows[0.8]  # significance 0.2: a p-value of 0.2 is not above it
    assert (row["empty"], row["single"], row["multiple"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3), 0)
    assert row["coverage"] == pytest.approx(1 / 3)
    assert row["classes"]["no"]["coverage"] == 0.5
    assert row["classes"]["yes"]["coverage"] == 0.0
    assert rows[0.95]["mean_set_size"] == pytest.approx(5 / 3)


def test_a_mean_of_p_values_at_the_significance_is_not_above_it() -> None:
    mean = (0.2 + 0.2 + 0.2) / 3
    assert mean > 0.2
    sizes = {"calibration_by_class": {"no": 50, "yes": 50}}
    rows = metrics.calibration(classification([0, 0], [[mean, 0.9], [0.3, 0.9]]), sizes)
    assert next(row for row in rows if row["confidence"] == 0.8)["coverage"] == 0.5


def test_a_class_that_no_test_compound_has() -> None:
    found = metrics.test_metrics(classification([1, 1], [[0.9, 0.1], [0.2, 0.8]]))
    assert found["classes"]["no"] == {"n": 0, "recall": None, "precision": 0.0}
    assert found["balanced_accuracy"] == 0.5
    sizes = {"calibration_by_class": {"no": 50, "yes": 50}}
    rows = metrics.calibration(classification([1, 1], [[0.9, 0.1], [0.2, 0.8]]), sizes)
    assert all(set(row["classes"]) == {"yes"} for row in rows)


def exact_cumulative(m: int, a: int, b: int) -> list[Fraction]:
    """P(K <= k) of the beta-binomial distribution, in exact arithmetic."""

    def beta(x: int, y: int) -> Fraction:
        return Fraction(factorial(x - 1) * factorial(y - 1), factorial(x + y - 1))

    probabilities = [comb(m, k) * beta(k + a, m - k + b) / beta(a, b) for k in range(m + 1)]
    return [sum(probabilities[: k + 1], Fraction(0)) for k in range(m + 1)]


@settings(deadline=None, max_examples=40)
@given(n=st.integers(5, 60), m=st.integers(1, 40), confidence=st.sampled_from(CONFIDENCES))
def test_band_is_the_beta_binomial_one(n: int, m: int, confidence: float) -> None:
    a = -int(-(n + 1) * Fraction(str(confidence)) // 1)
    if a == n + 1:
        assert metrics.coverage_band(n, m, confidence) == (1.0, 1.0)
        return
    cumulative = exact_cumulative(m, a, n + 1 - a)
    low, high = (next(k for k, p in enumerate(cumulative) if p >= Fraction(tail)) for tail in ("0.025", "0.975"))
    assert metrics.coverage_band(n, m, confidence) == pytest.approx((low / m, high / m))


def test_band_narrows_at_the_size_of_chembl() -> None:
    low, high = metrics.coverage_band(400_000, 360_000, 0.8)
    assert 0.797 < low < 0.8 < high < 0.803
