"""Scores of AI R&D benchmarks: level and slope of each benchmark integrated out, old rows as context only."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast import kernels, likelihood, parameters, rows, sampling
from forecast.evidence import ledger as ledgers
from forecast.evidence import selection
from forecast.likelihood import MONTH
from forecast.observations import Readings, benchmark
from forecast.parameters import VECTOR

PRIOR = parameters.broad(2026.3)


def frame(**columns):
    n = len(columns["reading"])
    base = {
        "series": ["one"] * n, "floor": 0.0, "ceiling": 100.0, "items": np.nan, "level": np.nan,
        "reading_low": np.nan, "reading_high": np.nan, "context": False,
    }  # fmt: skip
    return pd.DataFrame(base | columns)


def data(y, group=None, context=None):
    n = len(y)
    return {
        "y": np.asarray(y, dtype=float),
        "se": np.full(n, 0.2),
        "group": np.zeros(n) if group is None else np.asarray(group, dtype=float),
        "context": np.zeros(n) if context is None else np.asarray(context, dtype=float),
    }


def total(y, h, *, weight=None, scatter=0.4, **how):
    d = data(y, **how)
    weight = 1.0 - d["context"] if weight is None else np.asarray(weight, dtype=float)
    h = np.atleast_2d(np.asarray(h, dtype=float))
    seen = Readings(h, h, h, h, h)
    found = benchmark.joint(seen, {"benchmark_scatter": np.full((len(h), 1), scatter)}, d, weight)
    return found @ weight


def by_covariance(y, h, scatter=0.4, se=0.2):
    """The same marginal density as one multivariate normal."""
    x = np.column_stack([np.ones(len(h)), h])
    prior = np.diag([benchmark.LEVEL_SD**2, benchmark.SLOPE_SD**2])
    covariance = x @ prior @ x.T + np.eye(len(h)) * (scatter**2 + se**2)
    return stats.multivariate_normal(x @ [0.0, benchmark.SLOPE_MEAN], covariance).logpdf(y)


Y, H = [-2.0, -1.1, 0.3, 0.4], [-1.0, 0.5, 2.0, 2.2]


def test_rows_of_one_benchmark_have_the_density_of_a_normal_with_level_and_slope_integrated_out():
    assert total(Y, [H])[0] == pytest.approx(by_covariance(Y, np.array(H)), abs=1e-10)


def test_each_row_has_the_density_of_what_was_predicted_from_those_before_it():
    d, h = data(Y, context=[1, 0, 0, 0]), np.array([H])
    q, weight = {"benchmark_scatter": np.full((1, 1), 0.4)}, np.array([0.0, 1.0, 1.0, 1.0])
    seen = Readings(h, h, h, h, h)
    mean, sd = benchmark.predicted(seen, q, d, weight)
    expected = stats.norm(mean, sd).logpdf(d["y"])
    np.testing.assert_allclose(benchmark.joint(seen, q, d, weight)[:, 1:], expected[:, 1:], atol=1e-10)


def test_two_benchmarks_share_neither_level_nor_slope():
    together = total(Y + Y, [H + H], group=[0] * 4 + [1] * 4)[0]
    assert together == pytest.approx(2.0 * by_covariance(Y, np.array(H)), abs=1e-10)


def test_rows_public_before_count_only_for_what_they_say_of_the_benchmark():
    h = np.array(H)
    given = total(Y, [H], context=[1, 1, 0, 0])[0]
    assert given == pytest.approx(by_covariance(Y, h) - by_covariance(Y[:2], h[:2]), abs=1e-10)
    assert total(Y[:2], [H[:2]], context=[1, 1])[0] == 0.0


def test_the_order_of_rows_does_not_matter():
    order = [2, 0, 3, 1]
    assert total([Y[i] for i in order], [[H[i] for i in order]])[0] == pytest.approx(total(Y, [H])[0], abs=1e-10)


def test_a_row_of_weight_nothing_is_not_there():
    assert total(Y, [H], weight=[1, 1, 1, 0])[0] == pytest.approx(by_covariance(Y[:3], np.array(H[:3])), abs=1e-10)


def test_a_single_score_says_next_to_nothing_of_the_horizon():
    low, high = total([0.0], [[1.0], [3.0]])
    assert abs(low - high) < 0.5


def test_scores_that_rise_faster_ask_for_a_steeper_horizon():
    flat, steep = np.array([0.0, 0.2, 0.4]), np.array([0.0, 1.5, 3.0])
    gentle, fast = total([-1.0, -0.85, -0.7], [flat, steep]), total([-1.5, 0.0, 1.5], [flat, steep])
    assert gentle[0] - gentle[1] > fast[0] - fast[1]
    assert fast[1] > fast[0]


def test_a_score_at_the_floor_or_the_ceiling_is_finite_and_says_little():
    found = benchmark.columns(frame(reading=[0.0, 50.0, 100.0], items=200.0))
    assert np.all(np.isfinite(found["y"]))
    assert found["y"][1] == pytest.approx(0.0)
    assert found["se"][0] > 5.0 * found["se"][1]
    assert found["se"][2] == pytest.approx(found["se"][0])


def test_counts_give_the_error_of_a_binomial():
    found = benchmark.columns(frame(reading=[25.0], items=400.0))
    assert found["y"][0] == pytest.approx(np.log(0.25 / 0.75), abs=0.01)
    assert found["se"][0] == pytest.approx(1.0 / np.sqrt(400 * 0.25 * 0.75), rel=0.01)


def test_a_published_interval_gives_the_error_where_items_are_not_known():
    found = benchmark.columns(frame(reading=[40.0], reading_low=[35.0], reading_high=[45.0], level=0.6827))
    assert found["se"][0] == pytest.approx(0.05 / (0.4 * 0.6), rel=0.05)


def test_the_floor_of_guessing_is_subtracted():
    assert benchmark.columns(frame(reading=[55.0], floor=10.0))["y"][0] == pytest.approx(0.0)


def test_only_models_that_were_best_when_they_came_out_are_read(ledger):
    used = selection.use_on(ledger, date(2026, 11, 21))
    scores = used[used["kind"] == "benchmark"]
    assert set(scores.loc[~scores["used"], "why_unused"]) == {selection.BELOW_FRONTIER}
    for _, part in scores[scores["used"]].groupby("series"):
        assert part.sort_values(["observed_on", "value"])["value"].is_monotonic_increasing


def test_new_scores_come_with_the_old_ones_of_their_benchmark_as_context(ledger):
    new = rows.new_between(ledger, date(2026, 7, 1), date(2026, 11, 21))
    scores = new[new["kind"] == "benchmark"]
    assert scores["context"].any()
    assert not scores["context"].all()
    block = rows.blocks(new)["benchmark"]
    assert set(block.counted) == set(scores.loc[~scores["context"], "id"])
    alone = scores.groupby("series")["context"].all()
    assert not alone.any(), "no benchmark comes as context alone"


def marginal(h, variance, weight=None, *, sign=1.0):
    """`benchmark.marginal` as plain Python, of Y: its value and both gradients."""
    by_h, by_variance = np.zeros(len(Y)), np.zeros(len(Y))
    value = benchmark.marginal(np.array(Y), variance, np.ones(len(Y)) if weight is None else weight, h, sign, by_h,
                               by_variance)  # fmt: skip
    return value, by_h, by_variance


VARIANCE = np.array([0.1, 0.3, 0.2, 0.05])


def test_what_is_compiled_has_the_density_of_a_normal_as_joint_has():
    h = np.array(H)
    x = np.column_stack([np.ones(len(h)), h])
    covariance = x @ np.diag([benchmark.LEVEL_SD**2, benchmark.SLOPE_SD**2]) @ x.T + np.diag(VARIANCE)
    expected = stats.multivariate_normal(x @ [0.0, benchmark.SLOPE_MEAN], covariance).logpdf(Y)
    assert marginal(h, VARIANCE)[0] == pytest.approx(expected, abs=1e-10)
    assert marginal(h, np.full(4, 0.4**2 + 0.2**2))[0] == pytest.approx(total(Y, [H])[0], abs=1e-10)
    assert marginal(h, VARIANCE, sign=-1.0)[0] == pytest.approx(-expected, abs=1e-10)


def test_a_row_of_weight_nothing_moves_neither_the_density_nor_a_gradient():
    h, weight = np.array(H), np.array([1.0, 1.0, 1.0, 0.0])
    value, by_h, by_variance = marginal(h, np.full(4, 0.4**2 + 0.2**2), weight)
    assert value == pytest.approx(by_covariance(Y[:3], h[:3]), abs=1e-10)
    assert by_h[3] == by_variance[3] == 0.0


@pytest.mark.parametrize("weight", [np.ones(4), np.array([1.0, 0.5, 2.0, 1.0])])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_slopes_of_what_is_compiled_are_those_of_finite_differences(weight, sign):
    h, step = np.array(H), 1e-6
    _, by_h, by_variance = marginal(h, VARIANCE, weight, sign=sign)
    for i, e in enumerate(step * np.eye(4)):
        up, down = (marginal(h + s * e, VARIANCE, weight, sign=sign)[0] for s in (1.0, -1.0))
        assert by_h[i] == pytest.approx((up - down) / (2.0 * step), rel=1e-6, abs=1e-7)
        up, down = (marginal(h, VARIANCE + s * e, weight, sign=sign)[0] for s in (1.0, -1.0))
        assert by_variance[i] == pytest.approx((up - down) / (2.0 * step), rel=1e-6, abs=1e-7)


def test_slopes_are_added_to_those_of_other_rows():
    h = np.array(H)
    _, by_h, by_variance = marginal(h, VARIANCE)
    again = [by_h.copy(), by_variance.copy()]
    benchmark.marginal(np.array(Y), VARIANCE, np.ones(4), h, -1.0, *again)
    assert np.array_equal(again, np.zeros((2, 4))), "with and less the same rows nothing is left"


def test_compiled_and_many_draws_agree_with_finite_differences(ledger):
    """On real rows with context, the gradient by every parameter that scores can move included."""
    new = rows.new_between(ledger, date(2026, 5, 4), date(2026, 11, 21))
    blocks = rows.blocks(new, without=[k for k in rows.KINDS if k != "benchmark"])
    table, run = rows.table(blocks), kernels.log_likelihood()
    z = 0.5 * np.random.default_rng(1).standard_normal((4, len(VECTOR)))
    eta = sampling.values_of(z, PRIOR)
    found = [run(at, PRIOR.t_asof, MONTH, table) for at in eta]
    np.testing.assert_allclose([value for value, _ in found], likelihood.total(z, PRIOR, blocks), rtol=1e-10)
    step = 1e-6
    differences = [
        (run(eta[0] + step * e, PRIOR.t_asof, MONTH, table)[0] - run(eta[0] - step * e, PRIOR.t_asof, MONTH, table)[0])
        / (2.0 * step)
        for e in np.eye(len(VECTOR))
    ]
    np.testing.assert_allclose(found[0][1], differences, atol=1e-6 * np.abs(found[0][1]).max())
    assert abs(found[0][1][VECTOR.index("benchmark_scatter")]) > 0


def test_leaving_a_score_out_is_never_having_had_it(ledger):
    new = rows.new_between(ledger, date(2026, 5, 4), date(2026, 11, 21))
    only = [k for k in rows.KINDS if k != "benchmark"]
    row = rows.blocks(new, without=only)["benchmark"].counted[0]
    z = 0.5 * np.random.default_rng(1).standard_normal((3, len(VECTOR)))
    weighted = likelihood.total(z, PRIOR, rows.blocks(new, without=only, weights={row: 0.0}))
    dropped = likelihood.total(z, PRIOR, rows.blocks(new[new["id"] != row], without=only))
    np.testing.assert_allclose(weighted, dropped, atol=1e-9)


def test_half_weights_are_the_same_in_compiled_code(ledger):
    new = rows.new_between(ledger, date(2026, 5, 4), date(2026, 11, 21))
    blocks = rows.blocks(new, without=[k for k in rows.KINDS if k != "benchmark"])
    half = {name: replace(b, weight=0.5 * b.weight) for name, b in blocks.items()}
    z = 0.5 * np.random.default_rng(2).standard_normal((2, len(VECTOR)))
    eta = sampling.values_of(z, PRIOR)
    found = [kernels.log_likelihood()(at, PRIOR.t_asof, MONTH, rows.table(half))[0] for at in eta]
    np.testing.assert_allclose(found, likelihood.total(z, PRIOR, half), rtol=1e-10)


ONE_ENTRY = """
[series]
swe_bench_verified_epoch_pct = { kind = "benchmark", unit = "percent resolved", cruxes = ["C1"], transform = "identity", floor = 0.0, ceiling = 95.0, items = 500 }
"""


def test_a_new_benchmark_needs_one_entry_of_the_register_and_no_code(ledger, tmp_path):
    """One that the ledger has and our register does not read, read by an entry in a user's own folder."""
    series = "swe_bench_verified_epoch_pct"
    (tmp_path / "register.toml").write_text(ONE_ENTRY)
    own = ledgers.read(own=tmp_path)
    day, after = date(2026, 11, 21), date(2026, 3, 1)
    assert series not in set(rows.new_between(ledger, after, day)["series"])
    found = rows.new_between(own, after, day)
    assert {True, False} == set(found.loc[found["series"] == series, "context"])
    z = 0.3 * np.random.default_rng(4).standard_normal((2, len(VECTOR)))
    totals = [likelihood.total(z, PRIOR, rows.blocks(f)) for f in (rows.new_between(ledger, after, day), found)]
    assert np.all(np.isfinite(totals))
    assert np.all(totals[0] != totals[1])
