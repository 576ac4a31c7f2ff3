"""Each observation model against the distribution that it is said to be, computed by SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logit

from forecast.evidence import transforms
from forecast.namespaces import NumPy
from forecast.observations import KINDS, Readings, absence, base, growth, horizon, share, speed

T4 = stats.t(4)


def seen(**changed):
    usual = {"rate": 1.3, "rate0": 1.1, "ln_h": 0.4, "k": 0.3, "f": 0.2}
    return Readings(**usual | changed)


def horizon_log_likelihood(d, q=None, **reading):
    usual = {"y": 0.0, "se_low": 0.4, "se_high": 0.6, "censored": 0.0, "other_vintage": 0.0, "p80": 0.0,
             "has_partner": 0.0, "partner": 0.0, "years_before": 0.0}  # fmt: skip
    known = {
        "horizon_scatter": 0.3,
        "horizon_vintage_shift": 0.5,
        "horizon_p80_ratio": 1.6,
        "horizon_p80_scatter": 0.2,
        "walk_sd": 0.4,
    }
    readings = seen(**reading)
    return float(horizon.log_likelihood(readings, readings, known | (q or {}), usual | d, NumPy))


def rows(**columns):
    """Rows as the ledger hands them to an observation model: what is not given is not known."""
    n = len(next(iter(columns.values())))
    usual = {
        "series": "metr_horizon_p50_minutes", "reads_as": "value", "bound": "",
        "same_subject": [f"m{i}" for i in range(n)],
        "reading": np.nan, "reading_low": np.nan, "reading_high": np.nan, "level": np.nan, "method": "",
        "censored_below": np.nan, "censored_above": np.nan, "other_vintage": False,
        "observed_on": pd.date_range("2025-01-15", periods=n, freq="MS"),
    }  # fmt: skip
    return pd.DataFrame(usual | columns, index=range(n))


# Student-t, both tails


@pytest.mark.parametrize("z", [-1e6, -300.0, -5.0, -0.3, 0.0, 0.3, 5.0, 300.0, 1e6])
def test_density_and_survival_are_those_of_a_student_t_with_four_degrees(z):
    assert base.log_student(z, NumPy) == pytest.approx(T4.logpdf(z), rel=1e-12)
    assert base.log_student_above(z, NumPy) == pytest.approx(np.log(T4.sf(z)), rel=1e-9, abs=1e-9)


def test_the_normal_density_is_scipys():
    z = np.linspace(-8, 8, 33)
    np.testing.assert_allclose(base.log_normal_density(z, 0.7, NumPy), stats.norm(0, 0.7).logpdf(0.7 * z), rtol=1e-13)


# Horizons


def test_sixty_minutes_are_one_hour():
    d = horizon.columns(
        rows(reading=np.log([60.0, 6.0]), reading_low=np.log([30.0, 3.0]), reading_high=np.log([120.0, 12]))
    )
    np.testing.assert_allclose(d["y"], [0.0, np.log(0.1)], atol=1e-15)
    np.testing.assert_allclose(d["se_low"], np.log(2.0) / stats.norm.ppf(0.975))
    np.testing.assert_allclose(d["se_high"], d["se_low"])


def test_where_both_sides_are_as_wide_a_horizon_is_a_student_t():
    scale = np.hypot(0.3, 0.5)
    for level in (-3.0, -0.1, 0.0, 2.0):
        found = horizon_log_likelihood({"se_low": 0.5, "se_high": 0.5}, ln_h=level)
        assert found == pytest.approx(T4.logpdf(level / scale) - np.log(scale), rel=1e-12)


def test_a_two_sided_horizon_is_continuous_at_its_mode_and_integrates_to_one():
    near = [horizon_log_likelihood({"se_low": 0.2, "se_high": 0.9}, ln_h=h) for h in (-1e-9, 0.0, 1e-9)]
    assert max(near) - min(near) < 1e-12
    level = np.linspace(-400, 400, 800_001)
    d = {"y": 0.0, "se_low": 0.2, "se_high": 0.9, "censored": 0.0, "other_vintage": 0.0, "p80": 0.0,
         "has_partner": 0.0, "partner": 0.0, "years_before": 0.0}  # fmt: skip
    q = {
        "horizon_scatter": 0.3,
        "horizon_vintage_shift": 0.5,
        "horizon_p80_ratio": 1.6,
        "horizon_p80_scatter": 0.2,
        "walk_sd": 0.4,
    }
    r = seen(ln_h=level)
    mass = np.trapezoid(np.exp(horizon.log_likelihood(r, r, q, d, NumPy)), level)
    assert mass == pytest.approx(1.0, abs=1e-6)


def test_the_wider_side_of_an_interval_forgives_more():
    d = {"se_low": 0.2, "se_high": 0.9}
    assert horizon_log_likelihood(d, ln_h=1.0) > horizon_log_likelihood(d, ln_h=-1.0)


def test_a_censored_horizon_says_only_that_the_truth_lies_above():
    below = np.hypot(0.3, 0.4)
    for level in (-2.0, 0.0, 3.0):
        found = horizon_log_likelihood({"censored": 1.0}, ln_h=level)
        assert found == pytest.approx(np.log(T4.sf(-level / below)), rel=1e-12)
    assert horizon_log_likelihood({"censored": 1.0}, ln_h=50.0) == pytest.approx(0.0, abs=1e-6)


def test_a_reading_at_or_beyond_the_limit_of_the_suite_is_censored_there():
    limit = np.log(16 * 60.0)
    d = horizon.columns(rows(reading=[limit - 1.0, limit, limit + 2.0], censored_above=limit))
    assert d["censored"].tolist() == [0.0, 1.0, 1.0]
    np.testing.assert_allclose(d["y"], np.log([16 / np.e, 16.0, 16.0]))


@pytest.mark.parametrize("column", [{"reads_as": "lower_bound"}, {"bound": "lower"}])
def test_a_lower_bound_is_censored(column):
    assert horizon.columns(rows(reading=[1.0], **column))["censored"].tolist() == [1.0]


def test_an_eighty_percent_row_beside_its_fifty_says_only_how_far_apart_the_two_are():
    d = {"p80": 1.0, "has_partner": 1.0, "partner": 1.7, "y": 0.2}
    apart = [horizon_log_likelihood(d, ln_h=level) for level in (-3.0, 0.4, 9.0)]
    assert apart == [apart[0]] * 3
    assert apart[0] == pytest.approx(T4.logpdf((1.7 - 1.6 - 0.2) / 0.2) - np.log(0.2), rel=1e-12)


def test_a_row_from_before_the_walk_is_followed_holds_the_line_the_less_the_older_it_is():
    d = {"se_low": 0.5, "se_high": 0.5}
    scale = np.sqrt(0.3**2 + 0.5**2 + 3.0 * 0.4**2)
    found = horizon_log_likelihood(d | {"years_before": 3.0}, ln_h=1.0)
    assert found == pytest.approx(T4.logpdf(1.0 / scale) - np.log(scale), rel=1e-12)


def test_an_eighty_percent_row_alone_reads_the_level_a_ratio_lower():
    scale = np.sqrt(0.3**2 + 0.2**2 + 0.5**2)
    found = horizon_log_likelihood({"p80": 1.0, "se_low": 0.5, "se_high": 0.5, "y": -1.0}, ln_h=0.4)
    assert found == pytest.approx(T4.logpdf((0.4 - 1.6 + 1.0) / scale) - np.log(scale), rel=1e-12)


def test_partners_are_found_by_the_model_and_only_where_its_fifty_is_not_censored():
    frame = rows(
        reading=np.log([60.0, 10.0, 2000.0, 120.0]), series=["p50", "p80", "p50", "p80"],
        same_subject=["a", "a", "b", "b"], censored_above=np.log(960.0),
    )  # fmt: skip
    d = horizon.columns(frame)
    assert d["has_partner"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert d["partner"][1] == pytest.approx(0.0)


def test_another_edition_of_the_suite_is_shifted():
    moved = horizon_log_likelihood({"other_vintage": 1.0}, ln_h=0.4)
    assert moved == pytest.approx(horizon_log_likelihood({}, ln_h=0.9), rel=1e-12)


# Share of R&D tasks

SHARE = {
    "share_shift": 0.7, "share_shift_al3": -0.3, "share_shift_al4": -1.0, "share_slope_al3": 2.0,
    "share_slope_al4": 3.0, "share_error": 0.6, "gap": 0.5,
}  # fmt: skip


def share_mean(k):
    """At level AL3 and above: the shift of both levels and its own, 0.4 together."""
    return 2.0 * (logit(k) + 0.5 - 0.4)


def share_rows(values, **columns):
    n = len(values)
    return rows(**{"reading": values, "series": [share.SERIES[0]] * n, "censored_below": np.nan, **columns})


def share_log_likelihood(frame, k, without_reading_error=True):
    d = share.columns(frame)
    previous = d["previous"]
    if without_reading_error:
        d["se"] = 0.0 * d["se"]
    now = seen(k=np.asarray(k))
    before = seen(k=np.asarray(k)[previous])
    return share.log_likelihood(now, before, SHARE, d, NumPy)


def test_half_of_the_tasks_is_nought_on_the_logit_scale():
    fraction = transforms.apply("fraction_of_percent", pd.DataFrame({"value": [50.0], "low": [40.0], "high": [60.0]}))
    d = share.columns(share_rows(fraction["reading"].to_numpy()))
    assert d["y"].tolist() == [0.0]
    assert d["se"][0] == pytest.approx(share.DIGITISING_SE / 0.25)


def test_a_chain_of_months_is_a_multivariate_normal():
    """Without reading error and floor, the conditional densities multiply to the joint one, gaps included."""
    months = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01", "2025-06-01", "2025-12-01"])
    values, k = np.array([0.1, 0.2, 0.15, 0.3, 0.5]), np.array([0.2, 0.25, 0.3, 0.4, 0.6])
    found = share_log_likelihood(share_rows(values, observed_on=months), k).sum()
    at = months.month.to_numpy() - 1
    cov = SHARE["share_error"] ** 2 * share.MONTHLY_CORRELATION ** np.abs(at[:, None] - at[None, :])
    assert found == pytest.approx(stats.multivariate_normal(share_mean(k), cov).logpdf(logit(values)), rel=1e-10)


def test_the_two_levels_are_chains_of_their_own():
    months = pd.to_datetime(["2025-01-01", "2025-01-01", "2025-02-01", "2025-02-01"])
    frame = share_rows([0.4, 0.1, 0.5, 0.2], observed_on=months, series=[*share.SERIES, *share.SERIES])
    d = share.columns(frame)
    assert d["previous"].tolist() == [0, 1, 0, 1]
    apart = [share_log_likelihood(frame.iloc[[i, i + 2]].reset_index(drop=True), [0.3, 0.4]).sum() for i in (0, 1)]
    assert share_log_likelihood(frame, [0.3, 0.3, 0.4, 0.4]).sum() == pytest.approx(sum(apart), rel=1e-12)


def test_a_share_below_the_readable_floor_says_only_that_it_is_below():
    frame = share_rows([0.0], censored_below=[0.01])
    expected = stats.norm(share_mean(0.05), SHARE["share_error"]).logcdf(logit(0.01))
    assert share_log_likelihood(frame, [0.05])[0] == pytest.approx(expected, rel=1e-12)


def test_a_published_interval_of_a_share_is_its_reading_error():
    d = share.columns(share_rows([0.5], reading_low=[0.4], reading_high=[0.6]))
    assert d["se"][0] == pytest.approx(logit(0.6) / stats.norm.ppf(0.95))


# Speed

UPLIFT = {"uplift_bias_self_report": 0.35, "uplift_bias_rct": -0.1, "uplift_scatter": 0.3}


@pytest.mark.parametrize(("method", "bias"), [("self_report", 0.35), ("rct", -0.1)])
def test_half_of_the_work_done_by_ai_is_twice_the_speed_and_the_bias_of_the_method(method, bias):
    d = speed.uplift_columns(rows(reading=[1.8], reading_low=[1.2], reading_high=[2.7], level=[0.9], method=method))
    readings = seen(f=np.array([0.5]))
    se = np.log(2.7 / 1.2) / (2 * stats.norm.ppf(0.95))
    expected = stats.norm(np.log(2.0) + bias, np.hypot(0.3, se)).logpdf(np.log(1.8))
    assert speed.uplift_log_likelihood(readings, readings, UPLIFT, d, NumPy)[0] == pytest.approx(expected, rel=1e-12)


def test_a_range_of_answers_is_no_standard_error():
    d = speed.uplift_columns(rows(reading=[1.8], reading_low=[1.0], reading_high=[100.0]))
    assert d["se"].tolist() == [speed.UNKNOWN_SE]


def test_an_upper_bound_on_the_pace_is_the_probability_of_being_below_it():
    """A statement of at most y with error: ln Phi((y - pace) / error)."""
    ratio = np.log((1.3 + 0.9) / (1.1 + 0.9))
    for bound, law in (("upper", "logcdf"), ("", "logpdf")):
        d = speed.pace_columns(rows(reading=[2.0], bound=bound))
        readings = seen(rate=np.array([1.3]), rate0=np.array([1.1]))
        found = speed.pace_log_likelihood(readings, readings, {"g_c": 0.9}, d, NumPy)[0]
        expected = getattr(stats.norm(ratio, speed.PACE_SE), law)(np.log(2.0))
        assert found == pytest.approx(expected, rel=1e-10)


def test_twice_the_time_is_half_the_speed():
    changed = pd.DataFrame({"value": [100.0, -50.0, 0.0], "low": [np.nan] * 3, "high": [np.nan] * 3})
    found = transforms.apply("speed_up_from_time_change_pct", changed)["reading"]
    assert found.tolist() == [0.5, 2.0, 1.0]


# Readings that need no trajectory


def test_returns_are_seen_after_friction_and_elasticities_with_their_bias():
    frame = rows(reading=[1.4, 0.6], reading_low=[0.7, np.nan], reading_high=[2.8, np.nan], level=[0.9, np.nan],
                 series=["software_returns_r", "another"])  # fmt: skip
    q = {"r": 1.2, "phi0": 0.25, "returns_bias": 0.7}
    found = growth.returns_log_likelihood(seen(), seen(), q, growth.returns_columns(frame), NumPy)
    se = np.log(4.0) / (2 * stats.norm.ppf(0.95))
    expected = [stats.norm(np.log(0.9) + 0.7, se).logpdf(np.log(1.4)), stats.norm(np.log(0.9), 0.7).logpdf(np.log(0.6))]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_growth_of_compute_is_seen_with_its_published_error_and_ours():
    frame = rows(reading=[1.5], reading_low=[1.3], reading_high=[1.7], level=[0.9])
    found = growth.compute_log_likelihood(seen(), seen(), {"g_c": 1.4}, growth.compute_columns(frame), NumPy)
    sd = np.hypot(0.2 / stats.norm.ppf(0.95), growth.COMPUTE_SE)
    np.testing.assert_allclose(found, [stats.norm(1.4, sd).logpdf(1.5)], rtol=1e-12)


def test_the_pace_of_software_is_read_on_a_log_scale():
    frame = rows(reading=[1.0], reading_low=[0.5], reading_high=[2.0], level=[0.95])
    found = growth.software_log_likelihood(seen(), seen(), {}, growth.software_columns(frame), NumPy)
    se = np.log(4.0) / (2 * stats.norm.ppf(0.975))
    np.testing.assert_allclose(found, [stats.norm(np.log(1.3), se).logpdf(0.0)], rtol=1e-12)


def test_eight_months_to_halve_the_compute_are_a_factor_of_two_point_eight_a_year():
    halving = pd.DataFrame({"value": [8.0], "low": [5.0], "high": [14.0]})
    found = transforms.apply("log_from_halving_months", halving).iloc[0]
    np.testing.assert_allclose(np.exp(found), [2 ** (12 / 8), 2 ** (12 / 14), 2 ** (12 / 5)])


def test_that_no_closed_loop_was_shown_is_the_probability_that_its_threshold_lies_above():
    d = absence.columns(rows(reading=[np.nan]))
    for k in (1e-6, 0.5, 0.95, 1.0 - 1e-6):
        readings = seen(k=np.array([k]))
        found = absence.log_likelihood(readings, readings, {}, d, NumPy)[0]
        expected = stats.norm.logcdf((logit(0.95) - logit(k)) / absence.SOFTNESS)
        assert found == pytest.approx(expected, rel=1e-9)


# The grid


def test_rows_are_placed_on_the_monthly_grid_and_earlier_ones_on_the_straight_line():
    block = base.block(("a", "b", "c"), np.array([2022.0, 2023.0, 2024.125]), {}, np.ones(3))
    np.testing.assert_allclose(block.before, [-1.0, 0.0, 0.0])
    assert block.month.tolist() == [0, 0, 13]
    np.testing.assert_allclose(block.within, [0.0, 0.0, 0.5])
    assert base.last_month({"x": block}) == 14


def test_every_measurement_parameter_has_one_name():
    names = [m.name for kind in KINDS.values() for m in kind.measurements]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_names_its_columns_in_the_order_in_which_it_makes_them(kind, all_blocks):
    assert tuple(all_blocks[kind].columns) == KINDS[kind].columns_read


def test_as_long_as_no_month_can_be_read_only_the_last_under_the_floor_says_anything():
    months = pd.to_datetime(["2025-09-30", "2025-10-31", "2025-11-30"])
    d = share.columns(rows(reading=[0.0, 0.0, 0.0], series=share.SERIES[1], observed_on=months, censored_below=0.01))
    assert d["floored"].all()
    assert d["se"][:2].tolist() == [share.SAYS_NOTHING] * 2
    assert d["se"][2] < 1.0
