"""The tilt is the closest distribution that meets what was asked, and nothing where nothing was."""

import numpy as np
import pytest

from forecast import tilt

RNG = np.random.default_rng(3)
EVENTS = np.sort(RNG.random((20_000, 1)), axis=0) < np.array([0.44, 0.73])  # nested, like "by 2027" and "by 2028"
EVENTS = EVENTS.astype(float)


def test_tilting_to_what_already_holds_changes_nothing():
    found = tilt.find(EVENTS, EVENTS.mean(axis=0))
    assert found.bend == pytest.approx(0.0, abs=1e-9)
    assert found.weights(EVENTS) == pytest.approx(np.full(len(EVENTS), 1 / len(EVENTS)), rel=1e-6)


def test_explicit_numbers_are_met_and_the_published_example_has_its_bend():
    found = tilt.find(EVENTS, np.array([0.30, 0.60]))
    weights = found.weights(EVENTS)
    assert weights @ EVENTS == pytest.approx([0.30, 0.60], abs=1e-8)
    assert found.bend == pytest.approx(0.053, abs=0.01)


def test_the_bend_is_the_kl_divergence_of_the_weights():
    found = tilt.find(EVENTS[:, :1], np.array([0.2]))
    p = EVENTS[:, 0].mean()
    by_hand = 0.2 * np.log(0.2 / p) + 0.8 * np.log(0.8 / (1 - p))
    assert found.bend == pytest.approx(by_hand, abs=1e-9)


def test_at_least_is_left_alone_where_it_holds():
    found, reached = tilt.honour(EVENTS, ["at_least", "at_least"], [0.1, 0.5])
    assert found.bend == 0.0
    assert reached == pytest.approx(EVENTS.mean(axis=0))


def test_at_least_is_met_exactly_where_it_is_violated():
    found, reached = tilt.honour(EVENTS, ["equal", "at_least"], [0.30, 0.80])
    assert reached == pytest.approx([0.30, 0.80], abs=1e-8)
    assert found.bend > 0


def test_a_probability_that_no_draw_reaches_is_refused_not_clipped():
    with pytest.raises(tilt.NoTilt, match="the prior itself is wrong"):
        tilt.find(np.zeros((100, 1)), np.array([0.3]))


def test_the_same_tilt_does_not_pull_later_draws_back_to_the_number():
    found = tilt.find(EVENTS, np.array([0.30, 0.60]))
    later = (RNG.random((20_000, 1)) < np.array([0.8, 0.95])).astype(float)
    assert found.weights(later) @ later[:, 0] > 0.6
