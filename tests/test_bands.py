"""Bands are the view's own futures read by the observation models, and points are the rows in the same unit."""

from dataclasses import replace

import numpy as np
import pytest

import priors
from forecast import bands, predictive, rows
from forecast.observations import Readings
from priors import decimal_year
from tests import small_views
from tests.conftest import TODAY


@pytest.fixture(scope="module")
def view():
    return small_views.kept("clark").view


@pytest.fixture(scope="module")
def at(view):
    return bands.paths(view, until=2028.0, draws=len(view.weights))


@pytest.fixture(scope="module")
def table(view, ledger):
    return bands.bands([view], ledger, day=TODAY, draws=200)


@pytest.fixture(scope="module")
def points(ledger):
    return bands.points(ledger, day=TODAY)


@pytest.mark.parametrize("year", [2023.0, 2025.0, 2027.0])
def test_paths_pass_through_the_new_years_of_the_views_own_futures(at, view, year):
    month = int(np.flatnonzero(np.isclose(at.years, year))[0])
    for name in Readings._fields:
        kept = view.futures.snapshots[name][:, int(year - 2023)]
        assert getattr(at.seen, name)[:, month] == pytest.approx(kept, rel=1e-6)


def test_a_draw_is_taken_as_often_as_its_weight_says():
    taken = bands._evenly(np.array([0.5, 0.0, 0.25, 0.25]), 400)
    assert np.bincount(taken, minlength=4).tolist() == [200, 0, 100, 100]


def test_levels_of_a_band_are_in_order_and_reach_two_years_ahead(table):
    wide = table.pivot(index=["stream", "year"], columns="level", values="value")
    assert (np.diff(wide.to_numpy(), axis=1) >= 0).all()
    assert table["year"].max() == pytest.approx(decimal_year(TODAY) + bands.YEARS_AHEAD, abs=1 / 12)


def test_shares_and_scores_stay_between_their_bounds(table, ledger):
    for stream in bands.streams(ledger, TODAY):
        value = table.loc[table["stream"] == stream.name, "value"]
        if stream.group == "share":
            assert value.between(0.0, 100.0).all()
        if stream.group == "benchmark":
            assert value.between(stream.entry.floor, stream.entry.ceiling).all()


def test_every_registered_series_that_makes_a_line_has_a_stream_and_only_one(ledger):
    named = [name for stream in bands.streams(ledger, TODAY) for name in stream.series]
    assert len(named) == len(set(named))
    kinds = {"share", "uplift", "pace", "benchmark"}
    register = ledger.register.series
    assert {name for name, one in register.items() if one.kind in kinds} <= set(named)


def test_a_point_is_what_the_model_reads_in_the_units_of_the_band(points, ledger, all_blocks):
    shown = points.set_index("id")
    for stream in bands.streams(ledger, TODAY):
        block = all_blocks[stream.entry.kind]
        for row, y in zip(block.ids, block.columns["y"], strict=True):
            if stream.group == "benchmark" or row not in shown.index or shown.loc[row, "stream"] != stream.name:
                continue
            if not shown.loc[row, "censored"]:
                assert stream.shown(np.array(y)) == pytest.approx(shown.loc[row, "value"])


def test_a_horizon_beyond_the_suite_and_a_share_below_the_floor_are_bounds(points):
    by_stream = dict(list(points[points["used"]].groupby("stream")))
    long = by_stream["horizon-p50"]
    assert set(long.loc[long["value"] >= 16.0, "censored"]) == {"above"}
    low = by_stream["share-al4"]
    assert set(low.loc[low["value"] <= 1.0, "censored"]) == {"below"}
    assert set(by_stream["pace"]["censored"]) == {"below"}


def test_a_row_that_is_not_read_is_shown_with_its_reason(points):
    unused = points[~points["used"]]
    assert len(unused)
    assert (unused["why_unused"] != "").all()


def test_only_a_view_from_before_the_new_edition_reads_it_with_a_shift(ledger):
    changed = {
        name: bands._edition_changed(small_views.kept(name).view, ledger, TODAY) for name in ("clark", "drexler")
    }
    assert changed == {"clark": False, "drexler": True}


def test_the_next_score_is_read_after_the_known_ones(at, all_blocks, ledger):
    stream = next(one for one in bands.streams(ledger, TODAY) if one.name == "mle_bench_medal_pct")
    own = bands._own(all_blocks["benchmark"], bands._of_series(ledger, stream))
    after, before = (bands._after_known_scores(at, known, own) for known in (own, bands._own(own, set())))
    month = int(own.month.max())
    spread = [float(np.median(law.below[:, month])) for law in (after, before)]
    assert spread[0] < 0.5 * spread[1]
    said = float(np.median(after.location[:, month]))
    assert said == pytest.approx(own.columns["y"][np.argmax(own.month)], abs=3 * spread[0])


def test_a_row_is_placed_by_its_own_law(view, ledger, all_blocks):
    placed = bands.placed([view], ledger, day=TODAY, draws=len(view.weights)).set_index("id")
    at = next(
        one for one in predictive.at_rows(view.eta, view.worldview.as_of_year, all_blocks) if one.kind == "uplift"
    )
    law = predictive.law("uplift", at.seen, at.previous, at.q, at.rows.columns)
    below = predictive.probability_below(law, at.rows.columns["y"]).mean(axis=0)
    assert placed.loc[list(at.rows.ids), "probability_below"].to_numpy() == pytest.approx(below)
    assert (placed["inside_90"] | ~placed["inside_80"]).all()


def test_readings_drawn_from_a_law_lie_in_its_intervals_as_often_as_they_say():
    rng = np.random.default_rng(1)
    n = 4000
    law = predictive.Law(location=np.zeros((1, n)), below=np.ones((1, n)), above=np.full((1, n), 2.0))
    below = predictive.probability_below(law, predictive.draw_from(law, rng)[0])[0]
    for level in (0.8, 0.9):
        hits = bands._inside("uplift", below, np.zeros(n, dtype=bool), level).mean()
        assert hits == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / n))


@pytest.mark.parametrize(("kind", "below", "inside"), [("horizon", 0.99, False), ("horizon", 0.2, True),
                                                       ("share", 0.01, False), ("pace", 0.5, True)])  # fmt: skip
def test_a_bound_is_inside_where_the_interval_reaches_beyond_it(kind, below, inside):
    assert bands._inside(kind, np.array([below]), np.array([True]), 0.9)[0] == inside


def test_a_second_edition_of_what_was_public_is_no_news(ledger):
    worldview = priors.load("drexler")
    placed = bands.placed([small_views.kept("drexler").view], ledger, day=TODAY, draws=50)
    fresh = rows.new_between(ledger, worldview.as_of, TODAY)
    counted = set(fresh.loc[~fresh["context"], "id"])
    assert set(placed.loc[placed["news"], "id"]) <= counted
    old = placed[(placed["stream"] == "horizon-p50") & ~placed["news"]]
    assert len(old)


def test_the_same_seed_gives_the_same_bands(view, ledger, table):
    again = bands.bands([view], ledger, day=TODAY, draws=200)
    assert again.equals(table)
    other = bands.bands([replace(view, seed=2)], ledger, day=TODAY, draws=200)
    assert not other["value"].equals(table["value"])
