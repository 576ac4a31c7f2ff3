"""One service for every question "what if the rows were other ones": re-weight the draws at hand, or fit again.

Influence of a row, what-ifs and attribution all ask here. Re-weighting is Pareto-smoothed importance sampling and is
trusted only where the shape of the tail, the effective size and the error of tail probabilities all pass; a shape
alone has passed a wrong tail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from forecast import artefacts, likelihood, sampling
from forecast.rows import Blocks
from forecast.simulation import Weigh
from forecast.view import View
from forecast.views import Stated, update_from

LARGEST_SHAPE = 0.7
LEAST_EFFECTIVE = 400.0
LARGEST_TAIL_ERROR = 0.01
"""Standard error of the probability of a 5 % tail."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The view under other rows, how it was come by, and what the re-weighting looked like.

    ``effective`` counts draws of the fit, not the several futures that each has.
    """

    view: View
    how: Literal["unchanged", "reweighted", "refitted"]
    shape: float
    effective: float


def smoothed(log_ratio: np.ndarray) -> tuple[np.ndarray, float]:
    """Pareto-smoothed normalised weights (n,) of log importance ratios, and the tail's shape.

    ArviZ smooths for leave-one-out and so takes minus the log ratio.
    """
    from arviz_stats.base.array import array_stats

    if np.ptp(log_ratio) < 1e-12:
        return np.full(len(log_ratio), 1.0 / len(log_ratio)), 0.0
    log_weight, shape = array_stats.psislw(-log_ratio)
    weight = np.exp(log_weight - np.max(log_weight))
    return weight / weight.sum(), float(shape)


def _tail_error(weight: np.ndarray) -> float:
    """Worst standard error of a weighted 5 % tail probability that these weights can give."""
    return float(np.sqrt(0.05 * 0.95 * np.sum(weight**2)))


def passes(weight: np.ndarray, shape: float) -> bool:
    """Whether re-weighted draws may be published."""
    limit = min(1.0 - 1.0 / np.log10(len(weight)), LARGEST_SHAPE)
    effective = 1.0 / np.sum(weight**2)
    return shape < limit and effective >= LEAST_EFFECTIVE and _tail_error(weight) <= LARGEST_TAIL_ERROR


def with_weights(
    view: View,
    stated: Stated,
    before: Blocks,
    after: Blocks,
    *,
    seed: int,
    refit: bool = True,
    weigh: Weigh | None = None,
) -> Answer:
    """The view had the rows been ``after`` instead of ``before`` (the ones it was fitted to).

    ``weigh`` is what rows say of what acts only after today (`views.weigher`), the same before and after. Weights of rows may differ (0
    leaves one out, 0.5 tempers it) and rows may be added or dropped. Where re-weighting does not pass, the posterior is sampled anew; with ``refit=False`` the re-weighted view comes back all the same,
    and ``how`` says so with a shape that did not pass. Raises sampling.NotConverged.
    """
    t_asof = view.worldview.as_of_year
    draws = artefacts.once(view.eta)
    futures = len(view.eta) // len(draws)
    log_ratio = _weighted_total(draws, t_asof, after) - _weighted_total(draws, t_asof, before)
    weight, shape = smoothed(log_ratio)
    combined = np.repeat(weight, futures) * view.weights
    combined /= combined.sum()
    by_draw = combined.reshape(-1, futures).sum(axis=1)
    effective = float(1.0 / np.sum(by_draw**2))
    if np.ptp(log_ratio) < 1e-12:
        return Answer(view=view, how="unchanged", shape=0.0, effective=effective)
    if passes(by_draw, shape) or not refit:
        return Answer(view=replace(view, weights=combined), how="reweighted", shape=shape, effective=effective)
    posterior = sampling.fit(stated.prior, after, seed=seed)
    fitted = update_from(stated, posterior, day=view.day, without=view.without, seed=seed, weigh=weigh)
    return Answer(view=fitted, how="refitted", shape=shape, effective=fitted.effective_draws)


def _weighted_total(eta: np.ndarray, t_asof: float, blocks: Blocks) -> np.ndarray:
    """Log likelihood (n,) of all rows."""
    parts = likelihood.by_row_of_values(eta, t_asof, blocks)
    return np.asarray(sum((parts[n] * blocks[n].weight).sum(axis=-1) for n in blocks))


def leave_one_out(
    view: View, stated: Stated, blocks: Blocks, row: str, *, seed: int, weigh: Weigh | None = None
) -> Answer:
    """The view without one row, by its ledger id."""
    left = {name: replace(b, weight=b.weight * np.array([i != row for i in b.ids])) if b.ids else b
            for name, b in blocks.items()}  # fmt: skip
    return with_weights(view, stated, blocks, left, seed=seed, weigh=weigh)
