"""How two views differ, with the Monte Carlo error of the difference."""

from __future__ import annotations

import numpy as np

from forecast.sampling import CHAINS
from forecast.view import View
from forecast.views import REPEATS


def standard_error(view: View, pull: np.ndarray) -> float:
    """Of an estimate whose n draws each pull it by ``pull`` (n,) from its value, weights included (they sum to 0).

    Chains of a sampler are autocorrelated and futures of one draw belong together; other draws are independent.
    """
    from arviz_stats.base.array import array_stats

    n = len(pull)
    if np.ptp(pull) == 0.0:
        return 0.0
    if not view.diagnostics:
        return float(np.sqrt(np.sum(np.square(pull))))
    by_draw = pull.reshape(CHAINS, -1, REPEATS).mean(axis=-1)
    return float(n * array_stats.mcse(by_draw, method="mean"))


def pull(view: View, happened: np.ndarray) -> np.ndarray:
    """What each draw adds to the error of a weighted share (n,)."""
    return view.weights * (happened - view.weights @ happened)


def change(before: View, after: View, happened_before: np.ndarray, happened_after: np.ndarray) -> tuple[float, float]:
    """P(happened) after less before, and its standard error: draw by draw where both have the same, else of two
    independent shares."""
    moved = after.probability(happened_after) - before.probability(happened_before)
    one, other = pull(before, happened_before), pull(after, happened_after)
    if same_draws(before, after):
        return moved, standard_error(before, other - one)
    return moved, float(np.hypot(standard_error(before, one), standard_error(after, other)))


def same_draws(one: View, other: View) -> bool:
    """Whether two views are of the same draws, in the same order."""
    return one.eta is other.eta or (one.eta.shape == other.eta.shape and np.array_equal(one.eta, other.eta))
