"""Views of a few hundred draws, made without a sampler, for tests of what reads views."""

from functools import cache

import numpy as np

import priors
from forecast import parameters, rows, sampling, simulation, tilt
from forecast.artefacts import Kept
from forecast.view import View
from tests.conftest import TODAY

DRAWS = 600


@cache
def kept(name, view="updated", draws=DRAWS, seed=1):
    """Draws of a person's beliefs as if they had been fitted today; nobody's numbers are honoured."""
    worldview = priors.load(name)
    z = np.random.default_rng(seed).standard_normal((draws, len(parameters.VECTOR)))
    prior = parameters.of_worldview(worldview)
    eta = sampling.values_of(z, prior)
    futures = simulation.simulate(eta, worldview, seed=seed)
    found = View(
        worldview=worldview, name=view, day=TODAY if view == "updated" else worldview.as_of, eta=eta,
        weights=np.full(draws, 1 / draws), futures=futures, seed=seed,
    )  # fmt: skip
    return Kept(
        key=f"{name}-{view}", view=found, blocks=rows.blocks(rows.not_yet(worldview.as_of)),
        how="fitted" if view == "updated" else "drawn", prior=prior, code="",
        tilt=tilt.Tilt(multipliers=np.zeros(0), bend=0.0),
    )  # fmt: skip


def views(*names):
    """Updated ones."""
    return [kept(name).view for name in names]
