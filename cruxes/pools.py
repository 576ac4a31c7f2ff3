"""Several forecasts made into one, two ways, each with what it assumes. Medians are never averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from cruxes.distances import FIRST_YEAR, years_and_not_seen
from forecast import summary
from forecast.functionals import end_of
from forecast.simulation import COMPETING, HORIZON
from forecast.view import View

type Kind = Literal["linear", "logarithmic"]

ASSUMES = {
    "linear": "one of them is right, and the weights are the chances of which; their spread stays",
    "logarithmic": "each has evidence of their own; agreement sharpens, and what one rules out is nearly out",
}
NO_LEARNED_WEIGHTS = (
    "Weights are yours to state, equal by default, and never learned: too few forecasts have resolved, and scores on so "
    "few would move weights by chance."
)
SMOOTHING = 0.5
"""Draws added to every cell before the logarithmic pool, since one empty cell would veto a year for all."""

COLUMNS = ("event", "output_type", "output_type_id", "value")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """``table`` has COLUMNS as in `forecast.summary`; ``weights`` sum to 1; ``assumes`` says in words what one buys."""

    kind: Kind
    weights: Mapping[str, float]
    assumes: str
    table: pd.DataFrame


def shares(views: Sequence[View], weights: Mapping[str, float] | None) -> dict[str, float]:
    """Weight of each worldview, summing to 1. Raises ValueError where names do not match, or a weight is not positive."""
    names = [view.worldview.name for view in views]
    said = dict.fromkeys(names, 1.0) if weights is None else dict(weights)
    if len(set(names)) < len(names) or set(said) != set(names) or not all(0.0 < w < np.inf for w in said.values()):
        raise ValueError(f"weights {said}; expected one positive number for each of {', '.join(names)}")
    total = sum(said.values())
    return {name: said[name] / total for name in names}


def linear(
    views: Sequence[View], event: str, *, weights: Mapping[str, float] | None = None, also: Sequence[date] = ()
) -> Pool:
    """The mixture: probabilities are averaged, dates are those of all draws together.

    ``also``: days besides `summary.DAYS` by whose end.
    """
    share = shares(views, weights)
    weight = [share[view.worldview.name] for view in views]
    causes = [cause for cause in COMPETING if cause != event]

    def mean(happened: Sequence[np.ndarray]) -> float:
        return sum(w * view.probability(h) for w, view, h in zip(weight, views, happened, strict=True))

    seen = [view.futures.observed(event) for view in views]
    stopped = [mean([view.futures.stopped_by(event, cause) for view in views]) for cause in causes]
    mixed = replace(views[0], weights=np.concatenate([w * view.weights for w, view in zip(weight, views, strict=True)]))
    dates = np.concatenate(seen)
    rows: list[tuple[str, str, str, float]] = [
        (event, "cdf", day.isoformat(), mean([one < end_of(day) for one in seen]))
        for day in sorted({*summary.DAYS, *also})
    ]
    rows += [
        (event, "quantile_if_ever", str(level), mixed.quantile(dates, level, dates <= HORIZON))
        for level in summary.LEVELS
    ]
    rows += [(event, "stopped", cause, p) for cause, p in zip(causes, stopped, strict=True)]
    rows.append((event, "never", "", 1.0 - mean([one <= HORIZON for one in seen]) - sum(stopped)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Pool(kind="linear", weights=share, assumes=ASSUMES["linear"], table=table)


def logarithmic(
    views: Sequence[View], event: str, *, weights: Mapping[str, float] | None = None, also: Sequence[date] = ()
) -> Pool:
    """The weighted geometric mean of years, never and each way of being stopped, after SMOOTHING; dates are linear
    inside a year. ``also`` as in `linear`."""
    share = shares(views, weights)
    log_mass = sum(share[view.worldview.name] * np.log(_smoothed(view, event)) for view in views)
    mass = np.exp(log_mass - np.max(log_mass))
    mass = mass / mass.sum()
    causes = [cause for cause in COMPETING if cause != event]
    by_year, never, stopped = mass[: -1 - len(causes)], mass[-1 - len(causes)], mass[len(mass) - len(causes) :]
    edges = np.arange(FIRST_YEAR, int(HORIZON) + 1, dtype=float)
    cumulative = np.concatenate([[0.0], np.cumsum(by_year)])
    rows: list[tuple[str, str, str, float]] = [
        (event, "cdf", day.isoformat(), float(np.interp(_end(day), edges, cumulative)))
        for day in sorted({*summary.DAYS, *also})
    ]
    rows += [
        (event, "quantile_if_ever", str(level), float(np.interp(level * cumulative[-1], cumulative, edges)))
        for level in summary.LEVELS
    ]
    rows += [(event, "stopped", cause, float(p)) for cause, p in zip(causes, stopped, strict=True)]
    rows.append((event, "never", "", float(never)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Pool(kind="logarithmic", weights=share, assumes=ASSUMES["logarithmic"], table=table)


def _end(day: date) -> float:
    return min(end_of(day), HORIZON)


def _smoothed(view: View, event: str) -> np.ndarray:
    """Probability of each calendar year (what is earlier in the first), never, and stopped by each cause; all > 0."""
    years = years_and_not_seen(view, event)[:-1]
    stopped = [
        view.probability(view.futures.stopped_by(event, cause)) for cause in COMPETING if cause != event
    ]  # fmt: skip
    mass = np.array([*years, max(1.0 - years.sum() - sum(stopped), 0.0), *stopped])
    draws = view.effective_draws
    return np.asarray((mass * draws + SMOOTHING) / (draws + SMOOTHING * len(mass)))
