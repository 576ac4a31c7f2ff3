"""Weights on draws, near 1, under which luck whose chances are known is as even as it should be.

Whether a new paradigm is needed, never comes, or comes late would otherwise be the largest error of all shares, and
more so among draws that would close the loop early. Weights are calibrated (generalised regression) to exact means: a
chance less its probability has mean 0, also times anything that does not depend on it, such as the date at which the
loop would close if no paradigm were needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from cruxes.precision import BATCHES

STREAMS = ("psi", "pi_never", "T_par", "wall", "t_slow", "A", "PAUSE", "gam")
"""Names of `simulation.uniforms` that are evened."""

PARADIGM_LEVELS = (0.25, 0.5, 0.75)
"""Of its date, where one is needed and comes."""

CLOSING_LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Of the date at which the loop would close if no paradigm were needed."""

MANY = 1500
"""Draws from which on paradigms are evened among early closers apart; fewer would pay for it in noise of the weights."""


@dataclass(frozen=True, kw_only=True)
class Luck:
    """``uniforms``: (n,) of each of STREAMS. ``closing`` (sides, n): dates of LOOP if no paradigm were needed, by each
    side's own beliefs. ``walk`` (n, parts): sums of standard normal shocks of the years to come. ``batch`` (n,): 0 to
    BATCHES - 1. In every batch all of it is drawn anew."""

    uniforms: Mapping[str, np.ndarray]
    closing: np.ndarray
    walk: np.ndarray
    batch: np.ndarray


def join(parts: Sequence[Luck]) -> Luck:
    """The draws of several rounds as one; each batch has some of every round."""
    return Luck(
        uniforms={name: np.concatenate([p.uniforms[name] for p in parts]) for name in STREAMS},
        closing=np.concatenate([p.closing for p in parts], axis=1),
        walk=np.concatenate([p.walk for p in parts]),
        batch=np.concatenate([p.batch for p in parts]),
    )


def evened(luck: Luck, chances: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Weights (1 + BATCHES, n) that make the luck even under the ``chances`` of each side: of all draws, and then with
    each batch left out (0 there)."""
    known = _of_known_mean(luck, chances)
    weights = np.zeros((1 + BATCHES, len(known)))
    for i in range(1 + BATCHES):
        kept = luck.batch != i - 1
        away = known[kept]
        mean = away.mean(axis=0)
        slope = np.linalg.pinv(np.cov(away.T), rcond=1e-10, hermitian=True) @ mean
        weights[i, kept] = np.maximum(1.0 - (away - mean) @ slope, 0.0)
    return weights


def _of_known_mean(luck: Luck, chances: Sequence[Mapping[str, float]]) -> np.ndarray:
    """(n, columns), each of mean exactly 0."""
    u = luck.uniforms
    normal = {name: ndtri(u[name]) for name in ("T_par", "wall", "t_slow", "PAUSE", "gam")}
    paradigm, rest = [], [*normal.values(), *luck.walk.T]
    for own in chances:
        needed = u["psi"] < own["psi"]
        never = needed & (u["pi_never"] < own["pi_never"])
        comes = own["psi"] * (1.0 - own["pi_never"])
        paradigm += [needed - own["psi"], never - own["psi"] * own["pi_never"]]
        paradigm += [(needed & ~never & (u["T_par"] < level)) - comes * level for level in PARADIGM_LEVELS]
        rest += [needed * normal["T_par"], needed * normal["wall"], (u["A"] < own["A"]) - own["A"]]
    if len(luck.batch) < MANY:
        return np.column_stack([*paradigm, *rest])
    by_then = [
        dates <= np.quantile(dates, level, method="inverted_cdf") for dates in luck.closing for level in CLOSING_LEVELS
    ]
    crossed = [one * early for one in (*paradigm, normal["PAUSE"]) for early in by_then]
    return np.column_stack([*paradigm, *rest, *crossed])
