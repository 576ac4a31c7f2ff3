"""The arithmetic of the backtest, on data whose truth is known, and what it may look at."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast import backtest, parameters, predictive, sampling
from forecast.evidence import ledger as ledgers
from forecast.mechanism import WALK
from priors import decimal_year
from tests.conftest import TODAY

STAND = date(2025, 12, 31)
clocks = pytest.mark.parametrize("clock", ["observed", "published"])


@pytest.fixture(scope="module")
def stands():
    book = ledgers.read()
    return {clock: backtest.stand(book, STAND, clock, newest=TODAY) for clock in ("observed", "published")}


@pytest.fixture(scope="module")
def eta():
    z = np.random.default_rng(3).standard_normal((300, len(parameters.VECTOR)))
    return sampling.values_of(0.3 * z, parameters.broad(decimal_year(STAND)))


@clocks
def test_nothing_known_is_from_after_the_stand_and_nothing_to_come_from_before(clock, stands):
    found, column = stands[clock], {"observed": "observed_on", "published": "public_on"}[clock]
    known = found.known[found.known["kind"] != "absence"]
    assert (known[column] <= pd.Timestamp(STAND)).all()
    assert (found.came[column] > pd.Timestamp(STAND)).all()
    assert (found.came[column] <= pd.Timestamp(2026, 6, 30)).all()
    assert not set(known["id"]) & set(found.came["id"])


@clocks
def test_outcomes_are_horizons_at_50_percent_and_shares(clock, stands):
    came = stands[clock].came
    assert set(came["kind"]) <= {"horizon", "share"}
    assert not came["series"].str.contains("p80").any()


def test_a_row_of_unknown_publication_date_is_in_no_stand_by_publication(stands):
    for part in (stands["published"].known, stands["published"].came):
        assert not part["publication_assumed"].eq(True).any()


def test_no_forecast_is_made_where_no_horizons_were_known(ledger):
    assert backtest.stand(ledger, date(2024, 12, 31), "published", newest=TODAY) is None


@pytest.mark.parametrize("level", backtest.LEVELS)
def test_intervals_of_a_true_forecast_cover_as_often_as_they_say(level):
    rng = np.random.default_rng(1)
    truth = rng.standard_normal(2000)
    drawn = rng.standard_normal((1000, 2000))
    found = backtest.judge(drawn, truth, np.zeros(2000, int))[f"covered_{100 * level:.0f}"].mean()
    assert abs(found - level) < 4 * np.sqrt(level * (1 - level) / 2000)


def test_intervals_of_an_overconfident_forecast_cover_too_seldom():
    rng = np.random.default_rng(2)
    found = backtest.judge(0.5 * rng.standard_normal((1000, 2000)), rng.standard_normal(2000), np.zeros(2000, int))
    expected = 2 * stats.norm.cdf(0.5 * stats.norm.ppf(0.95)) - 1
    assert found["covered_90"].mean() == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 2000))


def test_the_crps_of_draws_of_a_normal_is_that_of_the_normal():
    drawn = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None]
    found = backtest.judge(drawn, np.array([0.0]), np.zeros(1, int))["crps"][0]
    assert found == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=1e-3)


def test_a_censored_outcome_is_covered_where_the_interval_reaches_beyond_its_bound():
    drawn = np.linspace(0.0, 1.0, 1001)[:, None].repeat(4, axis=1)
    found = backtest.judge(drawn, np.array([0.7, 0.8, 0.2, 0.3]), np.array([1, 1, -1, -1]))
    assert found["covered_50"].tolist() == [True, False, False, True]
    assert found["crps"].isna().all()


def test_a_straight_line_is_extrapolated_exactly_and_its_scale_grows_with_distance():
    x = np.arange(6.0)
    noise = np.array([1, -1, -1, 1, 1, -1]) * 0.1
    fit = stats.linregress(x, 2.0 + 0.5 * x + noise)
    location, scale, freedom = backtest.line(x, 2.0 + 0.5 * x + noise, np.array([6.0, 9.0]))
    assert location == pytest.approx(fit.intercept + fit.slope * np.array([6.0, 9.0]))
    assert scale[1] > scale[0] > 0.1
    assert freedom.tolist() == [4.0, 4.0]


def test_horizons_are_forecast_by_their_own_law(stands, eta):
    at = stands["observed"]
    block, drawn = backtest.foretell(eta, at, seed=1)["horizon"]
    (one,) = (a for a in predictive.at_rows(eta, decimal_year(STAND), {"horizon": block}) if a.kind == "horizon")
    law = predictive.law("horizon", one.seen, one.previous, one.q, block.columns)
    places = predictive.probability_below(law, drawn)
    assert set(block.ids) == set(at.came.loc[at.came["kind"] == "horizon", "id"])
    assert all(stats.kstest(column, "uniform").pvalue > 1e-4 for column in places.T)


def test_a_walk_widens_forecasts_of_horizons_and_of_shares(stands, eta):
    narrow, wide = eta[:1].repeat(1000, axis=0), eta[:1].repeat(1000, axis=0)
    shocks = [parameters.VECTOR.index(name) for name in WALK[1:]]
    narrow[:, shocks] = 0.0
    wide[:, shocks] = np.random.default_rng(5).standard_normal((1000, len(shocks)))
    found = [backtest.foretell(one, stands["observed"], seed=1) for one in (narrow, wide)]
    for kind in ("horizon", "share"):
        spread = [part[kind][1].std(axis=0).mean() for part in found]
        assert spread[1] > spread[0]


def test_a_month_of_a_chart_is_forecast_from_the_last_known_one(stands, eta):
    at = stands["observed"]
    one = eta[:1].repeat(2000, axis=0)
    block, drawn = backtest.foretell(one, at, seed=1)["share"]
    higher = at.known["kind"].eq("share") & (at.known["reading"] > 0.05)
    moved = replace(at, known=at.known.assign(reading=at.known["reading"].where(~higher, at.known["reading"] * 1.5)))
    _, then = backtest.foretell(one, moved, seed=1)["share"]
    first = int(np.argmin(np.where(block.columns["level"] == 0, block.month, 10**6)))
    gain = then[:, first].mean() - drawn[:, first].mean()
    last = float(np.log(0.2362 * 1.5 / (1 - 0.2362 * 1.5)) - np.log(0.2362 / (1 - 0.2362)))
    assert gain == pytest.approx(0.9 * last, rel=0.02)


def test_the_table_counts_outcomes_and_takes_means_where_there_is_a_score():
    outcomes = pd.DataFrame({
        "clock": "observed", "stand": "2025-12-31", "kind": "horizon", "censored": [False, False, True],
        "covered_50": [True, False, False], "covered_80": [True, True, False], "covered_90": [True, True, True],
        "crps": [0.2, 0.4, np.nan], "crps_baseline": [0.1, np.nan, np.nan],
    })  # fmt: skip
    one, every = backtest.table(outcomes).to_dict(orient="records")
    assert (one["outcomes"], one["censored"]) == (3, 1)
    assert (one["covered_50"], one["covered_80"], one["covered_90"]) == pytest.approx((1 / 3, 2 / 3, 1.0))
    assert (one["crps"], one["crps_same"], one["crps_baseline"]) == pytest.approx((0.3, 0.2, 0.1))
    assert one["covered_50_low"] < 1 / 3 < one["covered_50_high"]
    assert every["stand"] == "all"


@pytest.mark.slow
def test_every_outcome_of_a_stand_is_judged_once(ledger):
    found = backtest.run(ledger, newest=TODAY, stands=[STAND], clocks=["published"])
    assert found["id"].is_unique
    assert np.isfinite(found["pit"]).all()
