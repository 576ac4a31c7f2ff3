"""Each statistic of the predictive checks catches the fault that it is meant for, and a sound model passes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import priors
from forecast import parameters, predictive, prequential, rows, sampling
from forecast.parameters import VECTOR
from forecast.trust import findings
from forecast.trust import predictive_checks as checks
from priors import decimal_year
from tests import small_views
from tests.conftest import TODAY

T_ASOF = decimal_year(TODAY)
ROWS, DRAWS = 24, 600
YEARS = np.linspace(2024.0, 2026.0, ROWS)
RUNS = np.zeros(ROWS)
QUESTIONS = ("p_mean", "p_pit", "p_spread", "p_slope", "p_lag1")


def toy(y, rng, *, draws=DRAWS, belief=2.0):
    """Rows y ~ N(mu, 1), mu ~ N(0, belief^2), with draws of mu from its posterior."""
    precision = belief**-2 + len(y)
    mu = rng.normal(y.sum() / precision, precision**-0.5, (draws, 1))
    table = pd.DataFrame({"stream": "toy", "series": "toy", "kind": "toy", "id": [f"r{i}" for i in range(len(y))],
                          "year": YEARS[: len(y)], "censored": False})  # fmt: skip
    return checks.Placed(table=table, below=stats.norm.cdf(y - mu), log_likelihood=stats.norm.logpdf(y - mu))


def summarised(placed):
    weights = np.full(len(placed.below), 1.0 / len(placed.below))
    loo, _ = checks.left_out(placed, weights)
    pit = placed.table.assign(pit_loo=loo, pit_before=np.nan)
    return checks.summary(placed, weights, pit, seed=1).set_index("stream").loc["toy"]


def walked(n, kept, rng):
    z = rng.standard_normal(n)
    for i in range(1, n):
        z[i] = kept * z[i - 1] + np.sqrt(1.0 - kept**2) * z[i]
    return z


def test_the_law_of_the_distance_is_that_of_scipy_between_its_points():
    distance = np.linspace(0.06, 0.5, 37)
    for n in (5, 26, 140):
        assert checks._farther(distance, n) == pytest.approx(
            stats.kstwo.sf(np.minimum(distance, 3 / n**0.5), n), abs=2e-3
        )


def test_given_one_posterior_draw_every_statistic_has_its_own_law_exactly():
    """Truth, data and posterior draw anew each time: p-values are uniform, although the draw has seen the data."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):
        one = toy(rng.normal(2.0 * rng.standard_normal(), 1.0, ROWS), rng, draws=1)
        found.append(checks.statistics(one.below, YEARS, runs=RUNS, seed=1))
    table = pd.concat(found)
    for question in QUESTIONS:
        assert stats.kstest(table[question], "uniform").pvalue > 1e-3, question


def test_the_mean_of_the_rows_under_the_posterior_itself_would_be_too_near_the_middle():
    """What the check avoids: the same rows placed in the mixture of all draws are less spread than uniforms."""
    rng = np.random.default_rng(2)
    spread = []
    for _ in range(300):
        y = rng.normal(2.0 * rng.standard_normal(), 1.0, 3)
        spread.append(np.square(checks.scores(toy(y, rng).below.mean(axis=0))).mean())
    assert np.mean(spread) < 0.85


def test_a_sound_model_passes():
    found = summarised(toy(np.random.default_rng(5).normal(0.7, 1.0, ROWS), np.random.default_rng(6)))
    assert (found[list(QUESTIONS)].astype(float) > 0.05).all()
    assert found["spread"] == pytest.approx(1.0, abs=0.4)


@pytest.mark.parametrize(
    ("fault", "question"),
    [
        (lambda z, rng: z + 3.0, "p_mean"),
        (lambda z, rng: z + 3.0, "p_pit"),
        (lambda z, rng: 2.5 * z, "p_spread"),
        (lambda z, rng: 0.25 * z, "p_spread"),
        (lambda z, rng: z + 2.5 * (YEARS - 2025.0), "p_slope"),
        (lambda z, rng: walked(ROWS, 0.95, rng), "p_lag1"),
    ],
    ids=["shifted", "shifted in distribution", "too narrow", "too wide", "drifting", "correlated"],
)
def test_a_fault_is_caught_by_the_statistic_that_is_meant_for_it(fault, question):
    """Under a belief so firm that the fitted mean cannot follow."""
    rng = np.random.default_rng(11)
    y = fault(rng.standard_normal(ROWS), rng)
    found = summarised(toy(y, rng, belief=0.05))
    assert found[question] < 0.01


def test_a_drift_is_not_taken_for_a_wider_scatter_alone_nor_a_wide_scatter_for_a_drift():
    rng = np.random.default_rng(12)
    wide = summarised(toy(3.0 * rng.standard_normal(ROWS), rng, belief=0.05))
    assert wide["p_spread"] < 1e-6
    assert wide["p_slope"] > 0.05
    assert wide["p_lag1"] > 0.05


def test_leaving_a_row_out_by_weights_agrees_with_the_posterior_of_the_others():
    rng = np.random.default_rng(3)
    y = rng.normal(0.5, 1.0, ROWS)
    loo, shape = checks.left_out(toy(y, rng, draws=4000), np.full(4000, 1 / 4000))
    precision = 0.25 + ROWS - 1
    exact = stats.norm.cdf(y, (y.sum() - y) / precision, np.sqrt(1.0 + 1.0 / precision))
    assert loo == pytest.approx(exact, abs=0.01)
    assert (shape < 0.7).all()


def test_p_values_of_draws_are_joined_to_twice_their_mean_and_statistics_to_their_mean():
    given = pd.DataFrame({"p_pit": [0.1, 0.3], "spread": [0.8, 1.2], "p_mean": [0.9, 0.9]})
    joined = checks._over_draws(given, np.array([0.75, 0.25]))
    assert joined == pytest.approx({"p_pit": 0.3, "spread": 0.9, "p_mean": 1.0})


def test_one_scatter_for_all_is_doubted_only_where_some_scatter_more():
    rng = np.random.default_rng(4)
    groups = np.repeat(["a", "b", "c"], 10)
    sound = stats.norm.cdf(rng.standard_normal((300, 30)))
    assert stats.kstest(checks.unlike(sound, groups, seed=1), "uniform").pvalue > 1e-3
    mixed = stats.norm.cdf(rng.standard_normal((50, 30)) * np.repeat([0.3, 1.0, 2.5], 10))
    assert np.mean(checks.unlike(mixed, groups, seed=1)) < 0.01


@pytest.mark.parametrize(("kind", "cut"), [("horizon", lambda u: u > 0.7), ("share", lambda u: u < 0.3)])
def test_a_reading_beyond_its_instrument_is_placed_so_that_all_stay_uniform(kind, cut):
    rng = np.random.default_rng(7)
    truth = rng.random(4000)
    beyond = cut(truth)
    seen = np.where(beyond, 0.7 if kind == "horizon" else 0.3, truth)
    assert stats.kstest(checks.beyond(kind, seen, beyond, rng), "uniform").pvalue > 1e-3
    other = {"horizon": "share", "share": "horizon"}[kind]
    assert stats.kstest(checks.beyond(other, seen, beyond, rng), "uniform").pvalue < 1e-6


def test_readings_drawn_from_the_predictive_are_placed_uniformly_given_their_own_draw(all_blocks):
    """Every kind, with the replicator of `forecast.predictive`; each benchmark score is a benchmark of its own here, and
    a month of a chart stands after the month that was published."""
    z = np.random.default_rng(3).standard_normal((25, len(VECTOR)))
    eta = sampling.values_of(0.5 * z, parameters.broad(T_ASOF))
    alone = all_blocks | {
        "benchmark": _with(all_blocks["benchmark"], group=np.arange(len(all_blocks["benchmark"].ids)))
    }
    open_ = {kind: _with(block, **{predictive.CENSORED_BY[kind]: np.zeros(len(block.ids))})
             if kind in predictive.CENSORED_BY else block for kind, block in alone.items()}  # fmt: skip
    drawn = predictive.replicates(eta, T_ASOF, open_, np.random.default_rng(8))
    found = []
    for i in range(len(eta)):
        told = {kind: _with(block, y=drawn[kind][i]) if kind in drawn else block for kind, block in open_.items()}
        placed = checks.placed(eta[i : i + 1], T_ASOF, [told], series={}, bounds=frozenset(), seed=1)
        found.append(placed.table.assign(below=placed.below[0]))
    table = pd.concat(found)
    assert set(table["kind"]) == set(predictive.LAWS)
    for kind, part in table.groupby("kind"):
        assert stats.kstest(part["below"], "uniform").pvalue > 1e-4, kind


@pytest.mark.parametrize(
    ("fault", "question"),
    [
        (lambda away, years: away, None),
        (lambda away, years: 3.0 * away, "p_spread"),
        (lambda away, years: away + np.log(60.0) * (years > 2025.5), "p_slope"),
        (lambda away, years: away + np.log(60.0), "p_pit"),
    ],
    ids=["none", "95 % intervals read as 1 sd", "minutes as hours of late", "minutes as hours"],
)
def test_a_planted_fault_of_the_reading_of_horizons_is_caught_by_its_own_model(fault, question, all_blocks):
    """Readings replicated from one draw, spoilt, and put before that draw."""
    eta = sampling.values_of(np.zeros((1, len(VECTOR))), parameters.broad(T_ASOF))
    block = all_blocks["horizon"]
    block = _with(block, censored=np.zeros(len(block.ids)), has_partner=np.zeros(len(block.ids)))
    (at,) = predictive.at_rows(eta, T_ASOF, {"horizon": block})
    law = predictive.law("horizon", at.seen, at.previous, at.q, block.columns)
    years = 2023.0 + (block.month + block.within) / 12.0 + block.before
    away = predictive.draw_from(law, np.random.default_rng(3))[0] - law.location[0]
    told = {"horizon": _with(block, y=law.location[0] + fault(away, years))}
    placed = checks.placed(eta, T_ASOF, [told], series={}, bounds=frozenset(), seed=1)
    own = (placed.table["stream"] == "horizon-p50").to_numpy()
    found = checks.statistics(
        placed.below[:, own], placed.table.loc[own, "year"].to_numpy(), runs=np.zeros(own.sum()), seed=1
    ).iloc[0]
    if question is None:
        assert (found[list(QUESTIONS)] > 0.02).all()
    else:
        assert found[question] < 0.01


def _with(block, **columns):
    return replace(block, columns=dict(block.columns) | {n: np.asarray(c, dtype=float) for n, c in columns.items()})


def test_a_statement_that_is_a_bound_is_no_reading_and_a_horizon_beyond_the_suite_is_one(ledger, all_blocks):
    stated = checks.stated_bounds(ledger)
    assert set(all_blocks["pace"].ids) <= stated
    block = all_blocks["horizon"]
    beyond = {row for row, cut in zip(block.ids, block.columns["censored"], strict=True) if cut}
    assert beyond - stated


def test_steps_of_the_process_noise_are_uniform_under_the_prior_and_none_is_asked_of_the_future():
    eta = np.random.default_rng(9).standard_normal((500, len(VECTOR)))
    below, years = checks.walk(eta, until=2026.0)
    assert stats.kstest(below.ravel(), "uniform").pvalue > 1e-3
    assert (years < 2026.0).all()
    assert below.shape == (500, len(years))


def test_the_first_row_is_foreseen_by_the_beliefs_alone_and_every_reading_once(ledger):
    worldview = priors.load("yudkowsky")
    said = prequential.sequence(worldview, ledger, pd.Timestamp("2026-08-10").date())
    prior, stated = parameters.of_worldview(worldview), checks.stated_bounds(ledger)
    found = checks.foreseen(prior, said, worldview, bounds=stated, seed=1, particles=250)
    asked = [row for row, kind in zip(said.table["id"], said.table["kind"], strict=True) if kind != "absence"]
    assert found["id"].tolist() == [row for row in asked if row not in stated]
    assert found["pit_before"].between(0.0, 1.0).all()
    eta = sampling.values_of(np.random.default_rng(2).standard_normal((2000, len(VECTOR))), prior)
    first = found.iloc[0]
    at = next(a for a in predictive.at_rows(eta, prior.t_asof, said.blocks) if first["id"] in a.rows.ids)
    law = predictive.law(at.kind, at.seen, at.previous, at.q, at.rows.columns)
    i = at.rows.ids.index(first["id"])
    expected = predictive.probability_below(law, at.rows.columns["y"])[:, i].mean()
    assert first["pit_before"] == pytest.approx(expected, abs=0.1)


def streams(**columns):
    line = dict.fromkeys(checks.STREAM_COLUMNS, 0.5) | {"worldview": "clark", "stream": "s", "n": 9, "n_before": 4}
    return line | columns


def test_a_finding_is_the_least_p_value_of_any_worldview_under_a_bound_for_all_questions():
    table = pd.DataFrame([streams(), streams(worldview="krier", p_slope=0.0001), streams(stream="few", n=2),
                          streams(stream=checks.EVERYTHING)])  # fmt: skip
    found = findings.table("predictive", checks.found(table)).set_index("item")
    assert set(found.index) == {f"{q} of s" for q in checks.QUESTIONS.values()} | {"foreseen after clark"}
    trend = found.loc["trend of s"]
    assert trend["low"] == pytest.approx(checks.FAMILY / len(checks.QUESTIONS))
    assert not trend["passes"]
    assert "krier" in trend["says"]
    assert "process noise" in trend["says"]
    assert found.drop("trend of s")["passes"].all()


def test_what_came_as_nobody_was_led_to_expect_is_said_and_falls_short():
    def after(p):
        (line,) = (one for one in checks.found(pd.DataFrame([streams(stream=checks.EVERYTHING, p_before=p)])))
        return line

    surprised, calm = after(checks.FAMILY / 2), after(checks.FAMILY * 2)
    assert surprised.says.endswith("not what this encoding and the model together led one to expect.")
    assert not findings.passes(surprised.value, surprised.low, surprised.high)
    assert "led one to expect" not in calm.says
    assert findings.passes(calm.value, calm.low, calm.high)


def test_a_single_reading_has_a_place_and_neither_a_spread_nor_a_trend():
    below = np.array([[0.975], [0.5]])
    found = checks.statistics(below, np.array([2026.0]), runs=np.zeros(1), seed=1)
    assert found["mean_pit"].tolist() == [0.975, 0.5]
    np.testing.assert_allclose(found["p_mean"], [0.05, 1.0], rtol=1e-9)
    for what in ("spread", "slope_per_year", "lag1"):
        assert np.isnan(found[what]).all(), what
    for what in ("p_spread", "p_slope", "p_lag1"):
        assert (found[what] == 1.0).all(), what


def test_one_group_alone_is_unlike_no_other():
    below = np.random.default_rng(1).random((5, 8))
    few = np.array(["a"] * 6 + ["b"] * 2)
    assert (checks.unlike(below, few, seed=1) == 1.0).all(), "two readings have no spread to speak of"
    assert (checks.unlike(below, np.array(["a"] * 4 + ["b"] * 4), seed=1) < 1.0).any()


def test_a_stated_view_kept_without_its_prior_cannot_be_checked(ledger):
    stated = small_views.kept("yudkowsky", "stated")
    with pytest.raises(ValueError, match="yudkowsky was kept without its prior"):
        checks._job(replace(stated, prior=None), stated, findings.Context(ledger=ledger, day=TODAY))


@pytest.fixture(scope="module")
def measured(ledger):
    """Yudkowsky's beliefs as if fitted, in this process and in threads."""
    worldview = priors.load("yudkowsky")
    updated = replace(small_views.kept("yudkowsky", draws=200),
                      blocks=rows.blocks(rows.new_between(ledger, worldview.as_of, TODAY)))  # fmt: skip
    kept = (small_views.kept("yudkowsky", "stated"), updated)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checks.run, "run", lambda *args, **options: SimpleNamespace(kept=kept))
        patched.setattr(checks, "foreseen", _nothing_foreseen)
        said = []
        job = checks._job(*kept, findings.Context(ledger=ledger, day=TODAY))
        patched.setattr(checks, "_job", lambda *_: job)
        context = findings.Context(ledger=ledger, day=TODAY, report=lambda *what: said.append(what))
        alone = checks.measure(context)
        with ThreadPoolExecutor(1) as pool:
            together = checks.measure(replace(context, executor=pool))
    return alone, together, said


def _nothing_foreseen(*args, **options):
    return pd.DataFrame({"id": pd.Series(dtype=str), "pit_before": pd.Series(dtype=float)})


def test_every_row_that_the_view_has_read_is_in_the_table_once(measured, ledger):
    alone, _, _ = measured
    pit = alone.tables["pit"]
    assert tuple(pit.columns) == checks.PIT_COLUMNS
    assert not pit["id"].duplicated().any()
    worldview = priors.load("yudkowsky")
    known = set(rows.known_by(ledger, worldview.as_of)["id"]) | set(
        rows.new_between(ledger, worldview.as_of, TODAY).query("not context")["id"]
    )
    assert set(pit["id"]) == {row for row in known if not row.startswith("no-LOOP")} - checks.stated_bounds(ledger)
    assert pit["pit_loo"].between(0.0, 1.0).all()


def test_an_executor_changes_no_number(measured):
    alone, together, said = measured
    assert alone.findings.equals(together.findings)
    for name, table in alone.tables.items():
        pd.testing.assert_frame_equal(table, together.tables[name])
    assert said[0] == (1, 1, "yudkowsky")
