"""Minimum-information tilting: the closest distribution (in KL) that meets explicit numbers exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp


class NoTilt(ArithmeticError):
    """No weights can meet an explicit number: the prior itself is wrong."""


@dataclass(frozen=True, kw_only=True)
class Tilt:
    """exp(multipliers @ indicator) on each draw. ``bend`` is the KL divergence in nats, found once and kept."""

    multipliers: np.ndarray
    bend: float

    def weights(self, indicators: np.ndarray) -> np.ndarray:
        """Normalised weights (n,) of draws with ``indicators`` (n, k): the same multipliers whatever has been seen."""
        exponent = indicators @ self.multipliers
        return np.asarray(np.exp(exponent - logsumexp(exponent)))


def find(indicators: np.ndarray, targets: np.ndarray) -> Tilt:
    """Multipliers under which the weighted means of ``indicators`` (n, k) are ``targets`` (k,).

    Raises NoTilt where no draw, or every draw, has an indicator that must be met: there is no such tilt.
    """
    shares = indicators.mean(axis=0)
    for share, target in zip(shares, targets, strict=True):
        if not 0.0 < share < 1.0:
            raise NoTilt(f"no tilt can bring a probability of {share:.4f} to {target}: the prior itself is wrong")
    excess = indicators - targets

    def objective(multipliers: np.ndarray) -> float:
        return float(logsumexp(excess @ multipliers))

    def gradient(multipliers: np.ndarray) -> np.ndarray:
        exponent = excess @ multipliers
        return np.asarray(np.exp(exponent - logsumexp(exponent)) @ excess)

    def hessian(multipliers: np.ndarray) -> np.ndarray:
        exponent = excess @ multipliers
        w = np.exp(exponent - logsumexp(exponent))
        centred = excess - w @ excess
        return np.asarray((centred * w[:, None]).T @ centred)

    start = np.zeros(len(targets))
    found = minimize(objective, start, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-10}).x
    tilt = Tilt(multipliers=found, bend=0.0)
    w = tilt.weights(indicators)
    return Tilt(multipliers=found, bend=float(np.sum(w * np.log(w * len(w) + 1e-300))))


def honour(indicators: np.ndarray, relations: Sequence[str], values: Sequence[float]) -> tuple[Tilt, np.ndarray]:
    """Equalities exactly, "at_least" only where the rest leaves it violated. Returns the tilt over all columns (0 where
    nothing was asked of one) and the tilted probabilities (k,)."""
    k = indicators.shape[1]
    active = [i for i in range(k) if relations[i] == "equal"]
    while True:
        multipliers, bend = np.zeros(k), 0.0
        if active:
            part = find(indicators[:, active], np.array([values[i] for i in active]))
            multipliers[active], bend = part.multipliers, part.bend
        tilt = Tilt(multipliers=multipliers, bend=bend)
        reached = tilt.weights(indicators) @ indicators
        violated = [i for i in range(k) if i not in active and reached[i] < values[i] - 1e-12]
        if not violated:
            return tilt, reached
        active = sorted([*active, min(violated, key=lambda i: reached[i] - values[i])])
