"""Curves of dates: what they say is the share of weighted draws, and nothing is lost beside them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import priors
from cruxes.date_curves import COLUMNS, date_curves, quarters
from forecast.simulation import EVENTS, HORIZON, Futures
from forecast.view import View
from tests import small_views

INF = np.inf
DAY = date(2026, 11, 21)


def view(dates, weights=None, *, pause=None, name="clark"):
    """A worldview whose LOOP is seen on these dates; a pause stops every clock on those."""
    n = len(dates)
    every = {event: np.full(n, INF) for event in (*EVENTS, "LOC", "PAUSE")} | {"LOOP": np.asarray(dates, dtype=float)}
    every["PAUSE"] = np.full(n, INF) if pause is None else np.asarray(pause, dtype=float)
    return View(
        worldview=priors.load(name), name="updated", day=DAY, eta=np.zeros((n, 1)),
        weights=np.full(n, 1.0 / n) if weights is None else np.asarray(weights, dtype=float),
        futures=Futures(dates=every, snapshots={}, values={}), seed=1,
    )  # fmt: skip


def cdf(table, year):
    return float(table.loc[(table["output_type"] == "cdf") & (table["year"] == year), "value"].iloc[0])


def test_seen_by_2100_never_and_stopped_are_all_futures():
    table = date_curves(small_views.views("clark", "lambert"))
    whole = table[(table["output_type"] != "cdf") | (table["year"] == HORIZON)]
    sums = whole.groupby(["worldview", "view", "event"])["value"].sum()
    assert len(sums) == 2 * len(EVENTS)
    assert sums.to_numpy() == pytest.approx(1.0, abs=1e-12)


def test_a_curve_is_the_weighted_share_of_futures_that_see_it_before_each_quarter_ends():
    one = small_views.views("clark")[0]
    weights = np.random.default_rng(1).dirichlet(np.ones(len(one.weights)))
    one = replace(one, weights=weights)
    table = date_curves([one], ["LOOP"])
    curve = table[table["output_type"] == "cdf"]
    seen = one.futures.observed("LOOP")
    expected = [weights @ (seen < year) for year in curve["year"][:-1]] + [weights @ (seen <= HORIZON)]
    assert curve["value"].to_numpy() == pytest.approx(np.array(expected), abs=1e-12)
    assert (np.diff(curve["value"]) >= -1e-12).all()


def test_a_date_at_midnight_of_a_quarter_belongs_to_the_next_one():
    table = date_curves([view([2028.0, 2028.1, 2030.0, INF])], ["LOOP"])
    assert (cdf(table, 2028.0), cdf(table, 2028.25), cdf(table, 2030.25)) == (0.0, 0.5, 0.75)


def test_quarters_run_from_that_of_the_forecast_day_to_2060():
    found = quarters(DAY)
    assert (found[0], found[-1]) == (2026.75, 2060.0)
    assert np.diff(found) == pytest.approx(0.25)
    assert quarters(date(2027, 1, 1))[0] == 2027.0


def test_worldviews_that_spoke_earlier_stand_on_the_quarters_of_the_newest_day():
    early = replace(view([2026.2, 2028.0]), name="stated", day=date(2026, 1, 1))
    table = date_curves([early, view([2028.0])], ["LOOP"])
    grids = table[table["output_type"] == "cdf"].groupby("view")["year"].agg(list)
    assert grids["stated"] == grids["updated"]
    assert cdf(table[table["view"] == "stated"], 2026.75) == 0.5


def test_what_a_pause_stopped_is_neither_seen_nor_never():
    table = date_curves([view([2028.5, 2029.5, 2030.5, INF], pause=[INF, INF, 2029.0, INF])], ["LOOP"])
    rest = table[table["output_type"] != "cdf"].set_index(["output_type", "cause"])["value"]
    assert rest["stopped", "PAUSE"] == rest["never", ""] == 0.25
    assert rest["stopped", "LOC"] == 0.0
    assert cdf(table, HORIZON) == 0.5


def test_a_competing_event_does_not_stop_itself():
    table = date_curves([view([2028.5, INF], pause=[INF, 2030.0])], ["PAUSE"])
    assert table.loc[table["output_type"] == "stopped", "cause"].tolist() == ["LOC"]


def test_the_table_has_its_columns_and_refuses_no_view_a_view_twice_and_one_that_leaves_rows_out():
    one = view([2028.5, INF])
    assert tuple(date_curves([one]).columns) == COLUMNS
    for views in ([], [one, one], [replace(one, without=("share",))]):
        with pytest.raises(ValueError, match="expected"):
            date_curves(views)
