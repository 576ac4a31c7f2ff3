"""Other fair encodings of the same words: how far our own choices of numbers carry a result.

A number that the person stated stays. One that we put on a statement of theirs may lie a little elsewhere, one that is
ours altogether farther off; each belief moves on the unconstrained scale, in units of its own width.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtri

from priors.elicit import LINK_OF, Link, from_real, to_real
from priors.files import variables
from priors.schema import IntervalBelief, Strength, TwoHumpedBelief, ValueBelief
from priors.worldview import Worldview

LOCATION_SD = {Strength.STATED: 0.0, Strength.QUALITATIVE: 0.25, Strength.INFERRED: 0.5}
"""Of the shift: in standard deviations of the belief; for a chance, in logits."""

LN_WIDTH_SD = {Strength.STATED: 0.0, Strength.QUALITATIVE: 0.1, Strength.INFERRED: 0.2}
"""Of ln of the factor on the width."""

_LEAST_GAP = 1e-3
"""By which two humps stay apart, as a share of the distance between their middles."""


def plausible(worldview: Worldview, n: int, seed: int) -> list[Worldview]:
    """The worldview itself, then ``n`` other fair encodings of it; the same for the same seed."""
    return [worldview, *(_jittered(worldview, [seed, number]) for number in range(1, n + 1))]


def _jittered(worldview: Worldview, seed: list[int]) -> Worldview:
    beliefs = {}
    for name, belief in worldview.beliefs.items():
        rng = np.random.default_rng([*seed, zlib.crc32(name.encode())])
        away = LOCATION_SD[belief.strength] * rng.standard_normal()
        factor = float(np.exp(LN_WIDTH_SD[belief.strength] * rng.standard_normal()))
        changed: dict[str, Any] = {}
        if belief.strength is not Strength.STATED:
            changed = _moved(belief, LINK_OF.get(variables()[name].support), worldview.as_of_year, away, factor)
        beliefs[name] = belief.model_dump() | changed
    return Worldview.model_validate(worldview.model_dump() | {"beliefs": beliefs})


def _moved(
    belief: IntervalBelief | TwoHumpedBelief | ValueBelief, link: Link | None, origin: float, away: float, factor: float
) -> dict[str, Any]:
    """The fields of a belief whose location moved by ``away`` and whose width grew by ``factor``."""
    if isinstance(belief, ValueBelief):
        return {"value": _chance(belief.value, away)}
    if link is None:
        raise TypeError("a probability with an interval: the schema knows none")
    z = float(ndtri((1.0 + belief.mass) / 2.0))
    if isinstance(belief, IntervalBelief):
        low, high = (float(end) for end in to_real(link, belief.interval, origin=origin))
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        return {"interval": _back(link, middle + away * half / z, half * factor, origin)}
    humps = [[float(end) for end in to_real(link, hump, origin=origin)] for hump in (belief.low, belief.high)]
    middles, halves = [0.5 * (a + b) for a, b in humps], [0.5 * (b - a) for a, b in humps]
    between = (1.0 - _LEAST_GAP) * (middles[1] - middles[0])
    factor = min(factor, max(1.0, between / (halves[0] + halves[1])))
    moved = [_back(link, m + away * h / z, h * factor, origin) for m, h in zip(middles, halves, strict=True)]
    if moved[0][1] > moved[1][0]:  # the wider hump outran the narrower one: move both alike
        step = away * min(halves) / z
        moved = [_back(link, m + step, h * factor, origin) for m, h in zip(middles, halves, strict=True)]
    return {"low": moved[0], "high": moved[1], "weight_high": _chance(belief.weight_high, away)}


def _back(link: Link, middle: float, half: float, origin: float) -> tuple[float, float]:
    low, high = from_real(link, [middle - half, middle + half], origin=origin)
    return float(low), float(high)


def _chance(p: float, away: float) -> float:
    """Certainties stay."""
    return p if p in (0.0, 1.0) else float(expit(logit(p) + away))
