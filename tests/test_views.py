"""Stated and updated: what may move them and what must not."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from forecast import simulation, views
from forecast.future import evidence
from forecast.simulation import COMPETING, HORIZON

TODAY = date(2026, 11, 21)


def test_evidence_up_to_the_as_of_date_is_inside_the_belief_and_changes_nothing(stated, ledger):
    clark = stated["clark"]
    same = views.update(clark, ledger, clark.view.worldview.as_of, seed=1)
    assert np.array_equal(same.eta, clark.view.eta)
    assert np.array_equal(same.weights, clark.view.weights)


def test_before_its_as_of_date_a_worldview_is_not_yet_stated(stated, ledger):
    clark = stated["clark"]
    with pytest.raises(views.NotYetStated, match="not yet stated"):
        views.update(clark, ledger, clark.view.worldview.as_of - timedelta(days=1), seed=1)


def test_rows_after_the_as_of_date_leave_the_stated_view_as_it_was(stated, ledger):
    lambert = stated["lambert"].view
    as_of = str(lambert.worldview.as_of)
    early = ledger.rows[(ledger.rows["published_on"] <= as_of) | ledger.rows["published_on"].isna()]
    views._cuts.clear()
    again = views.state(lambert.worldview, replace(ledger, rows=early.reset_index(drop=True)), seed=1).view
    assert np.array_equal(again.eta, lambert.eta)
    assert np.array_equal(again.futures.dates["LOOP"], lambert.futures.dates["LOOP"])


def test_the_cut_moves_shared_and_measuring_parameters_and_no_belief(stated):
    from forecast import parameters

    for name, state in stated.items():
        believed = parameters.of_worldview(state.view.worldview)
        cruxes = slice(0, len(parameters.CRUXES))
        assert np.array_equal(state.prior.loc[cruxes], believed.loc[cruxes]), name
        assert np.array_equal(state.prior.scale[cruxes], believed.scale[cruxes]), name
        assert not np.array_equal(state.prior.loc, believed.loc), name


def test_the_tilt_stays_as_it_was_when_evidence_arrives(stated, updated_clark):
    tilt = stated["clark"].tilt
    assert updated_clark.bend == tilt.bend
    kept = updated_clark.honoured[0]
    now = updated_clark.probability(updated_clark.futures.observed("LOOP") < 2028.0)
    assert now != pytest.approx(kept.asked, abs=0.02), "re-tilted: Clark would be at 30 % for ever"


def test_the_evidence_since_brings_clarks_loop_closer(stated, updated_clark):
    before = stated["clark"].view
    p = [v.probability(v.futures.observed("LOOP") < 2029.0) for v in (before, updated_clark)]
    assert p[1] > p[0]


def test_no_loop_is_dated_before_the_day_on_which_none_had_been_shown(updated_clark):
    past = updated_clark.futures.dates["LOOP"] < 2026.8
    assert updated_clark.probability(past) < 0.02


@pytest.mark.parametrize("event", ["RE", "LOOP", "SWX3", "X100", "ASI", "ECON10", "ECON30"])
def test_seen_stopped_and_never_are_all_there_is(stated, event):
    for state in stated.values():
        view = state.view
        seen = view.futures.observed(event) <= HORIZON
        stopped = [view.futures.stopped_by(event, cause) for cause in COMPETING]
        never = ~seen & ~np.any(stopped, axis=0)
        assert view.probability(seen) + sum(map(view.probability, stopped)) + view.probability(never) == pytest.approx(
            1
        )
        assert not np.any(stopped[0] & stopped[1])


def test_the_same_seed_gives_the_same_view_and_another_another(stated, ledger):
    drexler = stated["drexler"].view
    again = views.state(drexler.worldview, ledger, seed=1).view
    assert np.array_equal(again.futures.dates["SWX3"], drexler.futures.dates["SWX3"])


def test_quantiles_of_a_weighted_view_are_those_of_the_repeated_draws(stated):
    view = stated["trend"].view
    values = np.arange(5.0)
    small = replace(view, weights=np.array([0.1, 0.1, 0.2, 0.3, 0.3]), eta=view.eta[:5], futures=view.futures)
    repeated = np.repeat(values, [1, 1, 2, 3, 3])
    for level in (0.05, 0.15, 0.35, 0.5, 0.65, 0.95):
        assert small.quantile(values, level) == np.quantile(repeated, level, method="inverted_cdf")


def test_a_day_on_which_nothing_but_time_has_passed_hardly_changes_anything(stated, ledger):
    yudkowsky = stated["yudkowsky"]
    day = yudkowsky.view.worldview.as_of + timedelta(days=1)
    later = views.update(yudkowsky, ledger, day, seed=1)
    assert np.array_equal(later.eta, yudkowsky.view.eta)
    assert later.effective_draws > 0.99 * yudkowsky.view.effective_draws
    for year in (2027.0, 2029.0, 2040.0):
        before, after = (v.probability(v.futures.dates["LOOP"] < year) for v in (yudkowsky.view, later))
        assert after == pytest.approx(before, abs=0.002)


def test_rows_about_the_economy_move_only_what_acts_after_today(stated, ledger):
    """Adoption, capital and paradigms weigh draws of the lag and its like; LOOP does not depend on those."""
    before = stated["krier"]
    day = TODAY
    with_rows = simulation.simulate(
        before.view.eta, before.view.worldview, seed=1,
        weigh=views.weigher(ledger, before.view.worldview, day),
    )  # fmt: skip
    without = simulation.simulate(before.view.eta, before.view.worldview, seed=1)
    moved = {name for name in without.values if not np.array_equal(without.values[name], with_rows.values[name])}
    assert moved - {"u_at_loop"} == set(evidence.WEIGHED)
    same = np.ones(len(without), dtype=bool)
    for name in ("t_slow", "g_c_late", "T_par"):
        same &= without.values[name] == with_rows.values[name]
    assert same.mean() > 0.5
    assert np.array_equal(without.dates["LOOP"][same], with_rows.dates["LOOP"][same])
    assert not np.array_equal(without.dates["ECON10"], with_rows.dates["ECON10"])


def test_rows_about_the_economy_are_among_the_rows_of_an_updated_view(updated_clark, ledger):
    ids = evidence.row_ids(ledger, after=updated_clark.worldview.as_of, until=TODAY)
    assert ids
    assert set(ids) <= set(updated_clark.row_ids)
