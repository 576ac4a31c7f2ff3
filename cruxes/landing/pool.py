"""The middle of the five: one worldview between all named people, from which the bank is drawn.

A crux that the reader leaves alone keeps this belief, so that the file a reader takes home says all that the page
assumed. Every belief is one interval, and no two cruxes are linked: what links them differs from person to person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

import priors
from priors import Worldview
from priors.elicit import Elicited, Link
from priors.schema import IntervalBelief, Strength, ValueBelief
from priors.worldview import BASELINE

LEVELS = (0.1, 0.9)
LEAST_YEARS = 0.05
"""After the as-of date, for the early end of a year that some of the five put before it."""

DIGITS = 4
SOURCE = "the-five"
WHY = "The middle of the five named worldviews: from the 10 % to the 90 % point of their equal mixture."


def five() -> tuple[Worldview, ...]:
    """The named people, without the baseline that has no author."""
    return tuple(priors.load(name) for name in priors.names() if name != BASELINE)


def newest(worldviews: Sequence[Worldview]) -> date:
    """The last day on which one of them was stated: the day as of which a reader speaks."""
    return max(one.as_of for one in worldviews)


def beliefs(worldviews: Sequence[Worldview], as_of: date) -> dict[str, IntervalBelief | ValueBelief]:
    """A belief about every variable that a worldview has to hold one about, as of a day, rounded as a file states it."""
    origin = priors.decimal_year(as_of)
    elicited = [one.elicited() for one in worldviews]
    chances = [one.probabilities() for one in worldviews]
    found: dict[str, IntervalBelief | ValueBelief] = {}
    for name in worldviews[0].beliefs:
        if name in chances[0]:
            value = round(float(np.mean([one[name] for one in chances])), DIGITS)
            found[name] = ValueBelief(value=value, strength=Strength.INFERRED, source=SOURCE, why=WHY)
            continue
        low, high = (mixture_quantile([one[name] for one in elicited], level) for level in LEVELS)
        if elicited[0][name].link is Link.LOG_YEARS:
            low = max(low, origin + LEAST_YEARS)
            interval = (round(low, 2), round(high, 2))
        else:
            interval = (_rounded(low), _rounded(high))
        found[name] = IntervalBelief(interval=interval, strength=Strength.INFERRED, source=SOURCE, why=WHY)
    return found


def mixture_quantile(parts: Sequence[Elicited], level: float) -> float:
    """The value (in the variable's own unit) below which a share ``level`` of an equal mixture of beliefs lies."""
    z = np.linspace(-9.0, 9.0, 3601)
    tables = [(np.asarray(priors.values(part, z)), ndtr(z)) for part in parts]

    def excess(value: float) -> float:
        return float(np.mean([np.interp(value, x, p) for x, p in tables])) - level

    return float(brentq(excess, min(x[0] for x, _ in tables), max(x[-1] for x, _ in tables)))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def interval_of(elicited: Elicited) -> tuple[float, float]:
    """From the 10 % to the 90 % point of a belief, in the variable's own unit."""
    low, high = priors.quantile(elicited, LEVELS)
    return float(low), float(high)
