"""How exact a share has to be, and how exact it is: standard errors by leaving out one batch of draws at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cruxes.shapley import shapley

BATCHES = 10
"""Groups of draws that are independent of one another; within each they are spread evenly (a Latin hypercube)."""

OF_THE_GAP = 0.03
PROBABILITY = 0.01
YEARS = 0.1
"""A standard error is small enough below OF_THE_GAP of the gap, or below PROBABILITY or YEARS, whichever is largest."""


def jackknife(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(all draws, standard error) of an axis of 1 + BATCHES: everything, then each batch left out."""
    whole, left_out = np.take(values, 0, axis=axis), np.take(values, range(1, 1 + BATCHES), axis=axis)
    away = left_out - left_out.mean(axis=axis, keepdims=True)
    return whole, np.sqrt((BATCHES - 1) / BATCHES * np.square(away).sum(axis=axis))


def allowed(output_type: str, gap: float) -> float:
    """The largest standard error of a share of a gap, in years for a quantile and else in probability."""
    return max(OF_THE_GAP * abs(gap), YEARS if output_type.startswith("quantile") else PROBABILITY)


def worst(values: np.ndarray, labels: Sequence[tuple[str, str, str]]) -> float:
    """Largest ratio of a share's standard error to what is allowed; 0 where there are no shares.

    ``values`` (coalitions, 1 + BATCHES, labels), see `cruxes.coalitions.Answers`. What is not defined is passed over.
    """
    _, errors = jackknife(shapley(values), axis=1)
    gaps = values[-1, 0] - values[0, 0]
    ratios = errors / [allowed(kind, gap) for (_, kind, _), gap in zip(labels, gaps, strict=True)]
    defined = ratios[np.isfinite(ratios)]
    return float(defined.max()) if defined.size else 0.0
