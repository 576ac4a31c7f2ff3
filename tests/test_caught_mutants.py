"""Facts that a planted fault would turn (`python -m tests.mutations`) and that no other test of the fast half states."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import priors
from cruxes import attribution, blocks, mixtures
from cruxes.publication import store
from forecast import artefacts, kernels, parameters, posteriors, rows, sampling, simulation, summary, views
from forecast.functionals import happened_by
from forecast.mechanism import LN10, Parameters
from forecast.namespaces import NumPy
from forecast.observations import horizon
from forecast.simulation import HORIZON, Futures
from forecast.view import View
from tests import small_views
from tests.conftest import TODAY

CLARK, LAMBERT = priors.load("clark"), priors.load("lambert")
FEW = 100


def stated_of(worldview):
    """The stated view of beliefs alone: nothing of the rows before is fitted, so no sampler runs."""
    return views.state_from(parameters.of_worldview(worldview), worldview, seed=1, draws=1000)


@pytest.fixture(scope="module")
def clark():
    return stated_of(CLARK)


@pytest.fixture(scope="module")
def sides(clark):
    return {"clark": blocks.side(clark), "lambert": blocks.side(stated_of(LAMBERT))}


# The simulation


def test_a_ceiling_of_three_orders_of_magnitude_is_a_thousandfold():
    eta = dict.fromkeys(parameters.VECTOR, 0.0) | {"H": np.log(3.0)}
    assert parameters.natural(eta, NumPy)["headroom"] == pytest.approx(np.log(1000.0), rel=1e-12)


@pytest.fixture
def told(monkeypatch):
    """What the compiled simulation is given: (worldview, draws, asi)."""
    found = []
    forward = kernels.forward()

    def run(draws, asi, *rest):
        found.append((draws, asi))
        return forward(draws, asi, *rest)

    monkeypatch.setattr(kernels, "forward", lambda: run)
    return found


def test_each_residual_is_dated_to_the_day_its_author_spoke(told):
    for worldview in (CLARK, LAMBERT):
        eta = sampling.values_of(np.zeros((3, len(parameters.VECTOR))), parameters.of_worldview(worldview))
        simulation.simulate(eta, worldview, seed=1)
        dated = told[-1][0][:, Parameters._fields.index("t_asof")]
        assert dated.tolist() == [priors.decimal_year(worldview.as_of)] * 3


def test_superintelligence_lies_four_to_ten_orders_of_magnitude_beyond_the_loop(told):
    eta = sampling.values_of(np.zeros((1000, len(parameters.VECTOR))), parameters.of_worldview(CLARK))
    simulation.simulate(eta, CLARK, seed=1)
    ahead = told[-1][1] / LN10
    assert (ahead.min(), ahead.max()) == pytest.approx((4.0, 10.0), abs=0.05)


def test_another_seed_is_other_luck_for_every_quantity():
    """Given the same parameters: draws of them have a seed of their own."""
    for name in ("psi", "T_par", "A", "LOC", "PAUSE", "ASI"):
        first, again, other = (simulation.uniforms(name, 5, seed) for seed in (1, 1, 2))
        assert np.array_equal(first, again)
        assert not np.any(first == other)


def test_another_seed_is_another_walk():
    eta = np.zeros((5, len(parameters.VECTOR)))
    first, again, other = (simulation.drift(eta, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


# Views


def kept_numbers(stated, view):
    happens, asked = views.indicators(stated.view.worldview, view)
    return view.weights @ happens, [value for _, _, value in asked]


def test_a_persons_own_numbers_are_met_by_the_draws_and_not_only_said_to_be(clark):
    reached, asked = kept_numbers(clark, clark.view)
    assert reached == pytest.approx(asked, abs=1e-6)
    assert reached == pytest.approx([one.tilted for one in clark.view.honoured], abs=1e-12)
    untilted = views.indicators(CLARK, clark.view)[0].mean(axis=0)
    assert np.abs(untilted - asked).min() > 0.01, "so that the tilt has something to do"


def test_an_update_keeps_the_tilt_that_was_found_before_the_rows(clark):
    """Draws of a posterior in which the loop is nearer: the same multipliers weigh them, and the numbers move."""
    eta = clark.view.eta[:1000].copy()
    eta[:, parameters.VECTOR.index("theta")] -= 1.0
    posterior = sampling.Posterior(z=eta, eta=eta, table=pd.DataFrame(), diagnostics={})
    found = views.update_from(clark, posterior, day=TODAY, without=(), seed=1, weigh=None)
    happens, asked = views.indicators(CLARK, found)
    exponent = happens @ clark.tilt.multipliers
    assert found.weights == pytest.approx(np.exp(exponent) / np.exp(exponent).sum(), rel=1e-12)
    assert np.ptp(found.weights) > 0.0
    assert (found.weights @ happens > np.array([value for _, _, value in asked]) + 0.02).all()


def test_re_weighting_keeps_the_tilt(clark, ledger):
    """A little less of one kind of rows: what that does to weights does not depend on the tilt they had."""
    few = np.arange(250)
    tilted = clark.view.weights[few] / clark.view.weights[few].sum()
    view = replace(clark.view, eta=clark.view.eta[few], futures=clark.view.futures.take(few), weights=tilted)
    known = rows.blocks(rows.new_between(ledger, CLARK.as_of, date(2026, 6, 15)))
    kind = next(name for name, block in known.items() if block.counted)
    less = dict(known) | {kind: replace(known[kind], weight=0.999 * known[kind].weight)}
    found = posteriors.with_weights(view, clark, known, less, seed=1, refit=False).view
    untilted = replace(view, weights=np.full(len(few), 1.0 / len(few)))
    even = posteriors.with_weights(untilted, clark, known, less, seed=1, refit=False).view
    expected = even.weights * tilted
    assert found.weights == pytest.approx(expected / expected.sum(), rel=1e-9)
    assert np.ptp(tilted) > 0.0
    assert np.ptp(even.weights) > 0.0


def by_hand(dates, *, pause, weights):
    """A view of four draws."""
    never = np.full(len(dates), np.inf)
    every = dict.fromkeys((*simulation.EVENTS, *simulation.COMPETING), never)
    every |= {"LOOP": np.array(dates, dtype=float), "PAUSE": np.array(pause, dtype=float)}
    return View(
        worldview=CLARK, name="stated", day=CLARK.as_of, eta=np.zeros((len(dates), 1)), weights=np.array(weights),
        futures=Futures(dates=every, snapshots={}, values={}), seed=1,
    )  # fmt: skip


INF = np.inf


def test_what_a_pause_stopped_is_told_apart_from_never_in_the_table():
    """Of four draws one sees it, two are stopped (one for ever) and one never comes."""
    view = by_hand([2030.0, 2040.0, INF, INF], pause=[INF, 2035.0, 2036.0, INF], weights=[0.1, 0.2, 0.3, 0.4])
    table = summary.table(view, events=["LOOP"])

    def value(kind, which=""):
        return summary.value(table, worldview="clark", view="stated", event="LOOP", output_type=kind, which=which)

    assert value("cdf", "2099-12-31") == pytest.approx(0.1)
    assert value("stopped", "PAUSE") == pytest.approx(0.5)
    assert value("stopped", "LOC") == 0.0
    assert value("never") == pytest.approx(0.4)


def test_never_counts_in_a_quantile_of_all_draws():
    view = by_hand([2030.0, 2040.0, INF, INF], pause=[INF] * 4, weights=[0.1, 0.2, 0.3, 0.4])
    seen = view.futures.observed("LOOP")
    assert view.quantile(seen, 0.05) == 2030.0
    assert view.quantile(seen, 0.25) == 2040.0
    assert view.quantile(seen, 0.5) == INF
    assert view.quantile(seen, 0.5, seen <= HORIZON) == 2040.0


# What rows say, and which are read


def test_a_published_interval_of_a_horizon_is_one_of_95_percent():
    read = pd.DataFrame({
        "series": ["metr_horizon_p50_minutes"], "subject": ["m"], "same_subject": ["m"], "reads_as": ["value"],
        "bound": [""], "reading": [np.log(120.0)], "reading_low": [np.log(60.0)], "reading_high": [np.log(360.0)],
        "censored_above": [np.nan], "other_vintage": [False], "observed_on": pd.to_datetime(["2025-06-01"]),
    })  # fmt: skip
    found = horizon.columns(read)
    edge = stats.norm.ppf(0.975)
    assert found["se_low"][0] == pytest.approx(np.log(2.0) / edge)
    assert found["se_high"][0] == pytest.approx(np.log(3.0) / edge)


def test_what_is_new_by_a_day_was_public_by_that_day(ledger):
    after, until = date(2026, 3, 1), date(2026, 6, 1)
    public = ledger.rows.set_index("id")["published_on"]
    new = rows.new_between(ledger, after, until)
    known = public.reindex(new.loc[new["kind"] != "absence", "id"]).dropna()
    assert len(known) > 5
    assert (known <= pd.Timestamp(until)).all()
    assert public.max() > pd.Timestamp(until), "so that there is a future to leak"


def test_other_rows_are_another_view(ledger):
    """Also where day, seed and everything else are the same."""
    names = set()
    for weight in (1.0, 0.5):
        read = rows.blocks(rows.known_by(ledger, date(2025, 6, 1)))
        read = {kind: replace(block, weight=weight * block.weight) for kind, block in read.items()}
        names.add(artefacts.view_key(CLARK, "stated", day=CLARK.as_of, seed=1, read=[read]))
    assert len(names) == 2


def test_a_book_made_by_other_code_is_refused(ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    store.opened.cache_clear()
    store.finish(store.begin(ledger, day=TODAY, seed=1))
    assert store.opened().seed == 1
    monkeypatch.setattr(store, "code_hash", lambda: "other")
    store.opened.cache_clear()
    with pytest.raises(store.Stale, match="code changed since"):
        store.opened()
    store.opened.cache_clear()


# Why people differ


def test_what_is_exchanged_is_the_others_and_the_rest_ones_own(sides):
    a, b = sides["clark"], sides["lambert"]
    mixed = blocks.between(a, b, ["C1"])
    assert mixed.elicited()["theta"] == b.beliefs["theta"] != a.beliefs["theta"]
    assert mixed.elicited()["boost"] == a.beliefs["boost"] != b.beliefs["boost"]
    assert mixed.probabilities()["psi"] == a.chances["psi"] != b.chances["psi"]


def test_a_comparison_gives_each_side_its_own_forecast(sides, monkeypatch):
    monkeypatch.setattr(blocks, "differing", lambda a, b: ("C1",))  # two coalitions instead of hundreds
    found = attribution.attribute(sides["clark"], sides["lambert"], seed=1, draws=FEW)
    assert (found.a, found.b) == ("clark", "lambert")
    day = attribution.HEADLINE_DAY
    gap = attribution.one(found.gaps, ("LOOP", "cdf", day.isoformat())).iloc[0]
    for side, name in (("a", "clark"), ("b", "lambert")):
        view = sides[name].view
        assert gap[f"{side}_published"] == pytest.approx(view.probability(happened_by(view, "LOOP", day)), abs=1e-12)
    assert gap["a_published"] > gap["b_published"] + 0.2


def test_every_crux_but_locality_can_move_a_date():
    """C8 the economy's alone; nobody's beliefs about one project or many are in the mechanism."""
    cruxes = {str(v.crux) for v in priors.variables().values()} - {blocks.SHARED}
    assert set(blocks.acting("ECON10")) == (cruxes - {"C9"}) | {blocks.SHARED, blocks.HONOURED}
    assert set(blocks.acting("LOOP")) == set(blocks.acting("ECON10")) - {"C8"}


def test_a_mixture_has_the_luck_of_a_simulation_of_it(sides):
    """To the last bit, waits for a pause and for loss of control included."""
    a, b = sides["clark"], sides["lambert"]
    moved = ["C10", "C8"]
    found = mixtures.mixed(a, b, moved, events=["LOOP", "ECON10"], draws=FEW, seed=1)
    eta = sampling.values_of(mixtures._normals(FEW, 1), a.prior)
    for place, taken in ((0, []), (3, moved)):
        futures = simulation.simulate(eta, blocks.between(a, b, taken), seed=1)
        for i, event in enumerate(["LOOP", "ECON10"]):
            assert np.array_equal(found.seen[place, i], futures.observed(event))


def test_each_number_stands_under_the_name_of_who_holds_it():
    table = summary.long_table(small_views.views("clark", "lambert"))
    for name in ("clark", "lambert"):
        view = small_views.kept(name).view
        found = summary.value(
            table, worldview=name, view="updated", event="LOOP", output_type="cdf", which="2030-12-31"
        )
        assert found == view.probability(happened_by(view, "LOOP", date(2030, 12, 31)))
