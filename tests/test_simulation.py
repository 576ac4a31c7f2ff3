"""Dated futures: competing risks, clocks that follow from others, and luck that every belief leaves to the rest."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri

import priors
from benchmarks import plain
from forecast import mechanism, parameters, simulation
from forecast.mechanism import HISTORY_START, WALK_KNOTS, WALK_STEP
from forecast.namespaces import NumPy
from forecast.parameters import VECTOR
from forecast.simulation import COMPETING, EVENTS, HORIZON, SLOW_START_YEARS

WORLDVIEWS = priors.load_all()
N, SEED = 2000, 5

each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)
each_event = pytest.mark.parametrize("event", EVENTS)


def futures(worldview, n=N, seed=SEED, **options):
    eta, _ = plain.prior_draws(worldview, n, seed)
    return simulation.simulate(eta, worldview, seed=seed, **{"noise": 0.0} | options)


@pytest.fixture(scope="module")
def every():
    return {name: futures(view) for name, view in WORLDVIEWS.items()}


def believing(worldview, **values):
    """The same person with some single probabilities changed."""
    beliefs = dict(worldview.beliefs)
    for name, value in values.items():
        beliefs[name] = beliefs[name].model_copy(update={"value": value})
    return worldview.model_copy(update={"beliefs": beliefs})


@each_worldview
@each_event
def test_what_happened_was_stopped_or_never_came_add_up_to_one(name, event, every):
    """Draw by draw, not only on average: exactly one of them is so."""
    f = every[name]
    happened = np.isfinite(f.observed(event))
    stopped = [f.stopped_by(event, cause) for cause in COMPETING]
    never = np.isinf(f.dates[event]) & np.isinf(f.first_stop(event))
    np.testing.assert_array_equal(happened.astype(int) + sum(s.astype(int) for s in stopped) + never, 1)


@each_worldview
def test_every_date_is_by_the_horizon_or_never(name, every):
    for event, date in every[name].dates.items():
        assert not np.isnan(date).any(), event
        assert (np.isinf(date) | (date <= HORIZON)).all(), event


@each_worldview
def test_control_is_lost_only_after_the_loop_has_closed(name, every):
    dates = every[name].dates
    lost = np.isfinite(dates["LOC"])
    assert (dates["LOC"][lost] > dates["LOOP"][lost]).all()
    assert not lost[every[name].values["kept"] > 0].any()


@each_worldview
def test_a_pause_comes_only_once_half_is_automated(name, every):
    dates = every[name].dates
    paused = np.isfinite(dates["PAUSE"])
    assert (dates["PAUSE"][paused] > dates["HALF"][paused]).all()


def test_the_wait_for_loss_of_control_has_a_mean_of_two_years():
    """Among draws whose loop closes before 2040, so that the horizon cuts off e^-30; 4 standard errors."""
    f = futures(believing(WORLDVIEWS["clark"], A=0.0), 4000)
    early = f.dates["LOOP"] < 2040.0
    wait = f.dates["LOC"][early] - f.dates["LOOP"][early]
    assert wait.mean() == pytest.approx(2.0, abs=4 * 2.0 / np.sqrt(early.sum()))


def test_who_is_sure_of_control_never_loses_it():
    assert np.isinf(futures(believing(WORLDVIEWS["yudkowsky"], A=1.0)).dates["LOC"]).all()


@each_worldview
def test_the_economy_follows_the_first_of_its_three_causes(name, every):
    f = every[name]
    fast = f.dates["SWX3"] + f.values["L"]
    slow = f.dates["LOOP"] + SLOW_START_YEARS + f.values["L"]
    first = np.min([fast, slow, f.values["T_broad"]], axis=0)
    np.testing.assert_array_equal(f.dates["ECON10"], np.where(first <= HORIZON, first, np.inf))
    later = first + f.values["L30"]
    np.testing.assert_array_equal(f.dates["ECON30"], np.where(later <= HORIZON, later, np.inf))
    assert (f.dates["ECON30"] >= f.dates["ECON10"]).all()


@pytest.mark.parametrize("event", ["RE", "LOOP", "SWX3", "X100"])
def test_where_no_new_paradigm_is_needed_its_date_is_irrelevant(event):
    view = WORLDVIEWS["lambert"]
    never, always = (futures(believing(view, psi=0.0, pi_never=p)) for p in (0.0, 1.0))
    np.testing.assert_array_equal(never.dates[event], always.dates[event])
    assert np.isinf(always.values["T_par"]).all()


def test_where_a_paradigm_is_needed_and_never_comes_the_loop_stays_open_below_its_wall():
    f = futures(believing(WORLDVIEWS["lambert"], psi=1.0, pi_never=1.0))
    below = f.values["wall"] < 0.95
    assert below.any()
    assert np.isinf(f.dates["LOOP"][below]).all()


@pytest.mark.parametrize("belief", ["psi", "pi_never", "A", "J"])
def test_changing_one_probability_leaves_everybody_elses_luck_as_it_was(belief):
    view = WORLDVIEWS["clark"]
    before = simulation.future_values(view, N, SEED)
    after = simulation.future_values(believing(view, **{belief: 0.99}), N, SEED)
    touched = {"psi": {"psi"}, "pi_never": {"T_par"}}.get(belief, set())
    for name in before.keys() - touched:
        np.testing.assert_array_equal(before[name], after[name])


def test_changing_one_interval_leaves_everybody_elses_luck_as_it_was():
    view = WORLDVIEWS["clark"]
    wider = view.beliefs["L"].model_copy(update={"interval": (5.0, 50.0)})
    other = view.model_copy(update={"beliefs": {**view.beliefs, "L": wider}})
    before, after = (simulation.future_values(v, N, SEED) for v in (view, other))
    for name in before.keys() - {"L"}:
        np.testing.assert_array_equal(before[name], after[name])
    np.testing.assert_array_equal(np.argsort(before["L"]), np.argsort(after["L"]))


def test_more_draws_begin_with_the_same_ones():
    short, long = (simulation.uniforms("LOC", n, SEED) for n in (10, 1000))
    np.testing.assert_array_equal(short, long[:10])


def test_each_quantity_has_luck_of_its_own():
    """Correlations of 5,000 pairs are within 4 standard errors of nought."""
    names = ["LOC", "PAUSE", "A", "J", "psi", "ASI", "zeta", "L", "T_broad"]
    z = np.array([ndtri(simulation.uniforms(name, 5000, SEED)) for name in names])
    off = np.corrcoef(z)[~np.eye(len(names), dtype=bool)]
    assert np.abs(off).max() < 4 / np.sqrt(5000)


@each_worldview
def test_the_same_seed_gives_the_same_futures_and_another_does_not(name, every):
    again = futures(WORLDVIEWS[name])
    for event, date in every[name].dates.items():
        np.testing.assert_array_equal(date, again.dates[event])
    other = futures(WORLDVIEWS[name], seed=SEED + 1)
    assert not np.array_equal(other.dates["LOOP"], again.dates["LOOP"])


def test_process_noise_grows_as_a_random_walk_from_the_start_of_history():
    eta = np.random.default_rng(1).standard_normal((20_000, len(VECTOR)))
    eta[:, VECTOR.index("walk_sd")] = np.log(0.3)
    walk = simulation.drift(eta, 1)
    assert (walk[:, 0] == 0.0).all()
    np.testing.assert_allclose(walk.std(axis=0)[[2, 4, 6, 40]], 0.3 * np.sqrt([1, 2, 3, 20]), rtol=0.02)
    assert HISTORY_START + WALK_STEP * (walk.shape[1] - 1) >= HORIZON


def test_the_walk_of_the_future_goes_on_from_that_of_the_past():
    """Up to the last knot that rows may tell of, the simulation walks where the likelihood does."""
    eta, _ = plain.prior_draws(WORLDVIEWS["clark"], 50, 3)
    q = parameters.natural(parameters.by_name(eta), NumPy)
    walk = simulation.drift(eta, 1)
    for i in range(len(WALK_KNOTS) + 1):
        expected = mechanism.walk(HISTORY_START + i * WALK_STEP, q, NumPy)[:, 0]
        np.testing.assert_allclose(walk[:, i], expected, atol=1e-12)


def test_no_process_noise_is_no_noise_and_much_of_it_scatters_the_loop(every):
    still, shaken = every["clark"], futures(WORLDVIEWS["clark"], noise=1.0)
    for name, value in still.values.items():
        if name != "u_at_loop":
            np.testing.assert_array_equal(value, shaken.values[name])
    assert not np.array_equal(still.dates["LOOP"], shaken.dates["LOOP"])


def test_taking_draws_apart_and_joining_them_changes_nothing(every):
    f = every["clark"]
    halves = [f.take(np.arange(N // 2)), f.take(np.arange(N // 2, N))]
    joined = simulation.join(halves)
    assert len(joined) == N
    for event, date in f.dates.items():
        np.testing.assert_array_equal(joined.dates[event], date)


def test_a_trajectory_that_does_not_arrive_is_an_error_and_not_a_never(monkeypatch):
    monkeypatch.setattr(simulation, "MOST_STEPS", 50)
    with pytest.raises(ArithmeticError, match="did not reach 2100"):
        futures(WORLDVIEWS["clark"], 10)


def test_an_event_at_the_moment_of_a_stop_is_seen():
    f = futures(WORLDVIEWS["clark"], 10)
    same = replace(f, dates={**f.dates, "LOOP": np.full(10, 2030.0), "LOC": np.full(10, 2030.0)})
    assert (same.observed("LOOP") == 2030.0).all()
    assert not same.stopped_by("LOOP", "LOC").any()
