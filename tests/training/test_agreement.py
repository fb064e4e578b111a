"""Agreement of readers, against values worked out elsewhere."""

import numpy as np
import pytest

from training.agreement import area_under_curve, intraclass_correlation, pairs_of


def test_intraclass_correlation_of_shrout_and_fleiss():
    """Two of the judges in table 2 of the paper, by its formulas on paper."""
    first, second = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    ratings = np.stack([first, second], 1)
    between = 2 * ratings.mean(1).var(ddof=1)
    difference = first - second
    error = difference.var(ddof=1) / 2
    assert intraclass_correlation(first, second) == pytest.approx((between - error) / (between + error))


def test_agreement_is_one_and_chance_about_none():
    rng = np.random.default_rng(0)
    truth = rng.random(5000)
    assert intraclass_correlation(truth, truth) == pytest.approx(1)
    assert intraclass_correlation(truth + 0.3, truth) == pytest.approx(1)  # consistency: a bias is forgiven
    assert abs(intraclass_correlation(rng.random(5000), truth)) < 0.05
    assert intraclass_correlation(0.5 * truth, truth) < 0.85  # half the strength is not
    assert np.isnan(intraclass_correlation(np.zeros(4), np.zeros(4)))


def test_the_area_under_the_curve_counts_pairs():
    likeness, same = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])
    assert area_under_curve(likeness, same) == pytest.approx(3 / 4)
    assert area_under_curve(np.ones(4), same) == pytest.approx(0.5)
    assert np.isnan(area_under_curve(likeness, np.ones(4, bool)))


def test_pairs_come_once():
    likeness, same = pairs_of(np.arange(9).reshape(3, 3), np.array([7, 7, 8]))
    assert likeness.tolist() == [1, 2, 5]
    assert same.tolist() == [True, False, False]
