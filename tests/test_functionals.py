"""What a view answers, against hand calculations on four draws of unequal weight."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from numpy import inf

import priors
from forecast import fidelity, functionals, mechanism
from forecast.functionals import OutOfReach, evaluate
from forecast.kernels import EVENT_ROWS, SNAPSHOT_FIELDS
from forecast.namespaces import NumPy
from forecast.simulation import COMPETING, EVENTS, HORIZON, SNAPSHOT_YEARS, Futures
from forecast.view import View
from priors.functionals import FUNCTIONALS, QUANTITIES, SOFTWARE_OR_LOOP
from priors.schema import Honour, Target
from tests import small_views

WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4])
YEARS = len(SNAPSHOT_YEARS)
NEVER = (inf, inf, inf, inf)
VALUES = {"psi": 0.0, "phi0": 0.3, "r": 1.0, "r_eff": 0.7, "jump": 0.0, "kept": 1.0, "T_par": 2040.0}
VALUES |= {"kappa": 0.5, "boost": 9.0}


def view_of(worldview="clark", *, dates=(), values=(), snapshots=(), weights=WEIGHTS):
    """A view of hand-made draws: what is not given never happens, stands still, or has a value of no account."""
    n = len(weights)
    every = {name: np.full(n, inf) for name in (*EVENT_ROWS, *EVENTS, *COMPETING)}
    every |= {name: np.array(one, dtype=float) for name, one in dict(dates).items()}
    shown = {name: np.ones((n, YEARS)) for name in SNAPSHOT_FIELDS} | dict(snapshots)
    drawn = {name: np.full(n, one) for name, one in VALUES.items()}
    drawn |= {name: np.array(one, dtype=float) for name, one in dict(values).items()}
    believed = priors.load(worldview) if isinstance(worldview, str) else worldview
    return View(
        worldview=believed,
        name="stated",
        day=believed.as_of,
        eta=np.zeros((n, 1)),
        weights=np.asarray(weights, dtype=float),
        futures=Futures(dates=every, snapshots=shown, values=drawn),
        seed=1,
    )


def path(*yearly, start=2023):
    """A snapshot (4, years) from values by new year, each draw one row; the last value stays."""
    table = np.array(yearly, dtype=float)
    first = int(start - SNAPSHOT_YEARS[0])
    filled = np.repeat(table[:, -1:], YEARS, axis=1)
    filled[:, :first] = table[:, :1]
    filled[:, first : first + table.shape[1]] = table
    return filled


def test_every_functional_that_a_worldview_may_name_is_code():
    assert functionals.FUNCTIONS.keys() == FUNCTIONALS.keys()


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match="p_by_without_pause"):
        evaluate("p_bye", {}, view_of())


def test_every_probability_among_the_packaged_targets_lies_between_0_and_1():
    cases = {"LOOP": (2027, 2029, 2032, inf), "SWX3": (2028, 2030, inf, inf), "X100": (2028, 2031, inf, inf)}
    cases |= {"SWX10": (2028, inf, inf, inf), "ASI": (2029, inf, inf, inf), "CORE": (2026, 2027, 2028, 2030)}
    asked = 0
    for worldview in priors.load_all().values():
        view = view_of(worldview, dates=cases)
        for target in worldview.targets:
            if target.functional is not None and FUNCTIONALS[target.functional].probability:
                assert 0.0 <= evaluate(target.functional, target.arguments, view) <= 1.0 + 1e-12
                asked += 1
    assert asked > 30


def test_by_a_day_means_by_the_end_of_that_day():
    view = view_of(dates={"LOOP": (2028.0, 2029.0 - 1e-9, 2029.0, inf)})
    assert evaluate("p_by", {"event": "LOOP", "by": date(2028, 12, 31)}, view) == pytest.approx(0.3)
    assert evaluate("p_by", {"event": "LOOP", "by": date(2029, 1, 1)}, view) == pytest.approx(0.6)


def test_a_pause_ends_the_other_clocks_unless_the_question_is_what_would_be_without_it():
    view = view_of(
        dates={"LOOP": (2028, 2028, 2028, inf), "PAUSE": (2027, inf, inf, inf), "LOC": (inf, 2027, inf, inf)}
    )
    asked = {"event": "LOOP", "by": date(2030, 1, 1)}
    assert evaluate("p_by", asked, view) == pytest.approx(0.3)
    assert evaluate("p_by_without_pause", asked, view) == pytest.approx(0.6)


def test_late_probability_is_shared_among_the_draws_that_missed_the_early_date():
    view = view_of(dates={"LOOP": (2027.5, 2029.5, 2033, inf)})
    asked = {"event": "LOOP", "by": date(2030, 12, 31), "not_by": date(2028, 12, 31)}
    assert evaluate("p_by_given_not_by", asked, view) == pytest.approx(0.2 / 0.9)


def test_between_two_days_is_the_difference_of_the_two_probabilities():
    view = view_of(dates={"RE": (2028, 2029, 2031, 2040)})
    early, late = date(2028, 10, 18), date(2032, 10, 18)
    found = evaluate("p_between", {"event": "RE", "after": early, "by": late}, view)
    assert found == pytest.approx(0.5)
    ends = [evaluate("p_by", {"event": "RE", "by": day}, view) for day in (early, late)]
    assert found == pytest.approx(ends[1] - ends[0])


def test_within_counts_what_came_before_and_only_draws_whose_window_ends_by_the_horizon():
    view = view_of(dates={"LOOP": (2030, 2030, 2030, HORIZON - 1), "SWX3": (2029, 2032, 2033, inf)})
    assert evaluate("p_within", {"event": "SWX3", "of": "LOOP", "years": 2}, view) == pytest.approx(0.3 / 0.6)


def test_within_reads_the_mechanism_and_not_the_pause():
    view = view_of(dates={"LOOP": (2030,) * 4, "SWX3": (2031,) * 4, "PAUSE": (2030.5,) * 4})
    assert evaluate("p_within", {"event": "SWX3", "of": "LOOP", "years": 2}, view) == pytest.approx(1.0)


def test_a_tempo_has_both_ends_included_and_never_is_no_tempo():
    view = view_of(dates={"LOOP": (2030,) * 4, "ASI": (2030.5, 2031, 2040, inf)})
    asked = {"event": "ASI", "of": "LOOP", "min_years": 1, "max_years": 10}
    assert evaluate("p_tempo_between", asked, view) == pytest.approx(0.5)


def test_a_missing_paradigm_is_likelier_among_misses_when_it_causes_them():
    view = view_of(dates={"LOOP": (2027, 2027, inf, inf)}, values={"psi": (0, 0, 1, 0)})
    asked = {"event": "LOOP", "by": date(2028, 12, 31)}
    assert evaluate("p_new_paradigm_needed_given_not_by", asked, view) == pytest.approx(0.3 / 0.7)


def test_a_condition_that_no_draw_meets_gives_no_number():
    view = view_of(dates={"LOOP": (2027,) * 4})
    asked = {"event": "LOOP", "by": date(2028, 12, 31)}
    assert np.isnan(evaluate("p_new_paradigm_needed_given_not_by", asked, view))
    for name, more in (
        ("p_flatline", {}),
        ("p_jump_given", {"event": "ASI"}),
        ("median_years", {"event": "ASI", "of": "LOOP"}),
        ("log10_spread", {"event": "ASI", "of": "LOOP", "mass": 0.8}),
        ("date_width", {"event": "ASI", "mass": 0.8}),
        ("median_lag", {"to": "ECON10", "from": "LOOP"}),
        ("shift_from_observing", {"observed": "ASI", "event": "ECON30", "years": 2}),
        ("median_shift_from_observing", {"observed": "ASI", "event": "ECON30"}),
        ("flatline_odds_factor", {"years": 1}),
    ):
        assert np.isnan(evaluate(name, more, view_of())), name


@pytest.mark.parametrize(("quantity", "share"), [("r", 0.7), ("r_eff", 0.4), ("phi", 0.3)])
def test_friction_is_read_at_the_automation_of_today(quantity, share):
    view = view_of(values={"r": (0.5, 1, 2, 3), "r_eff": (0, 0, 1, 2), "phi0": (1, 2, 0, 0)})
    assert evaluate("p_variable_above", {"quantity": quantity, "above": 1.0 if quantity != "phi" else 0.5}, view) == (
        pytest.approx(share)
    )


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_quantity_that_a_target_may_name_is_drawn(quantity):
    drawn, one = small_views.kept("clark", "stated").view, 1.5 / small_views.DRAWS
    median = evaluate("median_variable", {"quantity": quantity}, drawn)
    assert evaluate("p_variable_above", {"quantity": quantity, "above": median}, drawn) <= 0.5 + one
    assert evaluate("p_variable_above", {"quantity": quantity, "above": median - 1e-9}, drawn) >= 0.5 - one


def test_a_paradigm_is_needed_in_the_share_of_draws_that_need_it():
    view = view_of(values={"psi": (1, 0, 0, 1)})
    assert evaluate("p_variable_above", {"quantity": "psi", "above": 0.5}, view) == pytest.approx(0.5)


def test_the_median_of_a_variable_goes_by_weight():
    view = view_of(values={"L": (40, 1, 3, 2), "phi0": (0.1, 0.2, 0.4, 0.3)})
    assert evaluate("median_variable", {"quantity": "L"}, view) == 2
    assert evaluate("median_variable", {"quantity": "phi"}, view) == 0.3


def test_pace_is_software_and_compute_over_the_new_years_that_bound_a_year():
    rate = path([1, 1, 1, 1, 3], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [2, 2, 2, 2, 1])
    compute = path([1, 1, 1, 1, 1], [1, 1, 1, 1, 2], [2, 2, 2, 2, 1], [1, 1, 1, 1, 1])
    view = view_of(snapshots={"rate": rate, "compute_growth": compute})
    found = evaluate("p_pace_above", {"year": 2026, "from": 2023, "to": 2025}, view)
    assert found == pytest.approx(0.3)
    level = evaluate("p_pace_above", {"year": 2024, "from": 2023, "to": 2023}, view)
    assert level == 0.0


def test_the_multiplier_is_of_research_so_compute_leaves_it_alone():
    rate = path([1, 3], [1, 3], [1, 3], [1, 3], start=2030)
    view = view_of(snapshots={"rate": rate, "rate0": path([1], [1], [1], [1]), "compute_growth": 9 * rate})
    assert evaluate("median_multiplier", {"year": 2030}, view) == pytest.approx(2.0)
    assert evaluate("median_multiplier", {"year": 2031}, view) == pytest.approx(3.0)


@pytest.mark.parametrize("year", [2022, 2041, 2090])
def test_a_year_without_snapshots_is_out_of_reach(year):
    with pytest.raises(OutOfReach, match="2023 to 2041"):
        evaluate("median_multiplier", {"year": year}, view_of())


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.95])
def test_the_speedup_is_that_of_the_mechanism(share):
    view = view_of(values={"kappa": (0.4,) * 4, "boost": (5.0,) * 4})
    p = SimpleNamespace(kappa=0.4, ln_boost=np.log(5.0))
    expected = np.exp(mechanism.log_speedup(share, p, NumPy))
    assert evaluate("median_speedup_at_share", {"share": share}, view) == pytest.approx(float(expected))


def test_the_speedup_is_the_boost_when_all_is_automated_and_1_when_nothing_is():
    view = view_of(values={"kappa": (0.05,) * 4, "boost": (300.0,) * 4})
    assert evaluate("median_speedup_at_share", {"share": 1.0}, view) == pytest.approx(300.0)
    assert evaluate("median_speedup_at_share", {"share": 0.0}, view) == 1.0


def test_with_a_twentieth_left_to_people_no_speedup_exceeds_twenty():
    view = view_of(values={"kappa": (0.1, 0.5, 0.9, 0.999), "boost": (1e3, 1e6, 1e9, 1e12)})
    assert evaluate("p_speedup_above_at_share", {"share": 0.95, "speedup": 20.0}, view) == 0.0
    assert evaluate("p_speedup_above_at_share", {"share": 1.0, "speedup": 20.0}, view) == pytest.approx(1.0)


def test_the_paradigm_date_counts_whether_or_not_closure_needs_it():
    view = view_of(values={"T_par": (2030, 2036.99, 2037.5, inf), "psi": (0, 1, 0, 1)})
    assert evaluate("p_ai_paradigm_by", {"by": date(2036, 12, 31)}, view) == pytest.approx(0.3)


def test_control_is_not_lost_while_instructions_are_followed():
    view = view_of(dates={"LOC": (inf, inf, 2035, 2045)}, values={"kept": (1, 1, 0, 0)})
    by = date(2039, 12, 31)
    assert evaluate("p_loss_of_control_by", {"by": by, "instruction_following": True}, view) == 0.0
    lost = evaluate("p_loss_of_control_by", {"by": by, "instruction_following": False}, view)
    assert lost == pytest.approx(0.3 / 0.7)


def test_ai_is_core_between_its_own_date_and_closure():
    view = view_of(dates={"CORE": (2026, 2027, 2030, 2028), "LOOP": (2028, inf, inf, 2029.5)})
    assert evaluate("p_core_without_loop", {"on": date(2029, 3, 22)}, view) == pytest.approx(0.6)


def test_flat_means_closed_and_no_hundredfold_gain_in_the_ten_years_after():
    view = view_of(dates={"LOOP": (2030, 2030, inf, 2030), "X100": (2040, 2040.1, inf, inf)})
    assert evaluate("p_flatline", {}, view) == pytest.approx(0.6 / 0.7)


def test_a_loop_closed_within_ten_years_of_the_horizon_is_not_called_flat():
    view = view_of(dates={"LOOP": (2030, 2030, 2030, HORIZON - 5), "X100": (2031, 2031, inf, inf)})
    assert evaluate("p_flatline", {}, view) == pytest.approx(0.3 / 0.6)


def test_one_quiet_year_multiplies_the_odds_of_a_flatline_by_one_over_the_share_of_late_gains():
    view = view_of(dates={"LOOP": (2030,) * 4, "X100": (2030.5, 2033, 2030.1, inf)})
    assert evaluate("flatline_odds_factor", {"years": 1}, view) == pytest.approx(0.6 / 0.2)
    assert evaluate("flatline_odds_factor", {"years": 0}, view) == pytest.approx(1.0)
    assert evaluate("flatline_odds_factor", {"years": 5}, view) == inf


def test_a_factor_on_the_odds_takes_the_prior_odds_to_the_posterior_ones():
    rng = np.random.default_rng(3)
    wait = np.where(rng.random(500) < 0.3, inf, rng.lognormal(0.0, 1.0, 500))
    view = view_of(dates={"LOOP": np.full(500, 2030.0), "X100": 2030.0 + wait}, weights=rng.dirichlet(np.ones(500)))
    flat, quiet = wait > 10, wait > 1
    before, after = view.probability(flat), view.given(flat, quiet)
    factor = evaluate("flatline_odds_factor", {"years": 1}, view)
    assert before / (1 - before) * factor == pytest.approx(after / (1 - after))


def test_following_instructions_is_asked_where_no_pause_comes_before_superintelligence():
    dates = {"ASI": (2030, 2030, inf, inf), "PAUSE": (2029, 2031, 2080, inf)}
    view = view_of(dates=dates, values={"kept": (1, 1, 1, 0)})
    assert evaluate("p_instruction_following_kept", {}, view) == pytest.approx(0.2 / 0.6)


def test_a_full_year_needs_the_event_and_a_year_without_the_others():
    dates = {"ECON10": (2030, 2030, inf, 2030), "ASI": (2031, 2030.5, inf, inf), "LOC": (inf, inf, inf, 2031)}
    view = view_of(dates=dates)
    found = evaluate("p_full_year_before", {"event": "ECON10", "before": ("ASI", "LOC")}, view)
    assert found == pytest.approx(0.5)


def test_a_jump_comes_with_closure_where_there_is_one():
    dates = {"LOOP": (2030, 2030, 2045, inf), "SWX10": (2031, inf, 2046, inf)}
    view = view_of(dates=dates, values={"jump": (1, 0, 1, 1)})
    assert evaluate("p_jump_by", {"by": date(2040, 12, 31)}, view) == pytest.approx(0.1)
    assert evaluate("p_jump_given", {"event": "SWX10"}, view) == pytest.approx(1.0)
    assert evaluate("p_jump_given", {"event": "LOOP"}, view) == pytest.approx(0.4 / 0.6)


def test_the_median_date_has_never_at_infinity():
    assert evaluate("median_date", {"event": "RE"}, view_of(dates={"RE": (2030, 2033, 2031, 2032)})) == 2032
    assert evaluate("median_date", {"event": "RE"}, view_of(dates={"RE": (2030, inf, 2031, inf)})) == inf


def test_median_years_are_of_those_who_arrive():
    dates = {"LOOP": (2030, 2031, 2032, 2033), "X100": (2034, 2032, 2032.5, inf)}
    view = view_of(dates=dates, weights=(0.125, 0.25, 0.125, 0.5))
    assert evaluate("median_years", {"event": "X100", "of": "LOOP"}, view) == pytest.approx(1.0)


def test_spread_is_in_decades_of_time():
    n = 2001
    wait = np.logspace(-2, 1, n)
    view = view_of(dates={"LOOP": np.full(n, 2030.0), "X100": 2030.0 + wait}, weights=np.full(n, 1 / n))
    found = evaluate("log10_spread", {"event": "X100", "of": "LOOP", "mass": 0.8}, view)
    assert found == pytest.approx(0.8 * 3, abs=0.01)


def test_a_date_is_as_wide_as_the_interval_among_draws_in_which_it_is_seen():
    n = 2001
    spread = np.linspace(2030.0, 2050.0, n)
    dates = np.concatenate([spread, np.full(n, inf)])
    view = view_of(dates={"LOOP": dates}, weights=np.full(2 * n, 0.5 / n))
    assert evaluate("date_width", {"event": "LOOP", "mass": 0.8}, view) == pytest.approx(16.0, abs=0.05)


def test_the_lag_runs_from_fast_software_or_three_years_after_closure():
    dates = {"LOOP": (2030, 2030, 2030, 2030), "SWX3": (2031, 2036, 2036, inf), "ECON10": (2040, 2041, 2042, inf)}
    view = view_of(dates=dates, weights=(0.25, 0.5, 0.25, 0.0))
    assert evaluate("median_lag", {"to": "ECON10", "from": SOFTWARE_OR_LOOP}, view) == pytest.approx(8.0)
    assert evaluate("median_lag", {"to": "ECON10", "from": "LOOP"}, view) == pytest.approx(11.0)


def test_an_observation_shifts_by_what_it_adds_to_the_same_dates_in_all_draws():
    dates = {"SWX3": (2030, 2034, inf, inf), "ECON30": (2031, inf, 2031.5, 2035)}
    found = evaluate("shift_from_observing", {"observed": "SWX3", "event": "ECON30", "years": 2}, view_of(dates=dates))
    first, second = 1.0 - (0.1 + 0.3), 0.0 - 0.4
    assert found == pytest.approx((0.1 * first + 0.2 * second) / 0.3)


def test_an_observation_that_is_always_made_on_one_date_shifts_nothing():
    dates = {"SWX3": (2030,) * 4, "ECON30": (2031, inf, 2031.5, 2035)}
    found = evaluate("shift_from_observing", {"observed": "SWX3", "event": "ECON30", "years": 2}, view_of(dates=dates))
    assert found == pytest.approx(0.0, abs=1e-15)


def test_seeing_an_event_moves_a_median_to_that_of_the_draws_that_see_it():
    dates = {"SWX3": (2030, 2034, inf, inf), "ECON10": (2040, 2050, 2060, 2070)}
    found = evaluate("median_shift_from_observing", {"observed": "SWX3", "event": "ECON10"}, view_of(dates=dates))
    assert found == 2050 - 2060


def test_an_event_that_all_draws_see_moves_no_median():
    dates = {"SWX3": (2030, 2031, 2032, 2033), "ECON10": (2040, 2050, inf, 2070)}
    found = evaluate("median_shift_from_observing", {"observed": "SWX3", "event": "ECON10"}, view_of(dates=dates))
    assert found == 0.0


def test_a_median_that_is_never_stays_without_a_number_and_one_that_becomes_a_date_moves_without_end():
    asked = {"observed": "SWX3", "event": "ECON10"}
    never = view_of(dates={"SWX3": (2030, inf, inf, inf)})
    assert np.isnan(evaluate("median_shift_from_observing", asked, never))
    some = view_of(dates={"SWX3": (2030, inf, inf, inf), "ECON10": (2040, inf, inf, inf)})
    assert evaluate("median_shift_from_observing", asked, some) == -inf


def test_the_gain_ratio_compares_yearly_gains_of_the_horizon():
    rows = [[0, 1, 1, 1, 1, 1 + gain] for gain in (1, 2, 2, 3)]
    view = view_of(snapshots={"ln_h": path(*rows, start=2025)}, weights=(0.25, 0.25, 0.25, 0.25))
    found = evaluate("median_log_gain_ratio", {"late": (2029, 2030), "early": (2025, 2026)}, view)
    assert found == pytest.approx(2.0)
    longer = evaluate("median_log_gain_ratio", {"late": (2028, 2030), "early": (2025, 2026)}, view)
    assert longer == pytest.approx(1.0)


def test_a_fidelity_a_little_below_one_compounds():
    for generations, left in ((50, 0.951), (500, 0.606)):
        found = evaluate("compounding_fidelity", {"per_generation": 0.999, "generations": generations}, view_of())
        assert found == pytest.approx(left, abs=5e-4)


def worldview_with(*targets):
    return priors.load("clark").model_copy(update={"targets": targets})


def target(number="1", *, kind="explicit", accept=(0.0, 1.0), honour=None, **arguments):
    return Target(
        number=number,
        says="Closure by then",
        kind=kind,
        claim="CL1",
        functional="p_by",
        arguments={"event": "LOOP", "by": date(2028, 12, 31)} | arguments,
        accept=accept,
        honour=honour,
    )


def closing(worldview, weights=WEIGHTS):
    return view_of(worldview, dates={"LOOP": (2027, 2028, inf, inf)}, weights=weights)


@pytest.mark.parametrize(
    ("accept", "verdict"), [((0.2, 0.4), "met"), ((0.3, 0.3), "met"), ((0.31, 0.4), "missed"), ((0.1, 0.29), "missed")]
)
def test_a_target_is_met_where_the_value_lies_inside_its_range(accept, verdict):
    (row,) = fidelity.check(closing(worldview_with(target(accept=accept)))).to_dict(orient="records")
    assert row["value"] == pytest.approx(0.3)
    assert row["verdict"] == verdict


def test_a_number_to_be_met_exactly_is_missed_when_it_is_off_by_more_than_a_hundredth():
    for value, verdict in ((0.295, "met"), (0.32, "missed")):
        asked = target(accept=(0.25, 0.36), honour=Honour(relation="equal", value=value))
        (row,) = fidelity.check(closing(worldview_with(asked))).to_dict(orient="records")
        assert (row["verdict"], row["asked"]) == (verdict, value)


def test_the_untilted_value_is_that_under_equal_weights_and_only_where_a_number_is_honoured():
    table = fidelity.check(
        closing(worldview_with(target(honour=Honour(relation="at_least", value=0.2)), target("2")))
    ).set_index("number")
    assert table.loc["1", "untilted"] == pytest.approx(0.5)
    assert np.isnan(table.loc["2", "untilted"])


def test_the_error_of_a_probability_is_that_of_weighted_draws():
    rng = np.random.default_rng(5)
    weights = rng.dirichlet(np.full(2000, 5.0))
    dates = np.where(rng.random(2000) < 0.3, 2027.0, inf)
    view = view_of(worldview_with(target()), dates={"LOOP": dates}, weights=weights)
    (row,) = fidelity.check(view).to_dict(orient="records")
    expected = np.sqrt(np.sum((weights * ((dates < 2029) - row["value"])) ** 2))
    assert row["mcse"] == pytest.approx(expected, rel=0.25)


def test_the_same_view_has_the_same_error():
    view = closing(worldview_with(target()))
    assert fidelity.check(view)["mcse"].equals(fidelity.check(view)["mcse"])


def test_what_cannot_be_asked_says_what_it_needs_and_is_no_miss():
    needy = Target(number="1", says="x", kind="explicit", claim="CL1", not_expressible="A second clock.")
    far = Target(
        number="2", says="x", kind="inferred", claim="CL1",
        functional="median_multiplier", arguments={"year": 2090}, accept=(1.0, 2.0),
    )  # fmt: skip
    table = fidelity.check(closing(worldview_with(needy, far, target("3"))))
    assert list(table["verdict"]) == ["not expressible", "not expressible", "met"]
    assert table["needs"][0] == "A second clock."
    assert "2041" in table["needs"][1]
    counts = fidelity.summary(table)
    assert (counts.explicit, counts.explicit_met, counts.not_expressible) == (1, 1, 2)
    assert np.isnan(counts.other_share_met)


def test_no_number_is_a_miss():
    never = Target(
        number="1", says="x", kind="inferred", claim="CL1",
        functional="median_years", arguments={"event": "ASI", "of": "LOOP"}, accept=(0.0, inf),
    )  # fmt: skip
    table = fidelity.check(closing(worldview_with(never)))
    assert list(table["verdict"]) == ["missed"]
    assert fidelity.summary(table).other_share_met == 0.0


def test_counts_part_numbers_of_the_persons_own_from_the_others():
    targets = [
        target("1"),
        target("2", accept=(0.9, 1.0)),
        target("3", kind="inferred"),
        target("4", kind="qualitative"),
    ]
    counts = fidelity.summary(fidelity.check(closing(worldview_with(*targets))))
    assert (counts.explicit, counts.explicit_met, counts.other, counts.other_met) == (2, 1, 2, 2)
    assert (counts.met, counts.expressible, counts.other_share_met) == (3, 4, 1.0)


def test_a_worldview_without_targets_has_an_empty_table():
    table = fidelity.check(view_of("trend"))
    assert table.empty
    assert list(table.columns) == list(fidelity.COLUMNS)
    assert fidelity.summary(table).expressible == 0


def test_every_packaged_target_gets_a_row_in_the_order_of_its_file():
    for worldview in priors.load_all().values():
        table = fidelity.check(replace(closing(worldview), bend=0.1))
        assert list(table["number"]) == [one.number for one in worldview.targets]
