"""The sampler and its gate: what comes out without rows, what is refused, and what must not matter."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import xarray as xr

import priors
from forecast import kernels, likelihood, model, parameters, rows, sampling
from forecast.likelihood import MONTH
from forecast.parameters import VECTOR

TODAY = date(2026, 11, 21)
PRIOR = parameters.of_worldview(priors.load("clark"))


def weighted_away(frame):
    return rows.blocks(frame, weights=dict.fromkeys(frame["id"], 0.0))


def by_hand(*, apart=0.0, divergent=0, slow_energy=False, draws=1000):
    """What a sampler returns: four chains of independent normals, with one ill built in."""
    rng = np.random.default_rng(1)
    z = rng.standard_normal((4, draws, len(VECTOR)))
    z[0, :, 0] += apart
    diverging = np.zeros((4, draws), dtype=bool)
    diverging[0, :divergent] = True
    energy = rng.standard_normal((4, draws))
    if slow_energy:
        energy = np.cumsum(energy, axis=1)
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"y": (("chain", "draw", "parameter"), z)}),
            "sample_stats": xr.Dataset(
                {"diverging": (("chain", "draw"), diverging), "energy": (("chain", "draw"), energy)}
            ),
        }
    )


def scripted(monkeypatch, *trees):
    """Have the sampler return these, one after the other; what it was asked for comes back."""
    asked = []

    def sample(prior, blocks, **how):
        asked.append(how)
        return trees[min(len(asked), len(trees)) - 1]

    monkeypatch.setattr(sampling, "_sample", sample)
    return asked


def test_without_rows_the_posterior_is_the_prior(ledger):
    """Mean 0 and sd 1 of every parameter within five standard errors: one in a million for each comparison."""
    frame = rows.known_by(ledger, date(1990, 1, 1))
    found = sampling.fit(PRIOR, weighted_away(frame), seed=1)
    ess = found.table["ess_bulk"].to_numpy()
    assert np.all(np.abs(found.z.mean(axis=0)) <= 5.0 / np.sqrt(ess))
    square = found.z.reshape(sampling.CHAINS, -1, len(VECTOR)) ** 2
    # the squares mix more slowly than the values; chain means of them are independent, and so are the halves of chains
    halves = square.reshape(2 * sampling.CHAINS, -1, len(VECTOR)).mean(axis=1)
    error = np.maximum(halves.std(axis=0, ddof=1) / np.sqrt(len(halves)), np.sqrt(2.0 / len(found.z)))
    assert np.all(np.abs(square.mean(axis=(0, 1)) - 1.0) <= 5.0 * error)


def test_values_are_those_of_the_standard_normals_under_the_prior(monkeypatch):
    scripted(monkeypatch, by_hand())
    found = sampling.fit(PRIOR, sampling._no_rows(), seed=1)
    assert np.array_equal(found.eta, sampling.values_of(found.z, PRIOR))
    assert np.array_equal(found.z[:1000], by_hand()["posterior"]["y"].to_numpy()[0]), "chains one after the other"


def test_weighting_a_row_to_nothing_is_leaving_it_out(ledger):
    z = np.random.default_rng(2).standard_normal((20, len(VECTOR)))
    frame = rows.known_by(ledger, TODAY)
    assert np.array_equal(likelihood.total(z, PRIOR, weighted_away(frame)), np.zeros(20))
    run, table = kernels.log_likelihood(), rows.table(weighted_away(frame))
    assert [run(eta, PRIOR.t_asof, MONTH, table)[0] for eta in sampling.values_of(z, PRIOR)] == [0.0] * 20


def test_a_sound_fit_is_not_tried_again(monkeypatch):
    asked = scripted(monkeypatch, by_hand())
    found = sampling.fit(PRIOR, sampling._no_rows(), seed=7)
    assert [how["seed"] for how in asked] == [7]
    assert found.diagnostics["attempts"] == 1


@pytest.mark.parametrize(
    ("ill", "named"),
    [
        ({"apart": 1.0}, "R-hat"),
        ({"draws": 50}, "ess_bulk"),
        ({"divergent": 5}, "divergent"),
        ({"slow_energy": True}, "E-BFMI"),
    ],
)
def test_a_fit_that_fails_twice_is_refused_and_the_error_says_why(monkeypatch, ill, named):
    asked = scripted(monkeypatch, by_hand(**ill))
    with pytest.raises(sampling.NotConverged, match="did not converge") as caught:
        sampling.fit(PRIOR, sampling._no_rows(), seed=7)
    assert any(named in fault for fault in caught.value.faults), caught.value.faults
    assert named in str(caught.value)
    assert list(caught.value.table.index) == list(VECTOR)
    assert list(caught.value.table.columns) == ["r_hat", "ess_bulk", "ess_tail"]
    assert [how["target"] for how in asked] == list(sampling.TARGET_ACCEPTANCE)
    assert asked[1]["draws"] == 2 * asked[0]["draws"]
    assert asked[1]["seed"] != asked[0]["seed"]


def test_the_table_of_a_refused_fit_points_at_the_parameter(monkeypatch):
    scripted(monkeypatch, by_hand(apart=1.0))
    with pytest.raises(sampling.NotConverged) as caught:
        sampling.fit(PRIOR, sampling._no_rows(), seed=7)
    assert caught.value.table["r_hat"].idxmax() == VECTOR[0]
    assert len(caught.value.faults) >= 1


def test_four_divergences_in_four_thousand_draws_pass_and_five_do_not():
    assert not sampling.diagnose(by_hand(divergent=4))[2]
    assert len(sampling.diagnose(by_hand(divergent=5))[2]) == 1


def test_a_retry_that_converges_is_published_and_counted(monkeypatch):
    asked = scripted(monkeypatch, by_hand(divergent=5), by_hand())
    found = sampling.fit(PRIOR, sampling._no_rows(), seed=7)
    assert len(asked) == 2
    assert found.diagnostics["attempts"] == 2
    assert found.diagnostics["divergent_share"] == 0


def test_data_that_would_end_the_process_are_refused_in_a_sentence(all_blocks):
    model.data(PRIOR, all_blocks)
    upper = PRIOR.mixing.copy()
    upper[0, 1] = 0.1
    for prior, says in (
        (replace(PRIOR, loc=PRIOR.loc + np.nan), "must be finite"),
        (
            replace(PRIOR, **{n: getattr(PRIOR, n)[:-1] for n in ("loc", "scale", "jump", "z0", "mixing")}),
            "beliefs have shape",
        ),
        (replace(PRIOR, mixing=upper), "lower triangular"),
    ):
        with pytest.raises(ValueError, match=says):
            model.data(prior, all_blocks)


def shuffled(block, rng):
    """The same rows in another order, each still pointing at the row before it."""
    order = rng.permutation(len(block.ids))
    place = np.argsort(order)
    return replace(
        block,
        ids=tuple(block.ids[i] for i in order),
        **{name: getattr(block, name)[order] for name in ("month", "within", "before", "weight")},
        previous=place[block.previous[order]],
        columns={name: column[order] for name, column in block.columns.items()},
    )


def test_the_order_of_rows_in_the_arrays_does_not_matter(all_blocks):
    rng = np.random.default_rng(3)
    eta = sampling.values_of(rng.standard_normal((20, len(VECTOR))), PRIOR)
    other = {name: shuffled(block, rng) for name, block in all_blocks.items()}
    assert not np.array_equal(rows.table(other), rows.table(all_blocks))
    run = kernels.log_likelihood()
    one, two = (
        np.array([run(e, PRIOR.t_asof, MONTH, rows.table(blocks))[0] for e in eta]) for blocks in (all_blocks, other)
    )
    np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-9)


def test_the_order_of_rows_in_the_ledger_changes_nothing_at_all(ledger, all_blocks):
    mixed = replace(ledger, rows=ledger.rows.sample(frac=1.0, random_state=4).reset_index(drop=True))
    assert np.array_equal(rows.table(rows.blocks(rows.known_by(mixed, TODAY))), rows.table(all_blocks))
    since = priors.load("clark").as_of
    new = [rows.table(rows.blocks(rows.new_between(book, since, TODAY))) for book in (ledger, mixed)]
    assert np.array_equal(*new)
