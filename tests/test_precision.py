"""How exact shares are, and how exact they have to be."""

import numpy as np
import pytest

from cruxes.precision import BATCHES, allowed, jackknife, worst

CHANCE, MEDIAN = ("LOOP", "cdf", "2030-12-31"), ("LOOP", "quantile_if_ever", "0.5")


def left_out(batches):
    """The mean of all, then without each batch."""
    return np.array([batches.mean(), *(np.delete(batches, i).mean() for i in range(BATCHES))])


def test_the_error_of_a_mean_is_that_of_the_means_of_its_batches():
    batches = np.random.default_rng(1).standard_normal(BATCHES)
    whole, error = jackknife(left_out(batches), axis=0)
    assert whole == batches.mean()
    assert error == pytest.approx(batches.std(ddof=1) / np.sqrt(BATCHES), rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "gap", "most"),
    [("cdf", 0.0, 0.01), ("never", -0.5, 0.015), ("quantile_if_ever", 1.0, 0.1), ("quantile_if_ever", -10.0, 0.3)],
)
def test_what_is_allowed_is_a_share_of_the_gap_or_what_nobody_would_notice(kind, gap, most):
    assert allowed(kind, gap) == pytest.approx(most)


def test_the_worst_share_is_measured_against_what_its_own_question_allows():
    errors = np.random.default_rng(2).standard_normal(BATCHES)
    values = np.zeros((2, 1 + BATCHES, 2))
    values[1] = left_out(errors)[:, None] * [0.01, 0.1] + [0.1, 1.0]
    _, error = jackknife(values[1] - values[0], axis=0)
    assert worst(values, [CHANCE, MEDIAN]) == pytest.approx(max(error / [0.01, 0.1]))
    assert worst(values, [MEDIAN, MEDIAN]) == pytest.approx(error[1] / 0.1)


def test_a_median_that_is_not_defined_is_not_waited_for():
    values = np.full((2, 1 + BATCHES, 1), np.nan)
    assert worst(values, [MEDIAN]) == 0.0


def test_nobody_who_differs_has_a_share_to_be_wrong_about():
    assert worst(np.ones((1, 1 + BATCHES, 1)), [CHANCE]) == 0.0
