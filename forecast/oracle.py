"""An independent check of the sampler: tempered sequential Monte Carlo in plain NumPy over the same likelihood.

It shares the mechanism and the observation models with the compiled graph but neither its code, its gradient, nor its
way of exploring, and it gives marginal likelihoods. Slow (a minute), so it checks and does not publish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from forecast import kernels, rows, sampling
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks

MOVES = 12
"""Random-walk steps after each tempering stage."""


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """``z``, ``eta``: equally weighted draws (n, len(VECTOR)); ``log_evidence``: ln of the marginal likelihood;
    ``unique``: distinct particles, a floor for the effective size."""

    z: np.ndarray
    eta: np.ndarray
    log_evidence: float
    unique: int


def sample(prior: Prior, blocks: Blocks, *, seed: int, particles: int = 8000) -> Oracle:
    """From the prior to the posterior in stages that halve the effective size, resampling and moving at each."""
    rng = np.random.default_rng([seed, 13])
    table, run = rows.table(blocks), kernels.log_likelihood()

    def likelihood(z: np.ndarray) -> np.ndarray:
        eta = sampling.values_of(z, prior)
        found = np.array([run(one, prior.t_asof, kernels.MONTH, table)[0] for one in eta])
        return np.where(np.isfinite(found), found, -np.inf)

    z = rng.standard_normal((particles, len(VECTOR)))
    value, heat, log_evidence = likelihood(z), 0.0, 0.0
    scale = 2.38 / np.sqrt(len(VECTOR))
    while heat < 1.0:
        step = _next_step(value, 1.0 - heat)
        log_evidence += float(logsumexp(step * value) - np.log(particles))
        weight = np.exp(step * value - logsumexp(step * value))
        heat += step
        chosen = np.searchsorted(np.cumsum(weight), (np.arange(particles) + rng.random()) / particles)
        z, value = z[chosen.clip(0, particles - 1)], value[chosen.clip(0, particles - 1)]
        for _ in range(MOVES):
            factor = np.linalg.cholesky(np.cov(z.T) + 1e-9 * np.eye(len(VECTOR)))
            proposal = z + scale * rng.standard_normal(z.shape) @ factor.T
            proposed = likelihood(proposal)
            gain = heat * (proposed - value) + 0.5 * ((z**2).sum(axis=1) - (proposal**2).sum(axis=1))
            accepted = np.log(rng.random(particles)) < gain
            z[accepted], value[accepted] = proposal[accepted], proposed[accepted]
            scale *= float(np.exp(accepted.mean() - 0.3))
    return Oracle(z=z, eta=sampling.values_of(z, prior), log_evidence=log_evidence, unique=len(np.unique(z[:, 0])))


def _next_step(value: np.ndarray, left: float) -> float:
    """The largest increase of the temperature that keeps half the particles effective."""

    def effective(step: float) -> float:
        return float(np.exp(2 * logsumexp(step * value) - logsumexp(2 * step * value)))

    if effective(left) >= len(value) / 2:
        return left
    low, high = 0.0, left
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle) > len(value) / 2 else (low, middle)
    return low
