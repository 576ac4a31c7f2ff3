"""Value of information and of discrimination: published fixtures, identities, and what distances do."""

from datetime import date

import numpy as np
import pytest

from cruxes import clock_bins, discrimination, double_cruxes, information
from cruxes.discrimination import Belief, Distance
from cruxes.double_cruxes import Meeting
from cruxes.information import Estimate
from tests.conftest import TODAY

BINS = clock_bins.bins(TODAY, date(2030, 12, 31))


def test_the_published_value_of_information():
    assert discrimination.voi_log(Belief(outcome=0.1, given=0.02, crux=0.01)) == pytest.approx(2.24200985e-4, abs=1e-8)


def test_the_published_value_of_discrimination_is_negative_and_stays_so():
    a, b = Belief(outcome=0.6, given=0.7, crux=0.5), Belief(outcome=0.1, given=0.2, crux=0.4)
    assert discrimination.vod_log(a, b) == pytest.approx(-0.0285410, abs=5e-8)
    assert discrimination.vod_log(a, b) == discrimination.vod_log(b, a)


def test_value_of_information_is_mutual_information_by_another_name():
    belief = Belief(outcome=0.3, given=0.6, crux=0.2)
    joint = np.array([[0.2 * 0.6, 0.8 * belief.given_not], [0.2 * 0.4, 0.8 * (1 - belief.given_not)]])
    nats = float(information.mutual_information(joint)) * np.log(2)
    assert discrimination.voi_log(belief) == pytest.approx(nats / np.log(10), rel=1e-12)


def test_a_crux_that_is_independent_is_worth_nothing():
    assert discrimination.voi_log(Belief(outcome=0.3, given=0.3, crux=0.4)) == pytest.approx(0.0, abs=1e-15)


def test_the_outcome_as_its_own_crux_is_worth_all_there_is():
    belief = Belief(outcome=0.3, given=1.0, crux=0.3)
    entropy = -(0.3 * np.log10(0.3) + 0.7 * np.log10(0.7))
    assert discrimination.voi_log(belief) == pytest.approx(entropy)
    assert discrimination.voi_share(belief) == pytest.approx(1.0)


def test_incoherent_beliefs_have_no_value():
    assert np.isnan(discrimination.voi_log(Belief(outcome=0.1, given=0.9, crux=0.5)))


def test_people_who_agree_on_everything_have_nothing_to_discriminate():
    one = Belief(outcome=0.3, given=0.6, crux=0.2)
    assert discrimination.vod_log(one, one) == 0.0
    assert discrimination.vod_log_mean(one, one) == 0.0


def test_a_crux_on_which_all_the_difference_hangs_closes_all_of_it():
    """Both hold the same given the crux, and differ in how likely it is."""
    beliefs = [Belief(outcome=0.9 * c + 0.1 * (1 - c), given=0.9, crux=c) for c in (0.8, 0.3)]
    apart = discrimination.symmetric_divergence(*(b.outcome for b in beliefs))
    assert discrimination.vod_log(*beliefs) == pytest.approx(apart)
    assert discrimination.vod_log_mean(*beliefs) == pytest.approx(apart)


def test_counts_keep_probabilities_off_nought_and_one():
    found = discrimination.belief(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([False, True]), draws=100)
    assert 0 < found.crux < 0.01
    assert 0.9 < found.outcome < 1
    assert np.isfinite(discrimination.voi_log(found))


def masses(dates, chance):
    """Of equally weighted draws."""
    row = clock_bins.row_of(np.asarray(dates), BINS)
    return information.masses(np.full(len(row), 1 / len(row)), row, chance, rows=BINS.rows)


def split(n, share):
    """The first ``share`` of draws say yes."""
    yes = np.arange(n) < share * n
    return np.column_stack([~yes, yes]).astype(float)


def shuffled(dates, seed=5):
    return np.random.default_rng(seed).permutation(dates)


def test_a_view_is_no_distance_from_itself():
    one = masses(np.linspace(2027, 2040, 2000), split(2000, 0.5))
    found = discrimination.distance(one, one, BINS, draws=(2000, 2000))
    assert found.before == 0.0
    assert found.narrowing.value == 0.0


def test_two_dates_are_as_far_apart_as_they_are_and_never_counts_as_2100():
    n = 1000
    late = masses(np.full(n, 2031.0), split(n, 0.5))
    for dates, years in ((np.full(n, 2029.0), 2.0), (np.full(n, np.inf), 69.0)):
        found = discrimination.distance(masses(dates, split(n, 0.5)), late, BINS, draws=(n, n))
        assert found.before == pytest.approx(years, abs=0.3)


def test_an_unrelated_observation_narrows_nothing():
    n = 4000
    half = np.full((n, 2), 0.5)
    a, b = (masses(shuffled(np.linspace(*ends, n)), half) for ends in ((2027, 2030), (2029, 2040)))
    found = discrimination.distance(a, b, BINS, draws=(n, n))
    assert found.narrowing.value == pytest.approx(0.0, abs=1e-9)


def test_an_observation_that_settles_it_brings_both_together():
    """Yes means 2028 and no means 2036, for both; one thinks yes likely and the other not."""
    n = 4000
    order = np.random.default_rng(7).permutation(n)

    def holding(share):
        chance = split(n, share)
        return masses(np.where(chance[:, 1] > 0, 2028.0, 2036.0)[order], chance[order])

    found = discrimination.distance(holding(0.9), holding(0.2), BINS, draws=(n, n))
    assert found.before == pytest.approx(8 * 0.7, abs=0.2)
    assert found.narrowing.value > 0.95 * found.before
    assert found.narrowing.mcse < 0.05 * found.before


def test_an_observation_can_drive_people_apart():
    """Both hold the same dates, and read the sign in opposite ways."""
    n = 4000
    order = np.random.default_rng(8).permutation(n)
    dates = np.where(np.arange(n) < n / 2, 2028.0, 2036.0)
    a, b = (masses(dates[order], split(n, 0.5)[order][:, columns]) for columns in ([0, 1], [1, 0]))
    found = discrimination.distance(a, b, BINS, draws=(n, n))
    assert found.before == pytest.approx(0.0, abs=1e-9)
    assert found.narrowing.value < -5


def test_who_holds_an_observation_impossible_is_not_moved_by_it():
    n = 2000
    never_yes = masses(np.full(n, 2036.0), split(n, 0.0))
    found = discrimination.distance(never_yes, masses(np.full(n, 2028.0), split(n, 1.0)), BINS, draws=(n, n))
    assert found.narrowing.value == pytest.approx(0.0, abs=1e-6)


def test_the_upper_half_is_the_yes_or_what_lies_above_the_common_middle():
    assert list(discrimination.upper_half(np.array([0.9, 0.1]), np.array([0.8, 0.2]))) == [False, True]
    even = np.full(4, 0.25)
    assert list(discrimination.upper_half(even, even)) == [False, False, True, True]


def meeting(signal, closes, *, voi=(0.1, 0.1), error=0.01):
    apart = Distance(before=10.0, expected_by_a=9.0, expected_by_b=9.0, narrowing=Estimate(value=closes, mcse=error))
    return Meeting(
        signal=signal, a="a", b="b", voi=voi, voi_share=voi, vod=0.0, vod_mean=0.0, apart=apart, bits=0.1, ratio=1.0
    )


def test_a_double_crux_moves_both_and_closes_the_gap_beyond_its_error():
    assert double_cruxes.is_double_crux(meeting("s", 1.0))
    assert not double_cruxes.is_double_crux(meeting("s", 1.0, voi=(0.3, 0.001)))
    assert not double_cruxes.is_double_crux(meeting("s", -1.0))
    assert not double_cruxes.is_double_crux(meeting("s", 0.05))
    assert not double_cruxes.is_double_crux(meeting("s", 1.0, error=0.9))


def test_the_best_three_come_first():
    found = [meeting(name, closes) for name, closes in (("p", 1.0), ("q", 3.0), ("r", 2.0), ("s", 0.5), ("t", -4.0))]
    assert [m.signal for m in double_cruxes.best(found, "b", "a")] == ["q", "r", "p"]
    assert double_cruxes.by_pair(found, ["a", "b", "c"])["a", "c"] == ()


def test_of_one_source_the_best_stands_for_all():
    found = [meeting(name, closes) for name, closes in (("p", 1.0), ("q", 3.0), ("r", 2.0))]
    assert [m.signal for m in double_cruxes.best(found, "a", "b", sources={"q": "one chart", "r": "one chart"})] == [
        "q",
        "p",
    ]
