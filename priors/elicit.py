"""From what a person would say (an interval, two humps) to location and scale on a standard normal, and back.

Every variable is x = link^-1(eta(z)) of one standard normal z, with eta(z) = loc + scale z for an interval and
eta(z) = loc + scale z + jump sigmoid(8 (z - z0)) for two humps: increasing in z, so quantiles carry over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear
from scipy.special import expit, logit, ndtri

from priors.schema import IntervalBelief, Support, TwoHumpedBelief, ValueBelief, Variable

STEEPNESS = 8.0
_SMALLEST_SCALE = 1e-3

type AnyBelief = IntervalBelief | TwoHumpedBelief | ValueBelief


class Link(StrEnum):
    IDENTITY = "identity"
    LOG = "log"
    LOGIT = "logit"
    LOG_EXCESS = "log_excess"
    SIGNED_LOGIT = "signed_logit"
    LOG_YEARS = "log_years"


LINK_OF: Mapping[Support, Link] = {
    Support.REAL: Link.IDENTITY,
    Support.POSITIVE: Link.LOG,
    Support.SHARE: Link.LOGIT,
    Support.ABOVE_ONE: Link.LOG_EXCESS,
    Support.SIGNED_SHARE: Link.SIGNED_LOGIT,
    Support.YEAR: Link.LOG_YEARS,
}


@dataclass(frozen=True, kw_only=True)
class Elicited:
    """`origin` is the as-of date in decimal years; only `log_years` reads it. `jump` = 0 means one hump."""

    loc: float
    scale: float
    jump: float = 0.0
    z0: float = 0.0
    link: Link
    origin: float = 0.0


def to_real(link: Link, value: Any, *, origin: float = 0.0) -> Any:
    """From the scale people think in to the whole line."""
    x = np.asarray(value, dtype=float)
    match link:
        case Link.IDENTITY:
            return x
        case Link.LOG:
            return np.log(x)
        case Link.LOGIT:
            return logit(x)
        case Link.LOG_EXCESS:
            return np.log(x - 1.0)
        case Link.SIGNED_LOGIT:
            return logit((1.0 + x) / 2.0)
        case Link.LOG_YEARS:
            return np.log(x - origin)


def from_real(link: Link, eta: Any, *, origin: float = 0.0) -> Any:
    """Undoes `to_real`."""
    x = np.asarray(eta, dtype=float)
    match link:
        case Link.IDENTITY:
            return x
        case Link.LOG:
            return np.exp(x)
        case Link.LOGIT:
            return expit(x)
        case Link.LOG_EXCESS:
            return 1.0 + np.exp(x)
        case Link.SIGNED_LOGIT:
            return 2.0 * expit(x) - 1.0
        case Link.LOG_YEARS:
            return origin + np.exp(x)


def inside(support: Support, value: float, *, origin: float = 0.0) -> bool:
    match support:
        case Support.REAL:
            return True
        case Support.POSITIVE:
            return value > 0
        case Support.SHARE:
            return 0 < value < 1
        case Support.ABOVE_ONE:
            return value > 1
        case Support.SIGNED_SHARE:
            return -1 < value < 1
        case Support.YEAR:
            return value > origin
        case Support.PROBABILITY:
            return 0 <= value <= 1


def _two_humps(belief: TwoHumpedBelief, low: Any, high: Any) -> tuple[float, float, float, float, float]:
    """The four quantiles, each conditional on its hump, are linear in loc, scale and jump; z0 parts the weights."""
    split = 1.0 - belief.weight_high
    tails = np.array([(1.0 - belief.mass) / 2.0, (1.0 + belief.mass) / 2.0])
    z = ndtri(np.concatenate([split * tails, split + belief.weight_high * tails]))
    z0 = float(ndtri(split))
    design = np.column_stack([np.ones(4), z, expit(STEEPNESS * (z - z0))])
    wanted = np.concatenate([low, high])
    fit = lsq_linear(design, wanted, bounds=([-np.inf, _SMALLEST_SCALE, 0.0], np.inf), tol=1e-14)
    loc, scale, jump = map(float, fit.x)
    return loc, scale, jump, z0, float(np.max(np.abs(design @ fit.x - wanted)))


def elicit(belief: IntervalBelief | TwoHumpedBelief, variable: Variable, *, as_of: float = 0.0) -> Elicited:
    link = LINK_OF[variable.support]
    if isinstance(belief, TwoHumpedBelief):
        low, high = (to_real(link, hump, origin=as_of) for hump in (belief.low, belief.high))
        loc, scale, jump, z0, _ = _two_humps(belief, low, high)
        return Elicited(loc=loc, scale=scale, jump=jump, z0=z0, link=link, origin=as_of)
    low, high = to_real(link, belief.interval, origin=as_of)
    scale = (high - low) / (2.0 * ndtri((1.0 + belief.mass) / 2.0))
    return Elicited(loc=float((low + high) / 2.0), scale=float(scale), link=link, origin=as_of)


def misfit(belief: TwoHumpedBelief, variable: Variable, *, as_of: float = 0.0) -> float:
    """The farthest that a stated edge of a hump lies from the fitted one, on the unconstrained scale."""
    link = LINK_OF[variable.support]
    low, high = (to_real(link, hump, origin=as_of) for hump in (belief.low, belief.high))
    return _two_humps(belief, low, high)[-1]


def elicit_all(
    beliefs: Mapping[str, AnyBelief], variables: Mapping[str, Variable], *, as_of: float = 0.0
) -> dict[str, Elicited]:
    """Every belief that is a distribution; single probabilities have none and are left out."""
    return {
        name: elicit(belief, variables[name], as_of=as_of)
        for name, belief in beliefs.items()
        if not isinstance(belief, ValueBelief)
    }


def unconstrained(prior: Elicited, z: Any) -> Any:
    z = np.asarray(z, dtype=float)
    return prior.loc + prior.scale * z + prior.jump * expit(STEEPNESS * (z - prior.z0))


def values(prior: Elicited, z: Any) -> Any:
    """Standard normals turned into values of the variable."""
    return from_real(prior.link, unconstrained(prior, z), origin=prior.origin)


def quantile(prior: Elicited, probability: Any) -> Any:
    return values(prior, ndtri(np.asarray(probability, dtype=float)))


def width(prior: Elicited) -> float:
    """Half the distance from the 10 % to the 90 % point, in normal units on the unconstrained scale."""
    low, high = unconstrained(prior, ndtri(np.array([0.1, 0.9])))
    return float((high - low) / (2.0 * ndtri(0.9)))
