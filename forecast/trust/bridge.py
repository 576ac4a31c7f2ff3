"""How well rows were foreseen: the log of their marginal likelihood under a prior, from draws of the posterior.

Bridge sampling (Meng and Wong 1996; Gronau and others 2017) between the posterior and a normal fitted to half of its
chains, in the sampler's coordinates, where it is nearly normal; then with the halves exchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from forecast import coordinates, likelihood
from forecast.parameters import Prior
from forecast.rows import Blocks

ROUNDS = 1000
TOLERANCE = 1e-10


class Estimate(NamedTuple):
    """A value with its Monte Carlo standard error."""

    value: float
    error: float


def log_evidence(z: np.ndarray, prior: Prior, blocks: Blocks, *, chains: int, seed: int) -> Estimate:
    """ln of the mean likelihood of the rows under the prior, in nats.

    ``z`` (n, len(VECTOR)): standard normals drawn from the posterior, ``chains`` (an even number) one after the other.
    """
    matrix, pivot = prior.matrix(), coordinates.pivot(blocks)
    y = (2.0 * z - coordinates.standard_normals(z, matrix, pivot)).reshape(chains, -1, z.shape[1])
    rng = np.random.default_rng([seed, 31])

    def log_target(at: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):  # far proposals; what is not finite has no density
            normals = coordinates.standard_normals(at, matrix, pivot)
            found = likelihood.total(normals, prior, blocks) + _log_normal(normals)
        return np.where(np.isfinite(found), found, -np.inf)

    halves = y[: chains // 2], y[chains // 2 :]
    each = [_bridge(fitted, drawn, log_target, rng) for fitted, drawn in (halves, halves[::-1])]
    return Estimate(0.5 * (each[0].value + each[1].value), 0.5 * float(np.hypot(each[0].error, each[1].error)))


def _log_normal(z: np.ndarray) -> np.ndarray:
    return np.asarray(-0.5 * np.square(z).sum(axis=-1) - 0.5 * z.shape[-1] * np.log(2.0 * np.pi))


def _bridge(
    fitted: np.ndarray, drawn: np.ndarray, log_target: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
) -> Estimate:
    """From chains ``drawn`` (chains, draws, d) and as many draws of a normal fitted to other chains."""
    import arviz as az

    d = fitted.shape[-1]
    sample = fitted.reshape(-1, d)
    middle, factor = sample.mean(axis=0), np.linalg.cholesky(np.cov(sample.T))
    log_scale = float(np.log(np.diag(factor)).sum())

    def excess(at: np.ndarray) -> np.ndarray:
        """ln of the target over the normal."""
        back = np.linalg.solve(factor, (at - middle).T).T
        return np.asarray(log_target(at) - _log_normal(back) + log_scale)

    at_posterior = excess(drawn.reshape(-1, d))
    n = len(at_posterior)
    at_normal = excess(middle + rng.standard_normal((n, d)) @ factor.T)
    effective = float(az.ess(at_posterior.reshape(drawn.shape[:2])))
    ln_s1, ln_s2 = np.log(effective / (effective + n)), np.log(n / (effective + n))
    value = float(np.median(at_posterior))
    for _ in range(ROUNDS):
        above = at_normal - np.logaddexp(ln_s1 + at_normal, ln_s2 + value)
        below = -np.logaddexp(ln_s1 + at_posterior, ln_s2 + value)
        before, value = value, float(logsumexp(above) - logsumexp(below))
        if abs(value - before) < TOLERANCE:
            break
    up, down = np.exp(above - np.max(above)), np.exp(below - np.max(below))
    kept = float(az.ess(down.reshape(drawn.shape[:2])))
    error = np.sqrt(up.var() / up.mean() ** 2 / n + down.var() / down.mean() ** 2 / kept)
    return Estimate(value, float(error))
