"""How much the log horizon wanders besides what parameters explain: asked of the METR rows themselves.

ln h of models since HISTORY_START = level + slope t + random walk + scatter, the published interval known. Level and
slope are flat, the sd of the walk per square root of a year has a half-normal prior; both spreads are integrated on a
grid: an independent reason for the walk in the likelihood (`mechanism.walk`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.mechanism import HISTORY_START, T0
from forecast.observations.base import MONTHS_PER_YEAR
from forecast.rows import Blocks

WALK_PRIOR_SD = 0.25
WALK = np.linspace(0.0, 0.9, 46)
SCATTER = np.linspace(0.05, 0.8, 26)
SCATTER_PRIOR = (np.log(0.25), 0.6)


@dataclass(frozen=True, kw_only=True)
class ProcessNoise:
    """Posterior weights (len(WALK),) of the walk's sd; ``log_ratio`` is ln p(rows | prior) - ln p(rows | no walk)."""

    weights: np.ndarray
    log_ratio: float

    @property
    def mean(self) -> float:
        """Posterior mean of the sd, ln hours per square root of a year."""
        return float(self.weights @ WALK)


def fit(blocks: Blocks) -> ProcessNoise:
    """From uncensored 50 % horizons on the grid; with fewer than six of them the prior stands."""
    rows = blocks["horizon"]
    c = rows.columns
    prior = np.exp(-0.5 * (WALK / WALK_PRIOR_SD) ** 2)
    use = (c["censored"] == 0) & (c["p80"] == 0) & (rows.before == 0) & (rows.weight > 0)
    if use.sum() < 6:
        return ProcessNoise(weights=prior / prior.sum(), log_ratio=0.0)
    t = HISTORY_START - T0 + (rows.month + rows.within)[use] / MONTHS_PER_YEAR
    y, se = c["y"][use], 0.5 * (c["se_low"] + c["se_high"])[use]
    design = np.column_stack([np.ones_like(t), t])
    walk_cov = np.minimum.outer(t - t.min(), t - t.min())
    scatter_prior = np.exp(-0.5 * ((np.log(SCATTER) - SCATTER_PRIOR[0]) / SCATTER_PRIOR[1]) ** 2) / SCATTER
    log_like = np.empty((len(WALK), len(SCATTER)))
    for i, walk in enumerate(WALK):
        for j, scatter in enumerate(SCATTER):
            cov = walk**2 * walk_cov + np.diag(scatter**2 + se**2)
            factor = np.linalg.cholesky(cov)
            a, b = np.linalg.solve(factor, design), np.linalg.solve(factor, y)
            information = a.T @ a
            left = b - a @ np.linalg.solve(information, a.T @ b)
            log_like[i, j] = (
                -np.log(np.diag(factor)).sum() - 0.5 * np.linalg.slogdet(information)[1] - 0.5 * left @ left
            )
    like = np.exp(log_like - log_like.max()) @ (scatter_prior / scatter_prior.sum())
    posterior = like * prior
    return ProcessNoise(
        weights=posterior / posterior.sum(),
        log_ratio=float(np.log(like @ (prior / prior.sum())) - np.log(like[0])),
    )
