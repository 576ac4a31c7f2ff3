"""Replicated readings come from the observation models that the likelihood uses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import priors
from forecast import likelihood, parameters, predictive, sampling
from forecast.namespaces import NumPy
from forecast.observations import KINDS, Readings
from forecast.view import View
from priors import decimal_year
from tests.conftest import TODAY

T_ASOF = decimal_year(TODAY)
kinds = pytest.mark.parametrize("kind", predictive.LAWS)
one_by_one = pytest.mark.parametrize("kind", [k for k in predictive.LAWS if KINDS[k].joint is None])


@pytest.fixture(scope="module")
def eta():
    """Three draws of the broad prior."""
    z = np.random.default_rng(3).standard_normal((3, len(parameters.VECTOR)))
    return sampling.values_of(0.5 * z, parameters.broad(T_ASOF))


@pytest.fixture(scope="module")
def at(eta, all_blocks):
    return {found.kind: found for found in predictive.at_rows(eta, T_ASOF, all_blocks)}


@pytest.fixture(scope="module")
def view():
    """Draws of one person's beliefs; what they lead to is not asked here."""
    clark = priors.load("clark")
    z = np.random.default_rng(4).standard_normal((400, len(parameters.VECTOR)))
    return View(
        worldview=clark, name="stated", day=clark.as_of, eta=sampling.values_of(z, parameters.of_worldview(clark)),
        weights=np.full(400, 1 / 400), futures=None, seed=1,
    )  # fmt: skip


def uncensored(found):
    """Columns with every mark of censoring taken off."""
    columns = dict(found.rows.columns)
    mark = predictive.CENSORED_BY.get(found.kind)
    return columns | ({mark: np.zeros(len(found.rows.ids))} if mark else {})


@one_by_one
def test_the_distribution_function_is_the_integral_of_the_likelihood(kind, at):
    found = at[kind]
    d = uncensored(found)
    law = predictive.law(kind, found.seen, found.previous, found.q, d)
    rows = range(min(3, len(found.rows.ids)))
    q = {name: value[:1] if np.ndim(value) else value for name, value in found.q.items()}
    for j in rows:
        y = law.location[0, j] + np.linspace(-60.0, 1.5, 20_001) * law.below[0, j]
        seen, previous = (Readings(*(c[:1, j : j + 1] for c in r)) for r in (found.seen, found.previous))
        columns = {name: column[j] for name, column in d.items()} | {"y": y}
        density = np.exp(KINDS[kind].log_likelihood(seen, previous, q, columns, NumPy)).ravel()
        ends = [predictive.probability_below(law, end)[0, j] for end in (y[0], y[-1])]
        assert np.trapezoid(density, y) == pytest.approx(ends[1] - ends[0], abs=2e-6)


def test_the_law_of_a_benchmark_is_its_joint_likelihood_row_by_row(at):
    found = at["benchmark"]
    for context in (np.zeros(len(found.rows.ids)), np.arange(len(found.rows.ids)) % 3 == 0):
        d = dict(found.rows.columns) | {"context": context.astype(float)}
        law = predictive.law("benchmark", found.seen, found.previous, found.q, d)
        value = KINDS["benchmark"].joint(found.seen, found.q, d, 1.0 - d["context"])
        new = d["context"] == 0
        assert np.allclose(stats.norm.logpdf(d["y"], law.location, law.above)[:, new], value[:, new], atol=1e-8)


@kinds
def test_replicated_readings_follow_the_distribution_function(kind, at):
    found = at[kind]
    law = predictive.law(kind, found.seen, found.previous, found.q, uncensored(found))
    one = predictive.Law(
        location=np.full(4000, law.location[0, 0]), below=np.full(4000, law.below[0, 0]),
        above=np.full(4000, law.above[0, 0]), student=law.student,
    )  # fmt: skip
    y = predictive.draw_from(one, np.random.default_rng(5))
    assert stats.kstest(predictive.probability_below(one, y), "uniform").pvalue > 1e-3


@kinds
def test_a_replicated_reading_does_not_depend_on_the_reading_itself(kind, at):
    found = at[kind]
    d, last = dict(found.rows.columns), np.arange(len(found.rows.ids)) == len(found.rows.ids) - 1
    drawn = [
        predictive.draw(kind, found.seen, found.previous, found.q, columns, np.random.default_rng(1))
        for columns in (d, d | {"y": d["y"] + 5.0 * last})
    ]
    assert np.array_equal(*drawn)


def test_every_kind_but_absence_has_a_law():
    assert set(predictive.LAWS) == set(KINDS) - {"absence"}


def test_a_draw_has_one_replicated_reading_for_each_row(eta, all_blocks):
    found = predictive.replicates(eta, T_ASOF, all_blocks, np.random.default_rng(1))
    assert {kind: y.shape for kind, y in found.items()} == {
        kind: (len(eta), len(all_blocks[kind].ids)) for kind in predictive.LAWS
    }


def test_the_log_score_of_a_row_is_the_weighted_mean_of_its_likelihood(view, all_blocks):
    weights = np.random.default_rng(5).random(400)
    some = replace(view, weights=weights / weights.sum())
    table = predictive.surprise(some, all_blocks).set_index("id")
    by_row = likelihood.by_row_of_values(some.eta, some.worldview.as_of_year, all_blocks)
    expected = np.log(some.weights @ np.exp(by_row["uplift"]))
    assert table.loc[list(all_blocks["uplift"].ids), "log_score"].to_numpy() == pytest.approx(expected)


def test_the_tail_of_a_censored_row_is_the_probability_beyond_its_bound(view, all_blocks):
    some = replace(view, eta=view.eta[:200], weights=np.full(200, 1 / 200))
    table = predictive.surprise(some, all_blocks).set_index("id")
    rows = all_blocks["horizon"]
    bound = [i for i, cut in zip(rows.ids, rows.columns["censored"], strict=True) if cut]
    assert bound
    assert np.allclose(np.exp(table.loc[bound, "log_score"]), table.loc[bound, "tail_probability"])


def test_repeated_draws_change_no_surprise(view, all_blocks):
    once = replace(view, eta=view.eta[:200], weights=np.full(200, 1 / 200))
    twice = replace(once, eta=np.repeat(once.eta, 2, axis=0), weights=np.full(400, 1 / 400))
    left, right = (predictive.surprise(v, all_blocks) for v in (once, twice))
    for column in ("log_score", "tail_probability", "mcse"):
        assert np.allclose(left[column], right[column])


def test_a_median_reading_is_no_surprise_and_a_far_one_is(view, all_blocks):
    some = replace(view, eta=view.eta[:1], weights=np.ones(1))
    (at,) = (
        a for a in predictive.at_rows(some.eta, some.worldview.as_of_year, all_blocks) if a.kind == "compute_growth"
    )
    law = predictive.law(at.kind, at.seen, at.previous, at.q, at.rows.columns)

    def tails(y):
        block = replace(at.rows, columns=dict(at.rows.columns) | {"y": y})
        return predictive.surprise(some, dict(all_blocks) | {"compute_growth": block}).query(
            "kind == 'compute_growth'"
        )["tail_probability"]

    assert np.allclose(tails(law.location[0]), 1.0)
    assert (tails(law.location[0] + 4 * law.above[0]) < 1e-4).all()
