"""Numerical checks: what they let pass, and that each notices a fault that was put there."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import priors
from benchmarks import plain
from forecast import kernels, mechanism, parameters, rows, sampling, simulation, views
from forecast.kernels import EVENT_ROWS
from forecast.mechanism import State
from forecast.oracle import Oracle
from forecast.parameters import CRUXES, VECTOR
from forecast.sampling import CHAINS, Posterior
from forecast.trust import (
    extremes,
    findings,
    numerics,
    numerics_fits,
    numerics_samplers,
    numerics_steps,
    repeats,
    single_precision,
)
from forecast.trust.bridge import Estimate
from forecast.trust.extremes import Lever
from forecast.trust.findings import Context
from forecast.trust.numerics_fits import Fit
from tests import small_views
from tests.conftest import TODAY

N = 400


def held(found):
    """Whether each finding lies within its bounds, by item."""
    return {one.item: findings.passes(one.value, one.low, one.high) for one in found}


# Half the step


@pytest.fixture(scope="module")
def source():
    return kernels._forward_module()


@pytest.fixture(scope="module")
def fit(ledger):
    """In the place of a posterior, draws around the one of Clark's beliefs that rows like best: no sampler is needed."""
    kept = small_views.kept("clark", draws=N)
    worldview = kept.view.worldview
    new = rows.new_between(ledger, worldview.as_of, TODAY)
    liked = numerics_steps.log_likelihoods(kept.view.eta, worldview.as_of_year, rows.blocks(new), times=1).argmax()
    eta = kept.view.eta[liked] + 0.02 * np.random.default_rng(1).standard_normal((N, len(VECTOR)))
    posterior = Posterior(z=np.zeros((N, len(VECTOR))), eta=eta, table=None, diagnostics={})
    stated = views.Stated(view=kept.view, prior=kept.prior, tilt=kept.tilt)
    return Fit(stated=stated, rows=new, blocks=rows.blocks(new), posterior=posterior, view=kept.view, weigh=None)


def test_a_step_divided_by_one_gives_the_dates_of_the_simulation_to_the_last_bit(fit):
    worldview, eta = fit.view.worldview, fit.view.eta
    found = numerics_steps.dates(eta, worldview, seed=3, times=1)
    for event, expected in simulation.simulate(eta, worldview, seed=3).dates.items():
        np.testing.assert_array_equal(found[event], expected)


def test_half_the_step_divides_every_constant_and_leaves_the_cache_alone(source):
    halved = numerics_steps.divided(source, 2)
    assert f"min({kernels.MONTH / 2!r}, {kernels.LARGEST_GAIN / 2!r} / max(" in halved
    assert repr(kernels.MONTH) not in halved
    assert "cache=True" not in halved


def test_a_simulation_written_otherwise_cannot_pass_as_one_with_half_the_step(source):
    source = source.replace(repr(kernels.LARGEST_GAIN), "GAIN")
    with pytest.raises(RuntimeError, match="0 times"):
        numerics_steps.divided(source, 2)


def test_half_the_step_moves_dates_within_the_bounds_and_is_another_simulation(fit):
    """One compilation: a few seconds. Slow crossings, such as M2, need more draws than these to be held."""
    found, tables = numerics_steps.of_worldview(fit, seed=1, draws=50)
    assert set(tables) == {"steps", "step_quantiles", "step_likelihood"}
    assert (tables["steps"]["largest"].dropna() > 0).any()
    by_item = held(found)
    assert by_item["draws left by half a month in the likelihood, clark"]
    assert by_item["LOOP and SWX3 at half the step, clark"]
    p99 = tables["steps"].set_index("event")["p99"]
    assert p99[["LOOP", "SWX3"]].max() <= numerics_steps.LARGEST_CHANGE_YEARS


def euler(s, t, dt, noise, noise_mid, p, xp):
    """A step of first order in the place of the midpoint's second."""
    rate, seen = mechanism.derivatives(s, t, noise, p, xp)
    full = -xp.expm1(-dt / p.tau)
    return State(s.v + dt * rate.v, s.v0 + dt * rate.v0, s.D + dt * rate.D, s.x + full * (rate.x - s.x)), seen


@pytest.mark.parametrize(("stepper", "passes"), [(None, True), (euler, False)])
def test_a_step_of_first_order_fails_the_bound_that_the_midpoint_meets(monkeypatch, stepper, passes):
    """The plain simulation, so that nothing is compiled; dates of automation, which need no window."""
    if stepper is not None:
        monkeypatch.setattr(mechanism, "step", stepper)
    draws, asi = plain.kernel_input(priors.load("clark"), 40, seed=4)
    coarse, fine = (dict(zip(EVENT_ROWS, plain.dates(draws, asi, end=2040.0, finer=n).T, strict=True)) for n in (1, 2))
    found = numerics_steps.changes(coarse, fine, events=("RE", "LOOP", "CORE", "HALF"))
    assert (found["p99"].max() <= numerics_steps.LARGEST_CHANGE_YEARS) == passes, found


def test_a_date_at_one_step_and_never_at_the_other_is_no_change_but_a_switch():
    one, two = (
        {"LOOP": np.array([2030.0, 2031.0, np.inf, np.inf])},
        {"LOOP": np.array([2030.5, np.inf, np.inf, 2040.0])},
    )
    found = numerics_steps.changes(one, two, events=("LOOP",)).iloc[0]
    assert (found["dated"], found["switched"], found["largest"]) == (1, 0.5, 0.5)


def test_a_published_number_of_any_event_that_moves_fails_its_bound(fit):
    """Only X100, a year later: the bound on LOOP and SWX3 passes, that on all does not."""
    dates = fit.view.futures.dates
    fine = {**dates, "X100": dates["X100"] + 1.0}
    found = held(
        numerics_steps.step_findings(
            numerics_steps.changes(dates, fine), numerics_steps.moves(fit.view, fine), who="clark"
        )
    )
    assert found["LOOP and SWX3 at half the step, clark"]
    assert not found["all that is published at half the step, clark"]


def test_rows_keep_their_date_on_a_finer_grid(fit):
    table = rows.table(fit.blocks)
    month, within = rows.LEADING.index("month"), rows.LEADING.index("within")
    finer = numerics_steps.table_with_steps_divided(table, 2)
    np.testing.assert_allclose(
        (finer[:, month] + finer[:, within]) / 2.0, table[:, month] + table[:, within], rtol=1e-14
    )
    assert ((finer[:, within] >= 0) & (finer[:, within] < 1)).all()
    others = [i for i in range(table.shape[1]) if i not in (month, within)]
    np.testing.assert_array_equal(finer[:, others], table[:, others])
    np.testing.assert_array_equal(numerics_steps.table_with_steps_divided(table, 1), table)


def test_rows_read_at_half_their_age_are_noticed(fit, monkeypatch):
    """The fault: a finer grid under rows that still count whole months."""
    monkeypatch.setattr(numerics_steps, "table_with_steps_divided", lambda table, times: table)
    _, change = numerics_steps.likelihood_changes(fit, times=2, draws=50)
    assert numerics_steps.effective_share(change) < 0.5


def test_a_change_common_to_all_draws_weighs_nothing():
    assert numerics_steps.effective_share(np.full(10, -3.0)) == pytest.approx(1.0)
    assert numerics_steps.effective_share(np.array([0.0, *[-1e3] * 9])) == pytest.approx(0.1)


# Twice the draws


def pair(shift=0.0, **changed):
    one, two = (small_views.kept("clark", draws=n, seed=seed).view for n, seed in ((600, 1), (1200, 2)))
    dates = {event: when + shift for event, when in two.futures.dates.items()}
    two = replace(two, futures=replace(two.futures, dates=dates), **changed)
    return held(numerics_samplers.draw_findings(numerics_samplers.side_by_side(one, two, draws=(600, 1200)), who="x"))


def test_twice_the_draws_of_one_belief_tell_the_same_story():
    assert pair() == {"twice the draws, x": True, "printed error over draws, x": True}


def test_dates_that_move_with_the_number_of_draws_are_noticed():
    assert not pair(shift=1.0)["twice the draws, x"]


def test_printed_errors_that_do_not_shrink_are_noticed():
    assert not pair(diagnostics={"ess_bulk": 600.0})["printed error over draws, x"]


# Other samplers


def draws_of(name, n, seed):
    worldview = priors.load(name)
    z = np.random.default_rng(seed).standard_normal((n, len(VECTOR)))
    return sampling.values_of(z, parameters.of_worldview(worldview)), worldview


@pytest.mark.parametrize(("aside", "passes"), [(0.0, True), (0.3, False)])
def test_two_samples_of_one_posterior_agree_and_one_that_lies_aside_is_noticed(aside, passes):
    (one, worldview), (two, _) = (draws_of("krier", 1200, seed) for seed in (1, 2))
    two[:, CRUXES.index("theta")] += aside * two[:, CRUXES.index("theta")].std()
    both = numerics_samplers.apart(
        *(numerics_samplers.quantities(x, worldview, seed=i) for i, x in enumerate((one, two)))
    )
    assert len(both) == 3 * len(CRUXES) + 1
    finding = numerics_samplers.agreement(both, item="x", what="two samples")
    assert findings.passes(finding.value, finding.low, finding.high) == passes
    assert passes or "theta" in finding.says


def test_particles_with_kin_beside_them_count_as_few():
    """Of 1,200 independent ones about all, of 150 ancestors with eight copies each about 150."""
    one, _ = draws_of("krier", 1200, 1)
    assert numerics_samplers.oracle_ess(one).min() > 800
    kin = numerics_samplers.oracle_ess(np.repeat(one[:150], 8, axis=0))
    assert kin.max() < 300
    assert len(one) == CHAINS * 300


# 32 bits


def test_in_32_bits_dates_are_the_same_to_a_hundredth_of_a_year():
    draws, _ = extremes.beliefs(10, seed=2)
    assert all(held(single_precision.findings(single_precision.compared(draws, end=2040.0), draws=60)).values())


def test_in_64_bits_they_are_those_of_the_plain_simulation():
    draws, asi = extremes.beliefs(5, seed=2)
    expected = dict(zip(EVENT_ROWS, plain.dates(draws, asi, end=2040.0).T, strict=True))
    found = single_precision.passages(draws, end=2040.0, kind=np.float64)
    for event in ("RE", "LOOP", "CORE", "HALF"):
        np.testing.assert_allclose(found[event], expected[event], rtol=0, atol=1e-8)


def test_in_16_bits_they_are_not():
    draws, _ = extremes.beliefs(5, seed=2)
    one, two = (single_precision.passages(draws, end=2040.0, kind=kind) for kind in (np.float16, np.float64))
    table = numerics_steps.changes(one, two, events=single_precision.LEVELS)
    assert not all(held(single_precision.findings(table, draws=len(draws))).values())


# Extremes


@pytest.fixture(scope="module")
def extreme():
    return extremes.cases(3, seed=1)


def test_every_parameter_has_its_range_and_its_ends():
    varied = set(mechanism.Parameters._fields) - {"t_asof", "feedback"}
    assert set(extremes.RANGES) == set(extremes.ENDS) == varied


def test_the_extremes_are_those_that_the_issue_names():
    draws, _ = extremes.beliefs(1, seed=1)
    p = mechanism.Parameters(*extremes.changed(draws, extremes.NAMED).T)
    np.testing.assert_allclose(p.r, 5.0)
    np.testing.assert_allclose(np.exp(p.ln_boost), 1000.0)
    np.testing.assert_allclose(p.headroom / mechanism.LN10, 30.0)
    np.testing.assert_allclose(p.tau, 0.01)


def test_far_outside_anybodys_beliefs_dates_are_finite_or_never(extreme):
    assert extreme["not a number"].sum() == extreme["outside"].sum() == 0
    assert extreme["loop"].max() > 0.9
    assert extreme["loop"].min() == 0.0


def test_dates_come_in_their_order_or_within_a_step_of_it(extreme):
    assert extreme["years_early"].max() <= kernels.MONTH


def test_a_date_that_is_not_a_number_one_too_early_and_one_out_of_order_are_noticed():
    good, _ = extremes.beliefs(1, seed=1)
    found = extremes.dates(good, np.full(len(good), 10.0))
    assert set(extremes.faults(found).values()) == {0}
    late = np.nanmax(np.where(np.isfinite(found), found, np.nan))
    for event, date_, fault in (
        ("M2", np.nan, "not a number"),
        ("M2", 1999.0, "outside"),
        ("SWX5", late + 1, "unordered"),
    ):
        planted = found.copy()
        planted[0, EVENT_ROWS.index(event)] = date_
        if event == "SWX5":
            planted[0, EVENT_ROWS.index("SWX10")] = late
        assert extremes.faults(planted)[fault] == 1


def test_what_brings_a_date_never_delays_it(extreme):
    """Signs on paired draws, each under the conditions on which it holds."""
    found = extremes.findings(extreme, extremes.levers(30, seed=1))
    assert all(passed for item, passed in held(found).items() if item.startswith("delay by")), found


def test_a_lever_the_wrong_way_round_is_noticed(extreme, monkeypatch):
    wrong = Lever("easier tasks", {"theta": (1.0, 0.5)}, extremes.CLOSING)
    monkeypatch.setattr(extremes, "LEVERS", (wrong,))
    assert not held(extremes.findings(extreme, extremes.levers(20, seed=1)))["delay by easier tasks"]


# The same seed again


def stated_without_a_fit(name, seed):
    """Picklable, for a fresh process: the stated view with broad priors of what nobody disputes."""
    worldview = priors.load(name)
    return repeats.of_table(views.state_from(parameters.of_worldview(worldview), worldview, seed=seed, draws=N).view)


def test_the_same_seed_gives_the_same_bytes_here_and_in_a_fresh_process():
    tables = [stated_without_a_fit("krier", 7), stated_without_a_fit("krier", 7)]
    tables.append(repeats.elsewhere(stated_without_a_fit, "krier", 7))
    assert held([repeats.finding(tables, item="x", says="")]) == {"x": True}


def test_a_seed_that_is_not_kept_is_noticed():
    tables = [stated_without_a_fit("krier", seed) for seed in (7, 8)]
    assert held([repeats.finding(tables, item="x", says="")]) == {"x": False}


# The whole


def test_a_part_that_there_is_not_is_refused(ledger):
    with pytest.raises(ValueError, match="no such part of the numerical checks: spells"):
        numerics.measure(Context(ledger=ledger, day=TODAY), parts=("spells",))


def test_every_part_is_in_one_piece_and_each_worldview_is_fitted_once(ledger):
    context = Context(ledger=ledger, day=date(2026, 11, 21))
    found = numerics.pieces(context, numerics.PARTS, ("clark", "trend"), 100)
    told = [(part, piece.worldview) for piece in found for part in piece.parts]
    assert len(told) == len(set(told))
    assert {part for part, _ in told} == set(numerics.PARTS)
    assert [p.worldview for p in found if p.parts == numerics.OF_EACH] == ["clark", "trend"]


def test_findings_of_parts_become_one_table_with_the_tables_behind_it(ledger, monkeypatch):
    monkeypatch.setattr(extremes, "ENDS", {})
    monkeypatch.setattr(extremes, "LEVERS", extremes.LEVERS[:1])
    monkeypatch.setattr(numerics, "DRAWS_AT_EXTREMES", 2)
    monkeypatch.setattr(numerics, "DRAWS_OF_LEVERS", 10)
    monkeypatch.setattr(numerics, "DRAWS_IN_32_BITS", 2)
    monkeypatch.setattr(numerics, "END_IN_32_BITS", 2028.0)
    told = []
    context = Context(ledger=ledger, day=TODAY, report=lambda *step: told.append(step))
    found = numerics.measure(context, parts=("extremes", "precision"))
    assert found.check == "numerics"
    assert set(found.tables) == {"extremes", "levers", "precision"}
    assert found.findings["item"].is_unique
    assert told == [(1, 2, "precision"), (2, 2, "extremes")]


@pytest.fixture
def recorded(monkeypatch):
    """Every part says only that it was asked, and on whose posterior; no fit is made."""
    asked = []
    monkeypatch.setattr(numerics, "fitted", lambda name, **_: name)

    def recorder(part, *, tables=True):
        def record(fit, **options):
            asked.append((part, fit, options))
            one = [findings.Finding(item=f"{part}, {fit}", value=1.0, unit="")]
            return (one, tables_of[part]) if tables else one

        return record

    tables_of = {part: pd.DataFrame({"of": [part]}) for part in ("draws", "oracle", "samplers")}
    tables_of["steps"] = {name: pd.DataFrame({"of": [name]}) for name in ("steps", "step_quantiles")}
    monkeypatch.setattr(numerics_steps, "of_worldview", recorder("steps"))
    for part in ("draws", "oracle", "samplers"):
        monkeypatch.setattr(numerics_samplers, f"of_{part}", recorder(part))
    monkeypatch.setattr(repeats, "findings", recorder("repeats", tables=False))
    return asked


def test_every_part_of_a_posterior_is_asked_about_its_own_worldview_and_gives_its_own_tables(ledger, recorded):
    parts = (*numerics.OF_EACH, "samplers", "repeats")
    found = numerics.measure(
        Context(ledger=ledger, day=TODAY, seed=7), parts=parts, worldviews=("clark", "trend"), particles=123
    )
    on = [(part, name) for part, name, _ in recorded]
    each = [(part, name) for name in ("clark", "trend") for part in numerics.OF_EACH]
    assert sorted(on) == sorted([*each, ("samplers", numerics.CHEAPEST), ("repeats", numerics.CHEAPEST)])
    assert {options["seed"] for _, _, options in recorded} == {7}
    assert {options["particles"] for part, _, options in recorded if part == "oracle"} == {123}
    assert set(found.findings["item"]) == {f"{part}, {name}" for part, name in on} | {"NumPyro"}
    assert set(found.tables) == {"steps", "step_quantiles", "draws", "oracle", "samplers"}
    for name, table in found.tables.items():
        assert table["of"].tolist() == [name] * (1 if name == "samplers" else 2)


def test_a_worldview_is_fitted_once_for_all_that_asks_about_it(ledger, monkeypatch):
    begun = []
    kept = small_views.kept("clark", draws=4)

    def fit(prior, blocks, *, seed):
        begun.append((prior, seed))
        return Posterior(z=np.zeros((4, len(VECTOR))), eta=kept.view.eta, table=None, diagnostics={})

    monkeypatch.setattr(numerics_fits, "_fits", {})
    monkeypatch.setattr(views, "state", lambda *_, **__: views.Stated(view=kept.view, prior=kept.prior, tilt=kept.tilt))
    monkeypatch.setattr(views, "update_from", lambda *_, **__: kept.view)
    monkeypatch.setattr(numerics_fits.sampling, "fit", fit)
    first, again, other = (numerics_fits.fitted("clark", ledger=ledger, day=TODAY, seed=seed) for seed in (1, 1, 2))
    assert first is again
    assert other is not first
    assert [seed for _, seed in begun] == [1, 2]
    as_of = priors.load("clark", as_of=TODAY).as_of
    assert set(first.rows["id"]) == set(rows.new_between(ledger, as_of, TODAY)["id"])
    assert {row for block in first.blocks.values() for row in block.ids} <= set(first.rows["id"])


def of_evidence(value, error):
    """An oracle that is nothing but its marginal likelihood."""
    nothing = np.zeros((1, 1))
    return Oracle(
        z=nothing, eta=nothing, log_evidence=value, log_evidence_error=error, unique=1, remembered=0.0, moves=0
    )


def test_marginal_likelihoods_by_two_ways_are_held_to_their_combined_error():
    by_bridge = Estimate(-55.0, 0.03)
    near = numerics_samplers.same_evidence(of_evidence(-55.1, 0.04), by_bridge, name="krier")
    far = numerics_samplers.same_evidence(of_evidence(-55.3, 0.04), by_bridge, name="krier")
    assert [near.value, far.value] == pytest.approx([2.0, 6.0])
    assert held([near]) == {near.item: True}
    assert held([far]) == {far.item: False}


@pytest.mark.slow
def test_on_one_posterior_every_part_but_the_oracle_holds(ledger):
    parts = [part for part in numerics.PARTS if part not in ("oracle", "samplers", "extremes")]
    found = numerics.measure(Context(ledger=ledger, day=TODAY), parts=parts, worldviews=("lambert",)).findings
    assert found["passes"].all(), found[~found["passes"]].to_string()
