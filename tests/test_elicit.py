"""What people said comes back out of the numbers made of it."""

import math

import numpy as np
import preliz
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

import priors
from priors import Link, Support, elicit
from priors.check import HUMP_TOLERANCE
from priors.schema import IntervalBelief, TwoHumpedBelief, ValueBelief

WORLDVIEWS = priors.load_all()
VARIABLES = priors.variables()
DISTRIBUTIONS = [
    (who, name)
    for who, view in WORLDVIEWS.items()
    for name, b in view.beliefs.items()
    if not isinstance(b, ValueBelief)
]
each_distribution = pytest.mark.parametrize(("who", "name"), DISTRIBUTIONS)
INSIDE = {
    Link.IDENTITY: st.floats(-50, 50),
    Link.LOG: st.floats(1e-6, 1e6),
    Link.LOGIT: st.floats(1e-6, 1 - 1e-6),
    Link.LOG_EXCESS: st.floats(1.001, 1e6),
    Link.SIGNED_LOGIT: st.floats(-1 + 1e-6, 1 - 1e-6),
    Link.LOG_YEARS: st.floats(2026.01, 2500),
}


def belief(**fields):
    return IntervalBelief(**{"strength": "inferred", "source": "x", "why": "x", "mass": 0.8, **fields})


def humps(**fields):
    return TwoHumpedBelief(**{"strength": "inferred", "source": "x", "why": "x", "mass": 0.8, **fields})


@each_distribution
def test_a_prior_has_the_quantiles_that_were_stated(who, name):
    stated, prior = WORLDVIEWS[who].beliefs[name], WORLDVIEWS[who].elicited()[name]
    if isinstance(stated, IntervalBelief):
        tail = (1 - stated.mass) / 2
        assert elicit.quantile(prior, [tail, 1 - tail]) == pytest.approx(stated.interval, rel=1e-9, abs=1e-9)
        return
    tails = np.array([(1 - stated.mass) / 2, (1 + stated.mass) / 2])
    split = 1 - stated.weight_high
    got = elicit.unconstrained(prior, ndtri([*(split * tails), *(split + stated.weight_high * tails)]))
    wanted = elicit.to_real(prior.link, [*stated.low, *stated.high], origin=prior.origin)
    assert np.abs(got - wanted).max() <= HUMP_TOLERANCE


@each_distribution
def test_draws_stay_inside_the_support_of_their_variable(who, name):
    prior = WORLDVIEWS[who].elicited()[name]
    drawn = elicit.values(prior, np.linspace(-5, 5, 201))
    assert all(elicit.inside(VARIABLES[name].support, x, origin=prior.origin) for x in drawn)
    assert (np.diff(drawn) > 0).all()


@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_a_link_and_its_inverse_undo_each_other(link, data):
    value = data.draw(INSIDE[link])
    there = elicit.to_real(link, value, origin=2026.0)
    assert elicit.from_real(link, there, origin=2026.0) == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_every_support_but_probability_has_a_link():
    assert elicit.LINK_OF.keys() == set(Support) - {Support.PROBABILITY}


def test_a_share_of_a_half_and_a_signed_share_of_nothing_sit_at_zero():
    assert elicit.to_real(Link.LOGIT, 0.5) == elicit.to_real(Link.SIGNED_LOGIT, 0.0) == 0


def test_a_year_is_counted_from_the_as_of_date():
    prior = elicit.elicit(belief(interval=(2027.0, 2035.0)), VARIABLES["T_par"], as_of=2026.0)
    assert math.exp(prior.loc) == pytest.approx(3.0)
    assert elicit.quantile(prior, 0.5) == pytest.approx(2029.0)


def test_preliz_finds_the_same_log_normal():
    prior = elicit.elicit(belief(interval=(20.0, 400.0)), VARIABLES["theta"])
    theirs = preliz.LogNormal()
    preliz.quartile(theirs, *elicit.quantile(prior, [0.25, 0.5, 0.75]), plot=False)
    assert theirs.mu == pytest.approx(prior.loc, abs=2e-3)
    assert theirs.sigma == pytest.approx(prior.scale, abs=2e-3)


def test_two_humps_hold_the_stated_weight_on_either_side_of_the_valley():
    stated = humps(low=(0.2, 0.7), high=(1.8, 6.0), weight_high=0.75)
    prior = elicit.elicit(stated, VARIABLES["r"])
    valley = elicit.quantile(prior, 0.25)
    assert stated.low[1] < valley < stated.high[0]
    assert prior.z0 == pytest.approx(-ndtri(0.75))


def test_two_humps_are_thinner_between_than_within():
    prior = elicit.elicit(humps(low=(0.2, 0.7), high=(1.8, 6.0), weight_high=0.75), VARIABLES["r"])
    edges = np.log([0.2, 0.5, 0.9, 1.45, 2.2, 4.0])
    z = np.linspace(-6, 6, 200_001)
    below = np.interp(edges, elicit.unconstrained(prior, z), z)
    mass = np.diff(0.5 * (1 + np.vectorize(math.erf)(below / math.sqrt(2)))) / np.diff(edges)
    assert mass[2] < 0.5 * min(mass[0], mass[4])


@given(st.floats(0.05, 0.95), st.floats(0.5, 0.95))
def test_two_humps_never_run_backwards(weight_high, mass):
    prior = elicit.elicit(humps(low=(0.1, 0.6), high=(1.5, 9.0), weight_high=weight_high, mass=mass), VARIABLES["r"])
    assert prior.scale > 0
    assert prior.jump >= 0


def test_one_hump_needs_no_jump():
    prior = elicit.elicit(belief(interval=(0.5, 2.0)), VARIABLES["r"])
    assert (prior.jump, prior.loc) == (0.0, pytest.approx(0.0))


def test_width_of_one_hump_is_its_scale():
    prior = elicit.elicit(belief(interval=(0.5, 2.0), mass=0.5), VARIABLES["r"])
    assert elicit.width(prior) == pytest.approx(prior.scale)
