"""A second way to the same posterior: tempered particles and the sampler have to agree."""

from datetime import date

import numpy as np
import pytest

import priors
from forecast import oracle, parameters, rows, sampling, views
from forecast.parameters import VECTOR
from forecast.trust.numerics_samplers import oracle_ess

TODAY = date(2026, 11, 21)
LEVELS = (0.1, 0.5, 0.9)
COMPARED = ("theta", "omega", "rho0", "r", "kappa", "gap")
PARTICLES = 4000


def test_without_rows_the_oracle_returns_the_prior_and_an_evidence_of_one(ledger):
    """Nothing to temper: one stage of weight 1, moves that leave a standard normal as it is."""
    prior = parameters.of_worldview(priors.load("clark"))
    frame = rows.known_by(ledger, date(1990, 1, 1))
    n = 300
    found = oracle.sample(prior, rows.blocks(frame, weights=dict.fromkeys(frame["id"], 0.0)), seed=1, particles=n)
    assert found.log_evidence == pytest.approx(0.0, abs=1e-9)
    assert found.log_evidence_error == pytest.approx(0.0, abs=1e-6)
    assert np.array_equal(found.eta, sampling.values_of(found.z, prior))
    assert np.all(np.abs(found.z.mean(axis=0)) <= 5.0 / np.sqrt(n))
    assert np.all(np.abs((found.z**2).mean(axis=0) - 1.0) <= 5.0 * np.sqrt(2.0 / n))
    assert found.remembered <= 3.0 / np.sqrt(n)
    assert found.unique == n


CENTRE, SD = np.array([1.5, -1.0, 0.5]), np.array([0.3, 0.5, 1.0])
"""Of a normal likelihood of the first three coordinates: with standard normal priors the posterior is known."""


def known_likelihood(z):
    return -0.5 * (((z[:, : len(CENTRE)] - CENTRE) / SD) ** 2).sum(axis=1)


def moved(z, *, times, likelihood=known_likelihood):
    rng = np.random.default_rng(3)
    value = known_likelihood(z)
    for i in range(times):
        share = oracle.STEPS[i % len(oracle.STEPS)]
        z, value = oracle._moved(z, value, likelihood, heat=1.0, share=share, rng=rng)
    return z, value


def errors_of_the_known_posterior(z):
    """Means and variances of all coordinates, in standard errors of independent particles."""
    n, d = z.shape
    variance = np.append(1.0 / (1.0 + SD**-2), np.ones(d - len(SD)))
    mean = np.append(variance[: len(SD)] * CENTRE / SD**2, np.zeros(d - len(SD)))
    of_mean = (z.mean(axis=0) - mean) / np.sqrt(variance / n)
    of_variance = (z.var(axis=0) / variance - 1.0) / np.sqrt(2.0 / n)
    return np.abs(np.concatenate([of_mean, of_variance]))


def test_moves_lead_from_the_prior_to_a_posterior_that_is_known():
    z, value = moved(np.random.default_rng(1).standard_normal((4000, 8)), times=60)
    assert np.array_equal(value, known_likelihood(z))
    assert errors_of_the_known_posterior(z).max() <= 4.5
    assert len(np.unique(z[:, 0])) == len(z)


def test_moves_that_hear_nothing_of_the_rows_do_not_get_there():
    z, _ = moved(np.random.default_rng(1).standard_normal((4000, 8)), times=60, likelihood=lambda z: 0.0 * z[:, 0])
    assert errors_of_the_known_posterior(z).max() > 20.0


def test_a_marginal_likelihood_that_is_known_is_found_within_its_error(ledger, monkeypatch):
    """Cruxes are their own standard normals here, and the rows a normal density of the first three."""
    d = len(VECTOR)
    own = parameters.Prior(
        loc=np.zeros(d), scale=np.ones(d), jump=np.zeros(d), z0=np.zeros(d), mixing=np.eye(d), t_asof=2026.0
    )

    def density(eta, *_):
        return (known_likelihood(eta[None, :])[0] - np.log(SD * np.sqrt(2.0 * np.pi)).sum(),)

    monkeypatch.setattr(oracle.kernels, "log_likelihood", lambda: density)
    found = oracle.sample(own, rows.blocks(rows.known_by(ledger, date(1990, 1, 1))), seed=2, particles=1000)
    spread = np.hypot(1.0, SD)
    known = (-0.5 * (CENTRE / spread) ** 2 - np.log(spread * np.sqrt(2.0 * np.pi))).sum()
    assert 0.0 < found.log_evidence_error < 0.15
    assert abs(found.log_evidence - known) <= 4.0 * found.log_evidence_error
    assert errors_of_the_known_posterior(found.z).max() <= 5.0


def test_particles_that_stay_are_remembered_and_others_forgotten():
    rng = np.random.default_rng(4)
    z = rng.standard_normal((4000, 8))
    stuck = rng.standard_normal(z.shape)
    stuck[:, 5] = z[:, 5]
    assert oracle._remembered(z, z) == pytest.approx(1.0)
    assert oracle._remembered(z, rng.standard_normal(z.shape)) < 5.0 / np.sqrt(len(z))
    assert oracle._remembered(z, stuck) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def clark(ledger):
    """Clark's prior and the rows of the update."""
    worldview = priors.load("clark")
    return views.prior_of(worldview, ledger, seed=1), rows.blocks(rows.new_between(ledger, worldview.as_of, TODAY))


@pytest.fixture(scope="module")
def oracles(clark):
    return [oracle.sample(*clark, seed=seed, particles=PARTICLES) for seed in (1, 2)]


def error_of_quantile(values, level, effective):
    """Half the distance between the order statistics one binomial standard error to either side."""
    aside = np.sqrt(level * (1.0 - level) / effective)
    low, high = np.quantile(values, np.clip([level - aside, level + aside], 0.0, 1.0))
    return 0.5 * (high - low)


@pytest.mark.slow
def test_the_sampler_and_the_oracle_agree_on_clarks_posterior(clark, oracles):
    """Eighteen quantiles within four standard errors: a false alarm once in a thousand, were the errors normal."""
    chains = sampling.fit(*clark, seed=1)
    found = oracles[0]
    effective = oracle_ess(found.eta).min()
    assert found.remembered <= oracle.FORGOTTEN_AT_LAST
    assert effective >= 2000
    apart = {}
    for name in COMPARED:
        i = VECTOR.index(name)
        ess = float(chains.table.loc[name, ["ess_bulk", "ess_tail"]].min())
        for level in LEVELS:
            one, two = np.quantile(chains.eta[:, i], level), np.quantile(found.eta[:, i], level)
            error = np.hypot(
                error_of_quantile(chains.eta[:, i], level, ess),
                error_of_quantile(found.eta[:, i], level, effective),
            )
            apart[name, level] = float((one - two) / error)
    assert max(map(abs, apart.values())) <= 4.0, apart


@pytest.mark.slow
def test_two_seeds_of_the_oracle_agree_on_the_evidence(oracles):
    one, two = oracles
    error = np.hypot(one.log_evidence_error, two.log_evidence_error)
    assert abs(one.log_evidence - two.log_evidence) <= 4.0 * error, (one.moves, two.moves)
