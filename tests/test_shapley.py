"""Shapley values by their axioms, and by games that can be worked out by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cruxes.shapley import interaction, shapley

FINITE = st.floats(-1e3, 1e3)


def games(*tail):
    return st.integers(0, 5).flatmap(lambda k: arrays(float, (2**k, *tail), elements=FINITE))


@given(games(3))
def test_shares_add_up_to_what_all_players_change(values):
    assert shapley(values).sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-9)


@settings(deadline=None)
@given(games())
def test_shares_are_the_mean_over_all_orders_of_joining(values):
    k = len(values).bit_length() - 1
    gained = np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        mask = 0
        for i in order:
            gained[i] += values[mask | 1 << i] - values[mask]
            mask |= 1 << i
    assert shapley(values) == pytest.approx(gained / len(orders), abs=1e-8)


@given(games())
def test_exchanging_the_two_sides_turns_every_sign(values):
    assert shapley(values[::-1]) == pytest.approx(-shapley(values), abs=1e-9)


@given(arrays(float, 16, elements=FINITE))
def test_players_who_do_the_same_get_the_same(values):
    swapped = [mask & 0b1100 | (mask & 1) << 1 | mask >> 1 & 1 for mask in range(16)]
    first, second, *_ = shapley((values + values[swapped]) / 2.0)
    assert first == pytest.approx(second, abs=1e-9)


@given(arrays(float, 8, elements=FINITE))
def test_a_player_who_changes_nothing_gets_nothing(values):
    with_null = np.concatenate([values, values])
    assert shapley(with_null)[3] == 0.0
    assert shapley(with_null)[:3] == pytest.approx(shapley(values), abs=1e-9)


def test_several_questions_at_once_are_each_answered_as_if_alone():
    values = np.random.default_rng(1).random((16, 2, 3))
    together = shapley(values)
    assert together.shape == (4, 2, 3)
    assert together[:, 1, 2] == pytest.approx(shapley(values[:, 1, 2]), abs=1e-12)


def test_glove_game():
    """One left glove, two right ones: a pair is worth 1."""
    values = np.array([float(bool(m & 1) and bool(m & 6)) for m in range(8)])
    assert shapley(values) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_what_two_do_only_together_is_shared_in_halves_and_is_their_interaction():
    values = np.array([0.0, 1.0, 2.0, 3.0 + 5.0])
    assert shapley(values) == pytest.approx([1.0 + 2.5, 2.0 + 2.5])
    assert interaction(values, 0, 1) == interaction(values, 1, 0) == 5.0


@given(arrays(float, 8, elements=FINITE))
def test_players_whose_gains_just_add_up_do_not_interact(values):
    size = [values[0] * (m & 1) + values[1] * (m >> 1 & 1) + values[2] * (m >> 2) for m in range(8)]
    assert interaction(np.array(size), 0, 2) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("count", "pair"), [(3, (0, 1)), (0, (0, 1)), (4, (0, 0)), (4, (0, 2))])
def test_a_game_that_is_none_is_refused(count, pair):
    with pytest.raises(ValueError, match="expected"):
        interaction(np.zeros(count), *pair)
