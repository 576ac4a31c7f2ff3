"""A second way to the same posterior: tempered particles and the sampler have to agree."""

from datetime import date

import numpy as np
import pytest

import priors
from forecast import oracle, parameters, rows, sampling, views
from forecast.parameters import VECTOR

TODAY = date(2026, 11, 21)
LEVELS = (0.1, 0.5, 0.9)
COMPARED = ("theta", "omega", "rho0", "r", "kappa", "gap")
PARTICLES = 8000


def test_without_rows_the_oracle_returns_the_prior_and_an_evidence_of_one(ledger):
    """Nothing to temper: one stage of weight 1, moves that leave a standard normal as it is."""
    prior = parameters.of_worldview(priors.load("clark"))
    frame = rows.known_by(ledger, date(1990, 1, 1))
    n = 300
    found = oracle.sample(prior, rows.blocks(frame, weights=dict.fromkeys(frame["id"], 0.0)), seed=1, particles=n)
    assert found.log_evidence == pytest.approx(0.0, abs=1e-9)
    assert np.array_equal(found.eta, sampling.values_of(found.z, prior))
    assert np.all(np.abs(found.z.mean(axis=0)) <= 5.0 / np.sqrt(n))
    assert np.all(np.abs((found.z**2).mean(axis=0) - 1.0) <= 5.0 * np.sqrt(2.0 / n))


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
    """Eighteen quantiles within four standard errors: a false alarm once in a thousand, were the errors normal.

    The particles count as PARTICLES / 4 at most: some have ancestors in common."""
    chains = sampling.fit(*clark, seed=1)
    found = oracles[0]
    assert found.unique >= PARTICLES / 4
    apart = {}
    for name in COMPARED:
        i = VECTOR.index(name)
        ess = float(chains.table.loc[name, ["ess_bulk", "ess_tail"]].min())
        for level in LEVELS:
            one, two = np.quantile(chains.eta[:, i], level), np.quantile(found.eta[:, i], level)
            error = np.hypot(
                error_of_quantile(chains.eta[:, i], level, ess),
                error_of_quantile(found.eta[:, i], level, PARTICLES / 4),
            )
            apart[name, level] = float((one - two) / error)
    assert max(map(abs, apart.values())) <= 4.0, apart


@pytest.mark.slow
def test_two_seeds_of_the_oracle_agree_on_the_evidence(oracles):
    assert oracles[0].log_evidence == pytest.approx(oracles[1].log_evidence, abs=0.3), [o.unique for o in oracles]
