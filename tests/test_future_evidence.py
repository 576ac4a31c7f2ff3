"""Weights on what acts only after today."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import priors
from forecast import simulation
from forecast.future import evidence

TODAY = date(2026, 11, 21)
DRAWS = 4000
WORLDVIEWS = priors.load_all()
each_worldview = pytest.mark.parametrize("worldview", WORLDVIEWS.values(), ids=WORLDVIEWS)


def drawn(worldview):
    return simulation.future_values(worldview, DRAWS, 1)


def weigh(ledger, worldview, **options):
    return evidence.log_weight(drawn(worldview), ledger, **({"after": worldview.as_of, "until": TODAY} | options))


def weighted(log_weight, x):
    weight = np.exp(log_weight - log_weight.max())
    mean = np.average(x, weights=weight)
    return mean, np.sqrt(np.average((x - mean) ** 2, weights=weight))


@each_worldview
def test_old_rows_move_nothing_by_themselves(ledger, worldview):
    assert np.array_equal(weigh(ledger, worldview, until=worldview.as_of), np.zeros(DRAWS))
    assert evidence.row_ids(ledger, after=worldview.as_of, until=worldview.as_of) == ()


@each_worldview
def test_the_weights_leave_more_than_half_of_the_draws(ledger, worldview):
    assert evidence.effective(weigh(ledger, worldview)) > 0.5 * DRAWS


@each_worldview
def test_adoption_barely_moves_the_lag(ledger, worldview):
    log_lag = np.log(drawn(worldview)["L"])
    mean, sd = weighted(weigh(ledger, worldview), log_lag)
    assert abs(mean - log_lag.mean()) < 0.2
    assert sd > 0.85 * log_lag.std()


@each_worldview
def test_dates_of_the_slowdown_and_of_the_paradigm_stay_where_beliefs_put_them(ledger, worldview):
    values = drawn(worldview)
    log_weight = weigh(ledger, worldview)
    for name, most in (("t_slow", 0.5), ("T_par", 0.5)):
        seen = np.isfinite(values[name]) & (values[name] < 2100.0)
        assert abs(weighted(log_weight[seen], values[name][seen])[0] - values[name][seen].mean()) < most


@each_worldview
def test_two_steps_add_up_to_one(ledger, worldview):
    halfway = date(2026, 8, 31)
    steps = weigh(ledger, worldview, until=halfway) + weigh(ledger, worldview, after=halfway)
    assert steps == pytest.approx(weigh(ledger, worldview), abs=1e-9)


def test_the_order_of_rows_does_not_matter(ledger):
    shuffled = replace(ledger, rows=ledger.rows.sample(frac=1.0, random_state=3).reset_index(drop=True))
    trend = WORLDVIEWS["trend"]
    assert np.array_equal(weigh(shuffled, trend), weigh(ledger, trend))


def test_each_kind_has_its_part_and_touches_only_its_own_parameters(ledger):
    trend = WORLDVIEWS["trend"]
    values = drawn(trend)
    parts = evidence.by_kind(values, ledger, after=trend.as_of, until=TODAY)
    assert list(parts) == ["diffusion", "inputs", "paradigm"]
    assert np.array_equal(sum(parts.values()), weigh(ledger, trend))
    own = {"diffusion": ("L", "T_broad"), "inputs": ("t_slow", "g_c_late"), "paradigm": ("T_par",)}
    for kind, names in own.items():
        others = {k: v if k in names else v[::-1] for k, v in values.items()}
        assert np.array_equal(evidence.by_kind(others, ledger, after=trend.as_of, until=TODAY)[kind], parts[kind])


def test_a_kind_left_out_has_no_weight_and_no_rows(ledger):
    trend = WORLDVIEWS["trend"]
    assert not weigh(ledger, trend, without=list(evidence.KINDS)).any()
    span = {"after": trend.as_of, "until": TODAY}
    every = evidence.row_ids(ledger, **span)
    split = [
        evidence.row_ids(ledger, **span, without=[k for k in evidence.KINDS if k != kind]) for kind in evidence.KINDS
    ]
    assert sorted(i for ids in split for i in ids) == list(every)


def test_leaving_out_every_new_row_leaves_no_weight(ledger):
    trend = WORLDVIEWS["trend"]
    new = evidence.row_ids(ledger, after=trend.as_of, until=TODAY)
    assert not weigh(ledger, trend, leave_out=new).any()
    assert weigh(ledger, trend, leave_out=new[:1]).any()


def test_rows_recorded_later_are_not_seen(ledger):
    assert not weigh(ledger, WORLDVIEWS["trend"], recorded_by=date(2020, 1, 1)).any()


def test_a_revised_value_of_an_old_month_is_no_news(ledger):
    clark = WORLDVIEWS["clark"]
    adoption = ledger.rows["series"] == "firm_adoption_ramp_pct"
    old = ledger.rows[adoption & (ledger.rows["observed_on"] == "2025-10-31")]
    revised = old.assign(id="revised", value=80.0, published_on=pd.Timestamp("2026-07-01"))
    longer = replace(ledger, rows=pd.concat([ledger.rows, revised], ignore_index=True))
    assert np.array_equal(weigh(longer, clark), weigh(ledger, clark))


def test_equal_weights_leave_every_draw_in_its_place():
    assert np.array_equal(evidence.resample(np.full(7, -3.2), uniform=0.9), np.arange(7))


@pytest.mark.parametrize("uniform", [0.0, 0.37, 0.999])
def test_resampling_copies_each_draw_in_proportion_to_its_weight_within_one(uniform):
    log_weight = np.random.default_rng(5).normal(size=1000)
    index = evidence.resample(log_weight, uniform=uniform)
    expected = 1000 * np.exp(log_weight) / np.exp(log_weight).sum()
    copies = np.bincount(index, minlength=1000)
    assert (np.abs(copies - expected) < 1.0 + 1e-9).all()
    kept = copies > 0
    assert np.array_equal(index[kept], np.arange(1000)[kept])


def test_a_draw_of_no_weight_is_never_chosen():
    assert np.array_equal(evidence.resample(np.array([0.0, -np.inf, 0.0, -np.inf]), uniform=0.5), [0, 0, 2, 2])
