"""A bank of a few thousand draws, made without a sampler, for tests of the page that weighs it."""

from functools import cache

import numpy as np

import priors
from cruxes.landing import bank
from forecast import parameters, sampling
from tests.conftest import TODAY
from tests.small_views import kept

DRAWS = 4000
CHAIN = 0.8


@cache
def drawn():
    """Beliefs of the middle of the five, not fitted to anything; the updated ones are other draws."""
    reader = bank.middle()
    prior = parameters.of_worldview(reader)
    stated, updated = (
        sampling.values_of(np.random.default_rng(seed).standard_normal((DRAWS, len(parameters.VECTOR))), prior)
        for seed in (1, 2)
    )
    return bank.Drawn(reader=reader, prior=prior, stated=stated, updated=updated, chain=CHAIN)


def write(folder, ledger):
    """What `bank.make` leaves in a folder."""
    named = [kept(name, view).view for name in priors.names() for view in ("stated", "updated")]
    return bank.write(folder, drawn(), views=named, ledger=ledger, day=TODAY, seed=1)
