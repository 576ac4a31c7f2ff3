"""Other rows without another fit: when re-weighting is right, when it is refused, and what a refit says."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast import posteriors, rows, sampling, views

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def blocks_since(stated, ledger):
    """The rows that Clark's update was fitted to."""
    return rows.blocks(rows.new_between(ledger, stated["clark"].view.worldview.as_of, TODAY))


def test_weights_grow_with_the_ratio_and_not_against_it():
    """Ratios of 1 to 2000: smoothing moves the tail, and no weight above the largest there was."""
    weight, _ = posteriors.smoothed(np.log(np.arange(1.0, 2001.0)))
    assert np.all(np.diff(weight) >= 0)
    assert weight[999] / weight[0] == pytest.approx(1000.0, rel=1e-9), "below the tail nothing is smoothed"
    assert weight[-1] / weight[0] == pytest.approx(2000.0, rel=1e-9)
    assert weight.sum() == pytest.approx(1.0, abs=1e-12)


def test_equal_ratios_give_equal_weights_however_large():
    for level in (0.0, -900.0, 900.0):
        weight, shape = posteriors.smoothed(np.full(2000, level))
        assert np.array_equal(weight, np.full(2000, 1.0 / 2000))
        assert shape == 0.0


def test_equal_weights_pass():
    assert posteriors.passes(np.full(4000, 1.0 / 4000), 0.0)


def test_heavy_tails_are_refused():
    log_ratio = 5.0 * np.random.default_rng(1).standard_normal(4000)
    assert not posteriors.passes(*posteriors.smoothed(log_ratio))
    heavy = -2.0 * np.log(np.random.default_rng(2).random(4000))  # ratios u^-2: a Pareto tail of shape 2
    weight, shape = posteriors.smoothed(heavy)
    assert shape > posteriors.LARGEST_SHAPE
    assert not posteriors.passes(weight, shape)


def test_each_of_the_three_conditions_refuses_alone():
    even = np.full(4000, 1.0 / 4000)
    assert not posteriors.passes(even, 0.7), "shape"
    assert not posteriors.passes(np.full(399, 1.0 / 399), 0.0), "too few effective draws"
    few = np.full(450, 1.0 / 450)
    assert 1.0 / np.sum(few**2) > posteriors.LEAST_EFFECTIVE
    assert not posteriors.passes(few, 0.0), "error of a 5 % tail"


def test_the_same_rows_give_the_same_view(stated, updated_clark, blocks_since):
    answer = posteriors.with_weights(updated_clark, stated["clark"], blocks_since, blocks_since, seed=1)
    assert answer.how == "unchanged"
    assert answer.view.weights is updated_clark.weights
    assert answer.view.eta is updated_clark.eta


def test_leaving_out_a_row_that_is_not_there_changes_nothing(stated, updated_clark, blocks_since):
    answer = posteriors.leave_one_out(updated_clark, stated["clark"], blocks_since, "no such row", seed=1)
    assert answer.how == "unchanged"


def test_half_a_row_twice_is_the_row(stated, updated_clark, blocks_since):
    """Ratios add: from weight 1 to 0.5 and from 0.5 to 0 make up the way from 1 to 0."""

    def ratio(before, after):
        t = updated_clark.worldview.as_of_year
        some = updated_clark.eta[:200]
        return posteriors._weighted_total(some, t, at(after)) - posteriors._weighted_total(some, t, at(before))

    def at(weight):
        uplift = blocks_since["uplift"]
        return {**blocks_since, "uplift": replace(uplift, weight=weight * uplift.weight)}

    np.testing.assert_allclose(ratio(1.0, 0.5) + ratio(0.5, 0.0), ratio(1.0, 0.0), rtol=1e-9, atol=1e-9)


@pytest.fixture
def refused(monkeypatch, updated_clark):
    """No weights pass, and the sampler answers with the draws that there were: the priors and blocks it was given."""
    asked = []
    monkeypatch.setattr(posteriors, "passes", lambda *_: False)

    def fit(prior, blocks, *, seed):
        asked.append((prior, blocks))
        return sampling.Posterior(
            z=np.zeros((0, 1)), eta=updated_clark.eta[:: views.REPEATS], table=None, diagnostics={"ess_bulk": 4000.0}
        )

    monkeypatch.setattr(posteriors.sampling, "fit", fit)
    return asked


def without_horizons(blocks):
    horizon = blocks["horizon"]
    return {**blocks, "horizon": replace(horizon, weight=np.zeros(len(horizon.ids)))}


def test_where_weights_are_refused_the_other_rows_are_fitted(stated, updated_clark, blocks_since, refused):
    fewer = without_horizons(blocks_since)
    answer = posteriors.with_weights(updated_clark, stated["clark"], blocks_since, fewer, seed=1)
    assert answer.how == "refitted"
    ((prior, blocks),) = refused
    assert prior is stated["clark"].prior
    assert blocks is fewer
    assert answer.view.day == updated_clark.day
    assert answer.view.name == "updated"
    assert answer.effective == answer.view.effective_draws


def test_where_no_fit_is_wanted_refused_weights_are_given_and_said(stated, updated_clark, blocks_since, refused):
    fewer = without_horizons(blocks_since)
    answer = posteriors.with_weights(updated_clark, stated["clark"], blocks_since, fewer, seed=1, refit=False)
    assert (answer.how, refused) == ("reweighted", [])
    assert not np.array_equal(answer.view.weights, updated_clark.weights)


def p_loop_by_2030(view):
    return view.probability(view.futures.observed("LOOP") < 2030.0)


@pytest.mark.slow
def test_re_weighting_without_a_row_is_fitting_without_it(stated, updated_clark, blocks_since, ledger):
    """P(loop by 2030) of Clark without the row, of seven, that moves it most and can be weighted away: within four
    standard errors of the two."""
    clark, answers = stated["clark"], {}
    for name in ("horizon", "returns", "software_pace", "pace", "absence"):
        block = blocks_since[name]
        for row in block.ids:
            without = replace(block, weight=block.weight * np.array([i != row for i in block.ids]))
            after = {**blocks_since, name: without}
            answer = posteriors.with_weights(updated_clark, clark, blocks_since, after, seed=1, refit=False)
            if posteriors.passes(answer.view.weights, answer.shape):
                answers[row] = answer, after
    before = p_loop_by_2030(updated_clark)
    answer, after = max(answers.values(), key=lambda found: abs(p_loop_by_2030(found[0].view) - before))
    posterior = sampling.fit(clark.prior, after, seed=2)
    weigh = views.weigher(ledger, clark.view.worldview, TODAY)
    fitted = views.update_from(clark, posterior, day=TODAY, without=(), seed=2, weigh=weigh)
    p, variance = [], 0.0
    for view, found in ((answer.view, updated_clark.diagnostics), (fitted, posterior.diagnostics)):
        p.append(p_loop_by_2030(view))
        effective = view.effective_draws * found["ess_bulk"] / len(view.weights)
        variance += p[-1] * (1.0 - p[-1]) / effective
    assert p[0] == pytest.approx(p[1], abs=4.0 * np.sqrt(variance)), (before, p, answer.shape)


def test_several_futures_of_a_draw_are_one_draw_to_the_gate(stated, updated_clark, blocks_since):
    answer = posteriors.with_weights(updated_clark, stated["clark"], blocks_since, blocks_since, seed=1)
    fitted = len(updated_clark.eta) // views.REPEATS
    assert len(np.unique(updated_clark.eta[:, 0])) == fitted
    assert 0.5 * fitted < answer.effective <= fitted
