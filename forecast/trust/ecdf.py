"""Whether ranks are uniform: their cumulative distribution against simultaneous bands (Säilynoja, Bürkner and Vehtari 2022).

Of N ranks the number below i of L + 1 equally likely values is binomial (N, i / (L + 1)). The measure of a set of ranks
is the smallest two-sided tail probability that any of these L counts has; the bands are what keeps that measure above
its own 1 % quantile. The counts are a Markov chain in i, so its distribution is summed exactly (their algorithm 1);
ArviZ has the same bands by simulation, which the tests hold these against.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.stats import binom

LEVEL = 0.99


def counts(ranks: np.ndarray, *, of: int) -> np.ndarray:
    """How many ranks (n,), each from 0 to ``of``, lie below 1, 2, ..., ``of``: (of,). Raises ValueError beyond them."""
    ranks = np.asarray(ranks)
    if len(ranks) == 0 or ranks.min() < 0 or ranks.max() > of:
        raise ValueError(f"expected ranks from 0 to {of}")
    return np.cumsum(np.bincount(ranks, minlength=of + 1))[:-1]


@cache
def _tails(n: int, of: int) -> np.ndarray:
    """Two-sided tail probability of every count: (of, n + 1)."""
    at, count = np.arange(1, of + 1)[:, None] / (of + 1), np.arange(n + 1)
    return np.minimum(1.0, 2.0 * np.minimum(binom.cdf(count, n, at), binom.sf(count - 1, n, at)))


@cache
def _steps(n: int, of: int) -> tuple[np.ndarray, ...]:
    """From the counts below i to those below i + 1, i = 0, 1, ...: each (n + 1, n + 1)."""
    count = np.arange(n + 1)
    return tuple(binom.pmf(count[None, :] - count[:, None], n - count[:, None], 1.0 / (of + 1 - i)) for i in range(of))


def _within(n: int, of: int, measure: float) -> float:
    """Probability that the measure of n uniform ranks is above ``measure``."""
    tails = _tails(n, of)
    at = np.zeros(n + 1)
    at[0] = 1.0
    for step, tail in zip(_steps(n, of), tails, strict=True):
        at = np.where(tail > measure, at @ step, 0.0)
    return float(at.sum())


def measure(ranks: np.ndarray, *, of: int) -> float:
    """The smallest two-sided tail probability of any count of `counts`: gamma of the paper."""
    return float(_tails(len(ranks), of)[np.arange(of), counts(ranks, of=of)].min())


def probability(ranks: np.ndarray, *, of: int) -> float:
    """Probability that uniform ranks lie as far out as these, anywhere: outside the 99 % bands where below 0.01."""
    return max(0.0, 1.0 - _within(len(ranks), of, measure(ranks, of=of)))


@cache
def _critical(n: int, of: int, level: float) -> float:
    """The largest measure that leaves at least ``level`` of uniform ranks above it."""
    known = np.unique(_tails(n, of))
    low, high = -1, len(known) - 1  # -1: no measure at all, everything lies above
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _within(n, of, float(known[middle])) >= level else (low, middle)
    return float(known[low]) if low >= 0 else -1.0


def bands(n: int, *, of: int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest share of n ranks below 1, 2, ..., ``of`` inside the bands: each (of,)."""
    inside = _tails(n, of) > _critical(n, of, level)
    return inside.argmax(axis=1) / n, (n - inside[:, ::-1].argmax(axis=1)) / n


def excursion(ranks: np.ndarray, *, of: int, level: float = LEVEL) -> float:
    """The largest departure from uniform, in half-widths of the bands on that side; inside them where below 1, or at it."""
    share = counts(ranks, of=of) / len(ranks)
    expected = np.arange(1, of + 1) / (of + 1)
    low, high = bands(len(ranks), of=of, level=level)
    departure = share - expected
    width = np.where(departure < 0, expected - low, high - expected)
    return float(np.max(np.abs(departure) / width))
