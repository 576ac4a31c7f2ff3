"""Distances between forecasts, the split of their variance, and pools, on draws whose answers are known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import priors
from cruxes import distances, pools
from cruxes.side_by_side import side_by_side
from forecast.simulation import EVENTS, Futures
from forecast.summary import COLUMNS
from forecast.view import View

INF = np.inf
DAY = date(2029, 12, 31)


def view(name, dates, weights=None, *, pause=None, stage="stated"):
    """A worldview whose LOOP is seen on these dates; a pause stops every clock on those."""
    dates = np.asarray(dates, dtype=float)
    n = len(dates)
    every = {event: np.full(n, INF) for event in (*EVENTS, "LOC", "PAUSE")} | {"LOOP": dates}
    every["PAUSE"] = np.full(n, INF) if pause is None else np.asarray(pause, dtype=float)
    return View(
        worldview=priors.load(name), name=stage, day=date(2026, 6, 1), eta=np.zeros((n, 1)),
        weights=np.full(n, 1.0 / n) if weights is None else np.asarray(weights, dtype=float),
        futures=Futures(dates=every, snapshots={}, values={}), seed=1,
    )  # fmt: skip


A = view("clark", [2028.5, 2029.5, 2030.5, INF])
B = view("lambert", [2038.5, 2039.5, 2040.5, INF])


def cell(table, kind, which=""):
    return float(table.loc[(table["output_type"] == kind) & (table["output_type_id"] == str(which)), "value"].iloc[0])


def test_a_forecast_is_at_no_distance_from_itself():
    found = distances.distance(A, A, "LOOP")
    assert (found.years_if_both, found.years_capped, found.never, found.not_seen) == (0.0, 0.0, 0.0, 0.0)
    assert found.overlap == pytest.approx(1.0)
    assert found.a_first == pytest.approx(0.5)


def test_a_forecast_ten_years_later_is_ten_years_away_given_that_both_happen():
    found = distances.distance(A, B, "LOOP")
    assert found.years_if_both == pytest.approx(10.0)
    assert found.years_capped == pytest.approx(7.5)
    assert found.overlap == pytest.approx(0.25)


def test_ties_at_never_are_split_in_halves_and_reported():
    found = distances.distance(A, B, "LOOP")
    assert found.neither == pytest.approx(1 / 16)
    assert found.a_first == pytest.approx(12 / 16 + 0.5 / 16)
    assert found.a_first + distances.distance(B, A, "LOOP").a_first == pytest.approx(1.0)


def test_never_is_at_infinity_and_not_a_late_date():
    later = view("lambert", [2028.5, 2029.5, INF, INF])
    found = distances.distance(A, later, "LOOP")
    assert found.years_capped == pytest.approx((2100.0 - 2030.5) / 4)
    assert found.years_if_both == pytest.approx(0.5)
    assert found.never == found.not_seen == pytest.approx(0.25)


def test_what_a_pause_stopped_is_not_seen_but_is_not_never():
    paused = view("lambert", [2028.5, 2029.5, 2030.5, INF], pause=[INF, INF, 2029.0, INF])
    found = distances.distance(A, paused, "LOOP")
    assert found.not_seen == pytest.approx(0.25)
    assert found.never == 0.0


def test_weights_count_as_so_many_draws():
    weighted = view("lambert", [2030.5, 2040.5, INF], [0.5, 0.25, 0.25])
    repeated = view("lambert", [2030.5, 2030.5, 2040.5, INF])
    assert vars(distances.distance(A, weighted, "LOOP")) == pytest.approx(vars(distances.distance(A, repeated, "LOOP")))


def test_where_one_never_sees_it_the_distance_given_both_is_not_a_number():
    none = view("lambert", [INF, INF])
    found = distances.distance(A, none, "LOOP")
    assert np.isnan(found.years_if_both)
    assert found.overlap == pytest.approx(0.25)
    assert found.a_first == pytest.approx(0.75 + 0.125)


def test_pairs_compare_only_views_of_the_same_name():
    updated = [replace(A, name="updated"), replace(B, name="updated")]
    assert list(distances.pairs([A, B, *updated], "LOOP")["view"]) == ["stated", "updated"]


def test_the_variance_of_the_mixture_is_that_within_plus_that_between():
    found = distances.split([A, B], "LOOP", DAY).set_index("quantity")
    yes_or_no = found.loc["seen by 2029-12-31"]
    p = np.mean([0.5, 0.0])
    assert yes_or_no["within"] + yes_or_no["between"] == pytest.approx(p * (1 - p))
    dates = np.minimum(np.concatenate([A.futures.dates["LOOP"], B.futures.dates["LOOP"]]), 2100.0)
    capped = found.loc["date, capped at 2100"]
    assert capped["within"] + capped["between"] == pytest.approx(np.var(dates))


def test_nothing_lies_between_people_who_agree_and_everything_between_those_who_are_sure():
    same = replace(A, worldview=B.worldview)
    assert distances.split([A, same], "LOOP", DAY)["share_between"].tolist() == pytest.approx([0.0, 0.0])
    sure = [view("clark", [2028.0] * 3), view("lambert", [2040.0] * 3)]
    assert distances.split(sure, "LOOP", DAY)["share_between"].tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("pool", [pools.linear, pools.logarithmic])
def test_a_pool_of_one_mind_is_that_mind(pool):
    many = view("clark", np.repeat([2028.5, 2029.5, 2030.5, INF], 2500))
    table = pool([many, replace(many, worldview=B.worldview)], "LOOP").table
    assert cell(table, "cdf", "2029-12-31") == pytest.approx(0.5, abs=0.005)
    assert cell(table, "never") == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize("pool", [pools.linear, pools.logarithmic])
def test_seen_never_and_stopped_are_all_of_a_pool(pool):
    paused = view("lambert", [2028.5, 2029.5, 2030.5, INF], pause=[INF, INF, 2029.0, INF])
    table = pool([A, paused], "LOOP", weights={"clark": 1.0, "lambert": 3.0}).table
    total = cell(table, "cdf", "2099-12-31") + cell(table, "never")
    assert total + table.loc[table["output_type"] == "stopped", "value"].sum() == pytest.approx(1.0)
    cdf = table.loc[table["output_type"] == "cdf", "value"].to_numpy()
    assert (np.diff(cdf) >= 0.0).all()


def test_the_linear_pool_averages_probabilities_and_never_medians():
    table = pools.linear([A, B], "LOOP", weights={"clark": 3.0, "lambert": 1.0}).table
    assert cell(table, "cdf", "2029-12-31") == pytest.approx(0.75 * 0.5)
    assert cell(table, "quantile_if_ever", 0.5) == 2029.5


def test_one_empty_year_does_not_veto_it_in_the_logarithmic_pool():
    wide = view("clark", np.repeat(np.arange(2028.5, 2048.5), 50))
    gap = view("lambert", np.repeat(np.setdiff1d(np.arange(2028.5, 2048.5), [2035.5]), 50))
    table = pools.logarithmic([wide, gap], "LOOP").table
    assert cell(table, "cdf", "2035-12-31") > cell(table, "cdf", "2034-12-31")


@pytest.mark.parametrize("weights", [{"clark": 1.0}, {"clark": 1.0, "lambert": 0.0}, {"clark": 1.0, "krier": 1.0},
                                     {"clark": 1.0, "lambert": float("nan")}])  # fmt: skip
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match="one positive number for each of clark, lambert"):
        pools.linear([A, B], "LOOP", weights=weights)


def test_every_pool_says_what_it_assumes_and_no_weights_are_learned():
    for pool in (pools.linear([A, B], "LOOP"), pools.logarithmic([A, B], "LOOP")):
        assert pool.assumes == pools.ASSUMES[pool.kind]
        assert pool.weights == {"clark": 0.5, "lambert": 0.5}
    assert "never learned" in pools.NO_LEARNED_WEIGHTS


def test_the_long_table_holds_each_worldview_once():
    table = side_by_side([A, B])
    assert tuple(table.columns) == COLUMNS
    assert list(table["worldview"].unique()) == ["clark", "lambert"]
    for views in ([], [A, A]):
        with pytest.raises(ValueError, match="expected"):
            side_by_side(views)
