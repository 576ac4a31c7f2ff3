"""How far apart forecasts of one event are, never included, and how much of all uncertainty lies between people.

Dates are as seen: a clock that loss of control or a pause stopped has rung in no year, as where it never rings by 2100.
"Not seen" is both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from forecast.functionals import happened_by
from forecast.simulation import COMPETING, HORIZON
from forecast.view import View

FIRST_YEAR = 2020


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Between the forecasts of ``a`` and ``b`` for one event.

    ``years_if_both``: Wasserstein-1 of the dates, given that both see it, in years. ``years_capped``: the same of all
    dates, not seen counting as 2100. ``a_first``: P(a's date is earlier), the two independent, ties split in halves;
    ``neither`` is the part of the ties in which neither sees it. ``overlap``: 1 less total variation, on the grid of
    years with a place for not seen. ``not_seen``, ``never``: b's probability less a's, of not seen, and of neither
    seen nor stopped.
    """

    event: str
    a: str
    b: str
    years_if_both: float
    years_capped: float
    a_first: float
    neither: float
    overlap: float
    not_seen: float
    never: float


def distance(a: View, b: View, event: str) -> Distance:
    """All distances at once; those given that both see it are not numbers where one never does."""
    dates = [view.futures.observed(event) for view in (a, b)]
    seen = [one <= HORIZON for one in dates]
    mass = [view.probability(one) for view, one in zip((a, b), seen, strict=True)]
    capped = [np.minimum(one, HORIZON) for one in dates]
    if_both = float("nan")
    if min(mass) > 0.0:
        if_both = wasserstein_distance(
            dates[0][seen[0]], dates[1][seen[1]], a.weights[seen[0]], b.weights[seen[1]]
        )  # fmt: skip
    neither = (1.0 - mass[0]) * (1.0 - mass[1])
    years = [years_and_not_seen(view, event) for view in (a, b)]
    return Distance(
        event=event,
        a=a.worldview.name,
        b=b.worldview.name,
        years_if_both=float(if_both),
        years_capped=float(wasserstein_distance(*capped, a.weights, b.weights)),
        a_first=_earlier(dates[0], a.weights, dates[1], b.weights),
        neither=neither,
        overlap=float(np.minimum(*years).sum()),
        not_seen=mass[0] - mass[1],
        never=b.probability(_never(b, event)) - a.probability(_never(a, event)),
    )


def years_and_not_seen(view: View, event: str) -> np.ndarray:
    """Probability of each calendar year from FIRST_YEAR to 2099, what is earlier in the first, then of not seen."""
    seen = view.futures.observed(event)
    years = int(HORIZON) - FIRST_YEAR
    place = np.where(seen <= HORIZON, np.clip(np.floor(np.minimum(seen, HORIZON)) - FIRST_YEAR, 0, years - 1), years)
    return np.bincount(place.astype(int), weights=view.weights, minlength=years + 1)


def _earlier(a: np.ndarray, a_weights: np.ndarray, b: np.ndarray, b_weights: np.ndarray) -> float:
    """P(a < b) + P(a = b) / 2 of two independent weighted samples; inf equals inf."""
    order = np.argsort(b, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(b_weights[order])])
    left, right = (below[np.searchsorted(b[order], a, side=side)] for side in ("left", "right"))
    return float(a_weights @ (below[-1] - 0.5 * (left + right)))


def _never(view: View, event: str) -> np.ndarray:
    stopped = [view.futures.stopped_by(event, cause) for cause in COMPETING if cause != event]
    return (view.futures.observed(event) > HORIZON) & ~np.any(stopped, axis=0)


def pairs(views: Sequence[View], event: str) -> pd.DataFrame:
    """`Distance` of every pair, one row each, with the name of the view."""
    found = [
        {"view": a.name, **vars(distance(a, b, event))}
        for i, a in enumerate(views)
        for b in views[i + 1 :]
        if a.name == b.name and a.without == b.without
    ]
    return pd.DataFrame(found)


def split(views: Sequence[View], event: str, day: date, *, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """How much of the variance of the mixture of worldviews lies within them, how much between: columns quantity,
    within, between, share_between.

    Quantities: whether the event is seen by the end of ``day``, and its date with not seen counting as 2100 (years
    squared). ``weights`` by worldview (equal by default) need not sum to 1. A share of 0 is agreement.
    """
    share = np.array([1.0 if weights is None else weights[v.worldview.name] for v in views])
    share = share / share.sum()
    asked = {
        f"seen by {day.isoformat()}": [happened_by(v, event, day).astype(float) for v in views],
        "date, capped at 2100": [np.minimum(v.futures.observed(event), HORIZON) for v in views],
    }
    rows = []
    for quantity, columns in asked.items():
        means = np.array([v.weights @ column for v, column in zip(views, columns, strict=True)])
        spreads = np.array([v.weights @ (c - m) ** 2 for v, c, m in zip(views, columns, means, strict=True)])
        within, between = float(share @ spreads), float(share @ (means - share @ means) ** 2)
        total = within + between
        rows.append((quantity, within, between, between / total if total > 0.0 else 0.0))
    return pd.DataFrame(rows, columns=["quantity", "within", "between", "share_between"])
