"""Other fair encodings of the same words, updated on the same rows."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import priors
from cruxes import other_encodings
from forecast import parameters, run, sampling
from forecast.parameters import CRUXES

DAY, BY = date(2026, 11, 21), date(2030, 12, 31)


def test_beliefs_without_humps_have_the_density_of_their_normal():
    prior = parameters.of_worldview(priors.load("clark"))
    assert not prior.jump.any()
    rng = np.random.default_rng(1)
    eta = sampling.values_of(rng.standard_normal((50, len(parameters.VECTOR))), prior)
    first = len(CRUXES)
    scale = prior.scale[:first, None] * prior.mixing[:first, :first]
    exact = multivariate_normal(prior.loc[:first], scale @ scale.T).logpdf(eta[:, :first])
    found = other_encodings.log_beliefs(prior, eta)
    np.testing.assert_allclose(found - found[0], exact - exact[0], atol=1e-6)


def test_a_hump_weighs_as_its_weight_says():
    """Averages under one belief, re-weighted to another, are those of the other."""
    prior = parameters.of_worldview(priors.load("yudkowsky"))
    hump = int(np.argmax(np.abs(prior.jump[: len(CRUXES)])))
    assert prior.jump[hump] > 0
    eta = sampling.values_of(np.random.default_rng(2).standard_normal((40_000, len(parameters.VECTOR))), prior)
    other = replace(prior, z0=prior.z0 + np.eye(len(prior.z0))[hump] * 0.3)
    weight = np.exp(other_encodings.log_beliefs(other, eta) - other_encodings.log_beliefs(prior, eta))
    again = sampling.values_of(np.random.default_rng(3).standard_normal((40_000, len(parameters.VECTOR))), other)
    middle = prior.loc[hump] + 0.5 * prior.jump[hump]
    found, asked = np.average(eta[:, hump] > middle, weights=weight), np.mean(again[:, hump] > middle)
    assert found == pytest.approx(asked, abs=0.015)  # 3 standard errors
    assert abs(np.mean(eta[:, hump] > middle) - asked) > 0.05


@pytest.fixture(scope="module")
def krier(ledger):
    evidence = run.Evidence(ledger)
    stated = run.state(priors.load("krier"), evidence, seed=1)
    return stated, run.update(stated, evidence, DAY, seed=1), evidence


def test_the_published_encoding_is_one_of_those_shown_and_the_others_scatter_about_it(krier):
    stated, updated, evidence = krier
    found = other_encodings.dates(stated, updated, evidence, events=("LOOP",), by=BY, seed=1, others=4)
    own = found[(found["encoding"] == 0) & (found["view"] == "updated")].iloc[0]
    assert own["by"] == updated.view.probability(updated.view.futures.observed("LOOP") < 2031.0)
    others = found[(found["encoding"] > 0) & (found["view"] == "updated")]
    assert set(others["how"]) <= {"reweighted", "refitted"}
    assert others["by"].nunique() == 4
    assert others["by"].min() - 0.1 < own["by"] < others["by"].max() + 0.1


@pytest.mark.slow
def test_reweighting_to_another_encoding_says_what_a_refit_says(krier, monkeypatch):
    stated, updated, evidence = krier

    def ask():
        return other_encodings.dates(stated, updated, evidence, events=("LOOP",), by=BY, seed=1, others=2)

    light = ask()
    monkeypatch.setattr(other_encodings.posteriors, "passes", lambda weight, shape: False)
    heavy = ask()
    assert set(heavy["how"]) == {"published", "drawn", "refitted"}
    chosen = (light["how"] == "reweighted").to_numpy()
    assert chosen.any()
    np.testing.assert_allclose(light.loc[chosen, "by"], heavy.loc[chosen, "by"], atol=0.04)
