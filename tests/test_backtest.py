"""The arithmetic of the backtest, on data whose truth is known, and what it may look at."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast import backtest, parameters, predictive, rows, sampling
from forecast.evidence import ledger as ledgers
from forecast.mechanism import HISTORY_START, WALK
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


def with_readings(monkeypatch, readings):
    """Known rows that read otherwise: of each kind, y as a function of time and of the block's columns."""
    whole = rows.blocks

    def read(frame, **options):
        found = whole(frame, **options)
        for kind, line in readings.items():
            block = found[kind]
            found[kind] = replace(block, columns=block.columns | {"y": line(backtest._time(block), block.columns)})
        return found

    monkeypatch.setattr(backtest.rows, "blocks", read)


def test_the_baseline_goes_on_straight_with_one_line_for_horizons_and_one_for_each_chart(stands, eta, monkeypatch):
    at = stands["observed"]
    came = {kind: block for kind, (block, _) in backtest.foretell(eta, at, seed=1).items()}
    laws = {
        "horizon": lambda t, d: 2.0 + 0.7 * t,
        "share": lambda t, d: -1.0 + d["level"] + (0.2 + 0.3 * d["level"]) * t,
    }
    with_readings(monkeypatch, laws)
    for kind, block in came.items():
        location, scale, freedom = backtest.extrapolated(at, kind, block)
        foreseen = freedom > 0
        assert foreseen.any(), kind
        expected = laws[kind](backtest._time(block), block.columns)
        np.testing.assert_allclose(location[foreseen], expected[foreseen], rtol=1e-9, err_msg=kind)
        assert (scale[foreseen] == 1e-3).all(), "no residuals: the least scale"


def test_the_baseline_goes_through_horizons_at_50_percent_alone(stands, eta):
    at = stands["observed"]
    block, _ = backtest.foretell(eta, at, seed=1)["horizon"]
    before = np.array(backtest.extrapolated(at, "horizon", block))
    p80 = at.known["kind"].eq("horizon") & at.known["series"].str.contains("p80")
    assert p80.any()
    moved = replace(at, known=at.known.assign(reading=at.known["reading"].where(~p80, at.known["reading"] * 9.0)))
    np.testing.assert_array_equal(backtest.extrapolated(moved, "horizon", block), before)
    fifty = at.known["kind"].eq("horizon") & ~p80
    moved = replace(at, known=at.known.assign(reading=at.known["reading"].where(~fifty, at.known["reading"] + 0.5)))
    assert not np.array_equal(backtest.extrapolated(moved, "horizon", block), before)


def test_two_readings_make_no_line(stands, eta):
    at = stands["observed"]
    block, _ = backtest.foretell(eta, at, seed=1)["horizon"]
    horizons = at.known[backtest._medians(at.known)]
    few = replace(at, known=at.known[~at.known["id"].isin(horizons["id"].iloc[2:])])
    assert np.isnan(backtest.extrapolated(few, "horizon", block)).all()
    scores = backtest.judge(backtest._ensemble(*backtest.extrapolated(few, "horizon", block)), block.columns["y"],
                            np.zeros(len(block.ids), int))  # fmt: skip
    assert scores["crps"].isna().all()


@pytest.fixture
def fits(monkeypatch):
    """The sampler is replaced by draws from the belief that it was given: (as-of date, blocks) of each time."""
    asked = []
    z = 0.3 * np.random.default_rng(3).standard_normal((300, len(parameters.VECTOR)))

    def draw(prior, blocks, *, seed, draws):
        asked.append((prior.t_asof, blocks))
        return SimpleNamespace(eta=sampling.values_of(z, prior))

    monkeypatch.setattr(backtest.sampling, "fit", draw)
    return asked


def test_every_outcome_of_every_stand_is_judged_once_by_a_fit_to_what_was_known_then(stands, fits, ledger, monkeypatch):
    """On 31 December 2024 nothing had been published that could be forecast from: no fit, and no line."""
    said, whole = [], backtest.stand
    known = {(STAND, clock): at for clock, at in stands.items()}
    monkeypatch.setattr(
        backtest,
        "stand",
        lambda ledger, day, clock, **more: known.get((day, clock)) or whole(ledger, day, clock, **more),
    )
    found = backtest.run(ledger, newest=TODAY, stands=[date(2024, 12, 31), STAND], report=said.append)
    asked = {
        clock: set(found.loc[found["clock"].eq(clock) & found["stand"].eq("2025-12-31"), "id"]) for clock in stands
    }
    assert asked == {clock: set(at.came["id"]) for clock, at in stands.items()}
    assert not found.duplicated(["clock", "stand", "id"]).any()
    assert set(zip(found["clock"], found["stand"], strict=True)) == {
        ("observed", "2024-12-31"), ("observed", "2025-12-31"), ("published", "2025-12-31")
    }  # fmt: skip
    assert [day for day, _ in fits] == [decimal_year(day) for day in (date(2024, 12, 31), STAND, STAND)]
    for (_, blocks), at in zip(fits[1:], stands.values(), strict=True):
        read = {row for block in blocks.values() for row in block.ids}
        assert read
        assert read <= set(at.known["id"])
        assert not read & set(at.came["id"])
    assert len(said) == 3
    assert f"{len(stands['published'].known) - 1} rows known, {len(stands['published'].came)} to come" in said[-1]
    ahead = (found["years_ahead"] > 0.0) & (found["years_ahead"] < (backtest.MONTHS_AHEAD + 1) / 12)
    assert ahead[found["clock"] == "observed"].all()


def test_where_no_stand_can_be_forecast_there_is_no_outcome(fits, ledger):
    assert backtest.run(ledger, newest=TODAY, stands=[date(2024, 12, 31)], clocks=["published"]).empty
    assert not fits


def test_a_forecast_that_is_known_is_scored_as_it_must_be(stands, eta, fits, ledger, monkeypatch):
    """Of horizons the draws lie evenly within 1 of the outcome, moved up by 0.4; of shares, evenly on the logit within
    1 of it. The first horizon is a lower bound; so the interval, which reaches above it, covers it at every level."""
    at = stands["observed"]
    whole = backtest.foretell(eta, at, seed=1)
    grid = np.linspace(-1.0, 1.0, 2001)[:, None]

    def known(*_, **__):
        (horizon, _), (share, _) = whole["horizon"], whole["share"]
        bounds = np.zeros(len(horizon.ids))
        bounds[0] = 1.0
        horizon = replace(horizon, columns=horizon.columns | {"censored": bounds})
        share = replace(share, columns=share.columns | {"floored": np.zeros(len(share.ids))})
        return {"horizon": (horizon, horizon.columns["y"] + 0.4 + grid), "share": (share, share.columns["y"] + grid)}

    monkeypatch.setattr(backtest, "foretell", known)
    monkeypatch.setattr(backtest, "stand", lambda *_, **__: at)
    found = backtest.run(ledger, newest=TODAY, stands=[STAND], clocks=["observed"])
    horizon, share = (found[found["kind"] == kind].reset_index(drop=True) for kind in ("horizon", "share"))
    assert horizon["censored"].tolist() == [True] + [False] * (len(horizon) - 1)
    assert np.isnan(horizon["crps"][0])
    np.testing.assert_allclose(horizon["pit"], 0.3, atol=1e-3)
    for level in (50, 80, 90):
        expected = level / 100 >= 0.4
        assert horizon[f"covered_{level}"].tolist() == [True] + [expected] * (len(horizon) - 1)
        assert share[f"covered_{level}"].all()
    # of a uniform on a - 1 to a + 1, as its distribution function gives it: the integral of (F - 1{x > 0})^2 at a = 0.4
    np.testing.assert_allclose(horizon["crps"][1:], (0.6**3 + 1.4**3) / 12, rtol=2e-3)
    assert np.allclose(share["median"], share["reading"])
    assert share["reading"].between(0.0, 1.0).all(), "shares are compared as shares, not as logits"
    np.testing.assert_allclose(horizon["median"] - horizon["reading"], 0.4)
    block = whole["horizon"][0]
    year = HISTORY_START + (block.month + block.within) / 12 + block.before
    np.testing.assert_allclose(horizon["years_ahead"], year - decimal_year(STAND))


def test_a_share_below_its_floor_says_that_the_truth_lies_below(stands, eta):
    block, _ = backtest.foretell(eta, stands["observed"], seed=1)["share"]
    floored = replace(block, columns=block.columns | {"floored": np.ones(len(block.ids))})
    above = replace(block, columns=block.columns | {"floored": np.zeros(len(block.ids))})
    assert (backtest._side("share", floored) == -1).all()
    assert (backtest._side("share", above) == 0).all()


def test_the_table_takes_each_clock_by_itself_and_adds_up_its_stands():
    def outcomes(clock, day, kind, n, hits, crps):
        inside = [i < hits for i in range(n)]
        return pd.DataFrame({
            "clock": clock, "stand": day, "kind": kind, "censored": False, "covered_50": inside, "covered_80": inside,
            "covered_90": inside, "crps": crps, "crps_baseline": 2.0 * crps,
        })  # fmt: skip

    found = backtest.table(pd.concat([
        outcomes("observed", "2025-06-30", "horizon", 4, 1, 0.1), outcomes("observed", "2025-12-31", "horizon", 6, 6, 0.6),
        outcomes("observed", "2025-12-31", "share", 2, 0, 0.05), outcomes("published", "2025-12-31", "horizon", 5, 3, 0.2),
    ]))  # fmt: skip
    every = found[found["stand"] == "all"].set_index(["clock", "kind"])
    assert len(found) == 4 + 3
    both = every.loc[("observed", "horizon")]
    assert both["outcomes"] == 10
    assert both["covered_80"] == pytest.approx(0.7)
    assert both["crps"] == pytest.approx((4 * 0.1 + 6 * 0.6) / 10)
    assert both["crps_baseline"] == pytest.approx(2.0 * both["crps"])
    assert every.loc[("observed", "share"), "covered_50"] == 0.0
    assert every.loc[("published", "horizon"), "covered_50"] == pytest.approx(0.6)


@pytest.mark.slow
def test_every_outcome_of_a_stand_is_judged_once(ledger):
    found = backtest.run(ledger, newest=TODAY, stands=[STAND], clocks=["published"])
    assert found["id"].is_unique
    assert np.isfinite(found["pit"]).all()
