"""One likelihood, three ways: compiled with its gradient, NumPy over many draws, and inside the PyMC model."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import priors
from forecast import coordinates, kernels, likelihood, model, parameters, rows
from forecast.likelihood import MONTH
from forecast.mechanism import PAST
from forecast.namespaces import NumPy
from forecast.observations import KINDS, block, last_month
from forecast.parameters import VECTOR

WORLDVIEWS = priors.load_all()

each_kind = pytest.mark.parametrize("kind", KINDS)
each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)


def draws(prior, n, seed):
    z = np.random.default_rng(seed).standard_normal((n, len(VECTOR)))
    return z, parameters.unconstrained(z, prior.matrix(), NumPy, matmul=lambda z, mixing: z @ mixing.T)


def only(blocks, *kinds):
    """The same blocks with the rows of other kinds weighted 0."""
    return {k: b if k in kinds else replace(b, weight=0.0 * b.weight) for k, b in blocks.items()}


def compiled(eta, prior, blocks):
    return kernels.log_likelihood()(eta, prior.t_asof, MONTH, rows.table(blocks))


def test_every_kind_has_rows_to_be_held_to(all_blocks):
    assert {kind for kind, block in all_blocks.items() if block.ids} == set(KINDS)


@each_kind
@each_worldview
def test_the_compiled_likelihood_is_that_of_numpy(kind, name, all_blocks):
    prior, blocks = parameters.of_worldview(WORLDVIEWS[name]), only(all_blocks, kind)
    z, eta = draws(prior, 100, seed=1)
    expected = likelihood.total(z, prior, blocks)
    found = np.array([compiled(e, prior, blocks)[0] for e in eta])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@each_kind
def test_the_compiled_gradient_is_the_slope_of_the_likelihood(kind, all_blocks):
    """Central differences of a step h err by h^2 of the third derivative and by rounding / h: at the better of two
    steps, one part in a million of the steepest slope."""
    prior, blocks = parameters.broad(2026.3), only(all_blocks, kind)
    _, eta = draws(prior, 8, seed=2)
    for at in eta:
        gradient = compiled(at, prior, blocks)[1]
        errors = []
        for h in (1e-4, 1e-5):
            shifts = h * np.eye(len(VECTOR))
            rise = [compiled(at + s, prior, blocks)[0] - compiled(at - s, prior, blocks)[0] for s in shifts]
            errors.append(np.abs(np.array(rise) / (2.0 * h) - gradient))
        assert np.min(errors, axis=0).max() <= 1e-6 * max(1.0, np.abs(gradient).max())


def test_the_compiled_past_is_the_mechanism_step_by_step():
    """Until a takeoff, should there be one: from there on rounding errors grow with everything else."""
    prior = parameters.broad(2026.3)
    _, eta = draws(prior, 20, seed=3)
    q = parameters.natural(parameters.by_name(eta), NumPy)
    expected = likelihood.past(q, prior.t_asof, 60)
    order = PAST[:-1]
    for i in range(len(eta)):
        theta = np.array([*(float(q[name][i, 0]) for name in order), prior.t_asof])
        values, _ = kernels.trajectory()(theta, 60, MONTH)
        calm = np.maximum.accumulate(expected.rate[i]) < 10.0
        by_numpy = np.column_stack([column[i] for column in expected])
        np.testing.assert_allclose(values[calm], by_numpy[calm], rtol=1e-10, atol=1e-12)


@each_worldview
def test_a_prior_draw_has_a_finite_likelihood_and_gradient_unless_takeoff_lies_in_the_past(name, all_blocks):
    """Draws that the likelihood cannot bear would be refused in silence, and the posterior would lie. Refused may be
    only a draw in which software has already run into its ceiling: nobody believes that of the past."""
    prior = parameters.of_worldview(WORLDVIEWS[name])
    _, eta = draws(prior, 500, seed=4)
    table = rows.table(all_blocks)
    found = [kernels.log_likelihood()(at, prior.t_asof, MONTH, table) for at in eta]
    refused = [i for i, (value, by) in enumerate(found) if not (np.isfinite(value) and np.isfinite(by).all())]
    q = parameters.natural(parameters.by_name(eta[refused]), NumPy)
    past = likelihood.past(q, prior.t_asof, last_month(all_blocks))
    assert (past.rate.min(axis=-1) <= 0.0).all()
    assert len(refused) <= 2


def test_the_past_ends_with_the_last_row_that_counts(all_blocks):
    """However far the rows reach that do not, no bit changes: what comes later cannot blow up in the likelihood."""
    prior = parameters.broad(2026.3)
    _, eta = draws(prior, 20, seed=5)
    table = rows.table(all_blocks)
    later = table[-1:].copy()
    later[0, rows.LEADING.index("month")] += 600.0
    later[0, rows.LEADING.index("weight")] = 0.0
    later[0, rows.LEADING.index("previous")] = len(table)
    for at in eta:
        short, long = (
            kernels.log_likelihood()(at, prior.t_asof, MONTH, t) for t in (table, np.concatenate([table, later]))
        )
        assert short[0] == long[0]
        np.testing.assert_array_equal(short[1], long[1])


def test_a_row_may_hang_on_a_later_one_that_does_not_count_itself(all_blocks):
    """A month under the floor is tied to the first that can be read, which may be left out on its own."""
    prior, block = parameters.broad(2026.3), all_blocks["share"]
    (tied,) = np.flatnonzero(block.month[block.previous] > block.month)[:1]
    weight = np.zeros(len(block.ids))
    weight[tied] = 1.0
    blocks = only(all_blocks) | {"share": replace(block, weight=weight)}
    z, eta = draws(prior, 20, seed=9)
    found = [compiled(at, prior, blocks)[0] for at in eta]
    np.testing.assert_allclose(found, likelihood.total(z, prior, blocks), rtol=1e-9, atol=1e-9)


def test_a_row_of_weight_nought_is_no_row(all_blocks):
    prior = parameters.broad(2026.3)
    z, eta = draws(prior, 5, seed=6)
    nothing = only(all_blocks)
    np.testing.assert_array_equal(likelihood.total(z, prior, nothing), 0.0)
    for at in eta:
        value, gradient = compiled(at, prior, nothing)
        assert value == 0.0
        assert not gradient.any()


def test_a_likelihood_is_the_sum_of_its_kinds_and_a_weight_counts_a_row_so_often(all_blocks):
    prior = parameters.broad(2026.3)
    z, _ = draws(prior, 5, seed=6)
    parts = [likelihood.total(z, prior, only(all_blocks, kind)) for kind in KINDS]
    np.testing.assert_allclose(likelihood.total(z, prior, all_blocks), np.sum(parts, axis=0), rtol=1e-12)
    alone = {k: b for k, b in all_blocks.items() if KINDS[k].joint is None}
    twice = {k: replace(b, weight=2.0 * b.weight) for k, b in alone.items()}
    np.testing.assert_allclose(likelihood.total(z, prior, twice), 2.0 * likelihood.total(z, prior, alone), rtol=1e-12)


def test_an_empty_ledger_says_nothing():
    prior = parameters.broad(2026.3)
    z, eta = draws(prior, 3, seed=7)
    np.testing.assert_array_equal(likelihood.total(z, prior, NO_ROWS), 0.0)
    value, gradient = compiled(eta[0], prior, NO_ROWS)
    assert value == 0.0
    assert not gradient.any()


def test_what_acts_only_after_today_is_no_part_of_what_is_fitted():
    """So no reading can move it but through the beliefs that it shares."""
    future = {name for name, v in priors.variables().items() if v.role is priors.Role.FUTURE}
    assert future
    assert not future & {*VECTOR, *parameters.READ}


NO_ROWS = {
    name: block((), np.zeros(0), {c: np.zeros(0) for c in kind.columns_read}, np.zeros(0))
    for name, kind in KINDS.items()
}


def test_the_model_adds_the_likelihood_to_the_standard_normal_and_nothing_else(all_blocks):
    prior = parameters.of_worldview(WORLDVIEWS["clark"])
    y, _ = draws(prior, 5, seed=8)
    built = model.build(prior, all_blocks)
    assert {rv.name for rv in built.free_RVs} == {"y"}
    z = coordinates.standard_normals(y, prior.matrix(), coordinates.pivot(all_blocks))
    normal = -0.5 * (z**2).sum(axis=1) - 0.5 * len(VECTOR) * np.log(2.0 * np.pi)
    expected = normal + likelihood.total(z, prior, all_blocks)
    logp = built.compile_logp()
    np.testing.assert_allclose([logp({"y": row}) for row in y], expected, rtol=1e-9)


def test_where_nothing_is_moved_the_gradient_is_the_chain_rule_through_the_beliefs(ledger):
    prior = parameters.of_worldview(WORLDVIEWS["clark"])
    blocks = rows.blocks(rows.known_by(ledger, date(2026, 11, 21)), without=["share"])
    z, eta = draws(prior, 1, seed=8)
    _, by_eta = compiled(eta[0], prior, blocks)
    steep = 8.0 * prior.jump * _slope_of_logistic(8.0 * (prior.mixing @ z[0] - prior.z0))
    chained = prior.mixing.T @ (by_eta * (prior.scale + steep)) - z[0]
    found = model.build(prior, blocks).compile_dlogp()({"y": z[0]})
    np.testing.assert_allclose(found, chained, rtol=1e-9, atol=1e-9 * np.abs(chained).max())


def _slope_of_logistic(x):
    s = 1.0 / (1.0 + np.exp(-x))
    return s * (1.0 - s)
