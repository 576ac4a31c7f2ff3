"""A forecast of a date question as Metaculus takes it: the cumulative probability on the question's own grid.

The rules are those of its forecast endpoint. Every step must be at least 0.01 / count, so one per cent is spread
evenly over the range; none may be larger than 0.2 * 200 / count; an open bound keeps 0.001 beyond itself. "Never" and
whatever comes after the range is probability above it. A closed bound says that the date lies on this side, so there
the forecast is conditional on that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from forecast.export.curve import Curve, at
from priors import decimal_year
from priors.problems import BadInput, Problem

DEFAULT_COUNT = 200
UNIFORM_SHARE = 0.01
BEYOND_OPEN_BOUND = 0.001
LARGEST_STEP = 0.2
"""Of a grid of DEFAULT_COUNT steps; in proportion for others."""
DECIMALS = 10
HAIR = 1e-9
"""Kept between a step and its limits, so that rounding to DECIMALS cannot cross them."""
LEAST_INSIDE = 0.01
"""Probability between closed bounds, below which the conditional forecast would rest on a handful of draws."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A date question: its id (not that of the post), and the range and bounds as its page shows them.

    ``opens`` and ``closes`` are the ends of the range, at midnight UTC as each day begins. ``zero_point`` is there
    where the axis is logarithmic. ``count`` is the API's inbound_outcome_count.
    """

    id: int
    opens: date
    closes: date
    open_lower: bool = True
    open_upper: bool = True
    zero_point: date | None = None
    count: int = DEFAULT_COUNT


def problems(question: Question) -> list[Problem]:
    """Everything that no question of theirs can be."""
    found = []
    opens, closes, zero = question.opens, question.closes, question.zero_point

    def add(where: str, shown: object, expected: str, remedy: str) -> None:
        found.append(Problem(file="question", where=where, found=str(shown), expected=expected, remedy=remedy))

    if question.id < 1:
        add("id", question.id, "a positive number", "Copy the question's id, not the post's, from the API.")
    if opens >= closes:
        add("range", f"{opens} to {closes}", "a range that ends after it begins", "Copy both dates from the question.")
    elif zero is not None and opens <= zero <= closes:
        add("zero point", zero, f"a date outside {opens} to {closes}", "Copy it, or leave it out on a linear axis.")
    if not 1 <= question.count <= DEFAULT_COUNT:
        add("outcome count", question.count, f"1 to {DEFAULT_COUNT}", "Copy inbound_outcome_count from the API.")
    return found


def grid(question: Question) -> np.ndarray:
    """Dates of the values, (count + 1,), in unix seconds UTC. Raises BadInput for an impossible question."""
    if found := problems(question):
        raise BadInput(found)
    low, high = _seconds(question.opens), _seconds(question.closes)
    s = np.arange(question.count + 1) / question.count
    if question.zero_point is None:
        return low + s * (high - low)
    zero = _seconds(question.zero_point)
    ratio = (high - zero) / (low - zero)
    return low + (high - low) * (ratio**s - 1.0) / (ratio - 1.0)


def inside(curve: Curve, question: Question) -> float:
    """Probability that the date lies within the question's closed bounds; 1 where both are open."""
    below, upto = at(curve, np.array([decimal_year(question.opens), decimal_year(question.closes)]))
    return float((1.0 if question.open_upper else upto) - (0.0 if question.open_lower else below))


def cdf(curve: Curve, question: Question) -> list[float]:
    """P(date at or before each point of the grid), count + 1 values that the endpoint accepts.

    Raises BadInput for an impossible question, and where closed bounds leave almost nothing between them.
    """
    p = at(curve, _years(grid(question)))
    mass = inside(curve, question)
    if mass < LEAST_INSIDE:
        found = f"a range with closed bounds that holds {100 * mass:.2g} % of the forecast"
        raise BadInput([Problem(file="question", where="range", found=found, expected=f"{100 * LEAST_INSIDE:.0f} % or more",
                                remedy="Check the bounds, or forecast another question.")])  # fmt: skip
    p = np.clip((p - (0.0 if question.open_lower else p[0])) / mass, 0.0, 1.0)
    beyond = (BEYOND_OPEN_BOUND * question.open_lower, BEYOND_OPEN_BOUND * question.open_upper)
    even = UNIFORM_SHARE + HAIR * question.count
    s = np.arange(question.count + 1) / question.count
    standard = (1.0 - even - sum(beyond)) * p + even * s + beyond[0]
    limited = limit_steps(standard, LARGEST_STEP * DEFAULT_COUNT / question.count - HAIR)
    return [float(x) for x in np.round(limited, DECIMALS)]


def limit_steps(p: np.ndarray, largest: float) -> np.ndarray:
    """The curve with no step above ``largest`` that is nearest to ``p`` (n,), both ends kept.

    What is too steep is spread to its neighbours, half before and half after; scaling everything else up instead, as
    is often done, would move probability to years that have nothing to do with it.
    """
    ramp = largest * np.arange(len(p))
    late = np.minimum.accumulate(p - ramp) + ramp
    early = np.maximum.accumulate((p - ramp)[::-1])[::-1] + ramp
    middle = np.maximum((late + early) / 2.0, p[-1] - (ramp[-1] - ramp))
    return np.minimum(middle, p[0] + ramp)


def payload(curve: Curve, question: Question) -> list[dict[str, Any]]:
    """The body of a request to the forecast endpoint. Raises BadInput as `cdf` does."""
    return [{"question": question.id, "source": "api", "continuous_cdf": cdf(curve, question)}]


def remarks(curve: Curve, question: Question) -> list[str]:
    """What somebody who submits this should know."""
    found = []
    low, high = decimal_year(question.opens), decimal_year(question.closes)
    known = int(((curve.years >= low) & (curve.years <= high)).sum())
    found.append(f"The forecast has {known} points within the range; between them it is a monotone curve.")
    after = 1.0 - float(at(curve, np.array([high]))[0])
    if question.open_upper:
        found.append(f"{100 * after:.1f} % lies above the range: later, never ({100 * curve.never:.1f} %) or stopped.")
    if (mass := inside(curve, question)) < 1.0:
        found.append(f"Conditional on the closed bounds, within which {100 * mass:.1f} % of the forecast lies.")
    if high > curve.years[-1]:
        found.append(f"The forecast ends with {curve.years[-1]:.0f}; after that the curve is level.")
    return found


def _seconds(day: date) -> float:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH).total_seconds()


def _years(seconds: np.ndarray) -> np.ndarray:
    """Decimal years of unix seconds."""
    found = []
    for one in seconds:
        moment = EPOCH + timedelta(seconds=float(one))
        start, end = (_seconds(date(moment.year + k, 1, 1)) for k in (0, 1))
        found.append(moment.year + (float(one) - start) / (end - start))
    return np.array(found)
