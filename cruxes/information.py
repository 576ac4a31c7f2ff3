"""How much an observation would tell, in bits, summed exactly over its cells.

Everything follows from one table: the mass of (what is asked, what is observed), summed over weighted draws in batches
of consecutive draws. Sums are exact given the draws, there is no inner Monte Carlo, and leaving batches out in turn
gives the error that the draws themselves leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BATCHES = 20


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its Monte Carlo standard error."""

    value: float
    mcse: float


def masses(weights: np.ndarray, row: np.ndarray, chance: np.ndarray, *, rows: int) -> np.ndarray:
    """(BATCHES, rows, cells), summing to 1: of n draws their ``weights``, the ``row`` each falls into, and P(cell | draw)
    (n, cells)."""
    n, cells = chance.shape
    place = (np.arange(n) * BATCHES // n) * rows + row
    weighted = chance * (weights / weights.sum())[:, None]
    found = [np.bincount(place, weights=weighted[:, i], minlength=BATCHES * rows) for i in range(cells)]
    return np.stack(found, axis=1).reshape(BATCHES, rows, cells)


def left_out(parts: np.ndarray) -> np.ndarray:
    """(1 + BATCHES, ...): everything, then everything but one batch, each summing to 1."""
    total = parts.sum(axis=0)
    every = np.concatenate([total[None], total[None] - parts])
    every = np.maximum(every, 0.0)
    return every / every.sum(axis=tuple(range(1, every.ndim)), keepdims=True)


def estimate(values: np.ndarray) -> Estimate:
    """From a statistic (1 + BATCHES,) of `left_out`: its value, and the jackknife error."""
    batches = len(values) - 1
    spread = values[1:] - values[1:].mean()
    return Estimate(value=float(values[0]), mcse=float(np.sqrt((batches - 1) / batches * np.sum(spread**2))))


def judged(parts: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """A statistic of tables (..., rows, cells) -> (...), with its error."""
    return estimate(statistic(left_out(parts)))


def entropy(p: np.ndarray) -> np.ndarray:
    """Bits, over the last axis."""
    return np.asarray(-np.sum(_p_log_p(p), axis=-1))


def mutual_information(table: np.ndarray) -> np.ndarray:
    """Bits that rows and cells of tables (..., rows, cells) tell of each other. At least 0."""
    product = table.sum(axis=-1, keepdims=True) * table.sum(axis=-2, keepdims=True)
    ratio = np.divide(table, product, out=np.ones_like(table), where=(table > 0) & (product > 0))
    return np.maximum(np.sum(table * np.log2(ratio), axis=(-2, -1)), 0.0)


def about_draws(weights: np.ndarray, chance: np.ndarray) -> float:
    """Bits about everything that a draw fixes: I(draw; cell)."""
    w = weights / weights.sum()
    return float(max(entropy(w @ chance) - w @ entropy(chance), 0.0))


def about_worldview(told: np.ndarray) -> float:
    """Bits about whose view is right, each as good as the next beforehand, from P(cell) (worldviews, cells)."""
    return float(mutual_information(told / len(told)))


def given(table: np.ndarray) -> np.ndarray:
    """P(cell | row), (..., rows, cells); not a number where a row has no mass."""
    mass = table.sum(axis=-1, keepdims=True)
    return np.divide(table, mass, out=np.full_like(table, np.nan), where=mass > 0)


def likelihood_ratio(a: float, b: float, *, draws_a: float, draws_b: float) -> float:
    """P(yes) of one view over that of another, each counted with half a draw more."""
    return counted(a, draws_a) / counted(b, draws_b)


def counted(p: float | np.ndarray, draws: float) -> float:
    """A probability as counts + 1/2 give it, so that none is 0 or 1."""
    return float((np.asarray(p) * draws + 0.5) / (draws + 1.0))


def _p_log_p(p: np.ndarray) -> np.ndarray:
    return np.multiply(p, np.log2(p, out=np.zeros_like(p, dtype=float), where=p > 0))
