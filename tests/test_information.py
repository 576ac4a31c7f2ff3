"""Bits: identities first, then the closed form."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from cruxes import clock_bins, information, signals, watch
from forecast.evidence import ledger as ledgers
from forecast.run import Evidence
from tests.conftest import TODAY
from tests.small_views import views

TABLES = arrays(float, (3, 5), elements=st.floats(0.0, 1.0)).filter(lambda t: t.sum() > 1e-3).map(lambda t: t / t.sum())


def toy(noise=0.5, draws=4000, cells=400):
    """theta ~ N(0, 1) read with a normal error, both on fine grids."""
    theta = norm.ppf((np.arange(draws) + 0.5) / draws)
    under = norm.cdf((np.linspace(-6, 6, cells - 1)[None, :] - theta[:, None]) / noise)
    ends = np.concatenate([np.zeros((draws, 1)), under, np.ones((draws, 1))], axis=1)
    return theta, np.diff(ends, axis=1)


def test_the_conjugate_toy_has_its_closed_form():
    theta, chance = toy()
    nats = information.about_draws(np.full(len(theta), 1 / len(theta)), chance) * np.log(2)
    assert nats == pytest.approx(0.5 * np.log(1 + 1 / 0.25), abs=0.005)


def test_a_reading_tells_less_about_a_part_of_a_draw_than_about_all_of_it():
    theta, chance = toy(cells=40)
    weights = np.full(len(theta), 1 / len(theta))
    row = np.digitize(theta, [-1.0, 0.0, 1.0])
    part = information.judged(information.masses(weights, row, chance, rows=4), information.mutual_information)
    assert 0 < part.value < information.about_draws(weights, chance)


@given(TABLES)
def test_information_is_never_negative_and_never_more_than_there_is_to_know(table):
    bits = float(information.mutual_information(table))
    assert bits >= 0
    assert bits <= min(information.entropy(table.sum(axis=0)), information.entropy(table.sum(axis=1))) + 1e-9


@given(TABLES)
def test_rows_and_cells_tell_as_much_of_each_other(table):
    there, back = (float(information.mutual_information(t)) for t in (table, table.T))
    assert there == pytest.approx(back, abs=1e-12)


@given(TABLES)
def test_adding_cells_up_loses_information(table):
    merged = np.column_stack([table[:, :2].sum(axis=1), table[:, 2:].sum(axis=1)])
    assert information.mutual_information(merged) <= information.mutual_information(table) + 1e-12


def test_what_is_independent_tells_nothing():
    table = np.outer([0.2, 0.3, 0.5], [0.1, 0.9])
    assert float(information.mutual_information(table)) == pytest.approx(0.0, abs=1e-15)


def test_the_outcome_itself_tells_its_entropy():
    assert float(information.mutual_information(np.diag([0.2, 0.3, 0.5]))) == pytest.approx(
        float(information.entropy(np.array([0.2, 0.3, 0.5])))
    )


def test_masses_hold_every_weighted_draw_once():
    rng = np.random.default_rng(1)
    weights, row, chance = rng.random(101), rng.integers(0, 3, 101), rng.dirichlet(np.ones(4), 101)
    parts = information.masses(weights, row, chance, rows=3)
    w = weights / weights.sum()
    assert parts.sum() == pytest.approx(1.0)
    for i in range(3):
        assert parts.sum(axis=0)[i] == pytest.approx(w[row == i] @ chance[row == i])


def test_the_error_is_that_of_the_draws():
    """Of a mean of n draws the jackknife error is sd / sqrt(n)."""
    rng = np.random.default_rng(2)
    hit = rng.random(20_000) < 0.3
    chance = np.column_stack([~hit, hit]).astype(float)
    parts = information.masses(np.ones(len(hit)), np.zeros(len(hit), dtype=int), chance, rows=1)
    found = information.judged(parts, lambda t: t[:, 0, 1])
    assert found.value == pytest.approx(hit.mean())
    assert found.mcse == pytest.approx(np.sqrt(0.21 / 20_000), rel=0.6)


def test_equal_views_leave_no_doubt_to_settle_and_opposite_ones_a_bit():
    assert information.about_worldview(np.array([[0.3, 0.7], [0.3, 0.7]])) == pytest.approx(0.0, abs=1e-15)
    assert information.about_worldview(np.eye(2)) == pytest.approx(1.0)


def test_no_chance_is_nought_or_one_once_counted():
    assert 0 < information.counted(0.0, 100) < 0.01 < 0.99 < information.counted(1.0, 100) < 1
    assert information.likelihood_ratio(0.5, 0.5, draws_a=10, draws_b=10) == 1.0


def test_bins_hold_every_date_and_never_stands_alone():
    found = clock_bins.bins(TODAY, date(2030, 12, 31))
    dates = np.array([2020.0, 2027.1, 2031.0, 2099.9, np.inf])
    rows = clock_bins.row_of(dates, found)
    assert rows[0] == 0
    assert rows[-1] == found.rows - 1
    table = np.zeros((found.rows, 1))
    np.add.at(table[:, 0], rows, 0.2)
    assert clock_bins.halves(table, found)[:, 0] == pytest.approx([0.4, 0.6])
    assert len(clock_bins.coarse(table, found)) == 9
    assert clock_bins.coarse(table, found)[-1, 0] == pytest.approx(0.2)


@pytest.fixture(scope="module")
def survey():
    catalogue = signals.read()
    some = {
        n: catalogue.signals[n]
        for n in ("loop", "pace_doubled", "metr_spring", "al4_winter", "al3_winter", "btos", "jump")
    }
    return watch.survey(
        views("clark", "lambert"), Evidence(ledgers.read()), catalogue.model_copy(update={"signals": some}),
        event="LOOP", by=date(2030, 12, 31),
    )  # fmt: skip


def test_every_signal_tells_something_or_nothing_and_no_more_than_the_event_itself(survey):
    itself = {told.worldview: told for one in survey.watched if one.name == "loop" for told in one.told}
    for one in survey.watched:
        for told in one.told:
            assert told.bits_date.value >= 0
            assert told.bits_date.value >= told.bits_by.value - told.bits_by.mcse or one.name == "loop"
            assert told.bits_date.mcse >= 0
        assert one.bits_worldview >= 0
    assert all(told.if_not < told.if_event for told in itself.values())


def test_what_asks_for_the_event_itself_comes_last_and_is_no_advice(survey):
    assert [one.asked_itself for one in survey.watched] == sorted(one.asked_itself for one in survey.watched)
    assert not {"loop", "jump"} & {one.name for one in watch.best(survey)}
    assert not {"loop", "jump"} & {one.signal for one in survey.meetings}


def test_advice_names_each_source_once(survey):
    assert len({"al4_winter", "al3_winter"} & {one.name for one in watch.best(survey)}) == 1


def test_bits_soon_rank_above_the_same_bits_late(survey):
    rates = [one.rate for one in survey.watched if not one.asked_itself]
    assert rates == sorted(rates, reverse=True)
    one = survey.watched[0]
    assert watch.wait_years(one.signal, TODAY) >= watch.LEAST_WAIT


def test_adoption_says_next_to_nothing_about_the_loop(survey):
    btos = next(one for one in survey.watched if one.name == "btos")
    assert all(told.bits_date.value < 0.02 for told in btos.told)
