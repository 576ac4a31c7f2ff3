"""When, as curves: the probability that an event has been seen by each quarter, with never and stopped beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
import pandas as pd

from forecast.simulation import COMPETING, EVENTS, HORIZON
from forecast.view import View
from priors import decimal_year

LAST_YEAR = 2060.0
QUARTER = 0.25
COLUMNS = ("worldview", "view", "event", "output_type", "year", "cause", "value")


def quarters(day: date) -> np.ndarray:
    """Ends of quarters in decimal years, from the beginning of the quarter of ``day`` to LAST_YEAR."""
    first = np.floor(decimal_year(day) / QUARTER) * QUARTER
    return np.asarray(np.arange(first, LAST_YEAR + QUARTER / 2, QUARTER))


def date_curves(views: Sequence[View], events: Collection[str] = EVENTS) -> pd.DataFrame:
    """One long table of several views, in the columns COLUMNS, all on the quarters since the newest day among them.

    Output types: ``cdf``, the probability that the event is seen before ``year`` (midnight), with a last one at 2100;
    ``never``, neither seen nor stopped by then; ``stopped``, its clock stopped first, by ``cause`` (LOC or PAUSE).
    The last cdf, never and stopped sum to 1. Raises ValueError where no view is given, or one comes twice.
    """
    names = [(view.worldview.name, view.name, view.without) for view in views]
    if not names or any(without for _, _, without in names) or len(set(names)) < len(names):
        raise ValueError(f"{names}; expected views of all rows that differ in worldview or name")
    years = np.append(quarters(max(view.day for view in views)), HORIZON)
    return pd.concat([_curve(view, event, years) for view in views for event in events], ignore_index=True)


def _curve(view: View, event: str, years: np.ndarray) -> pd.DataFrame:
    seen = view.futures.observed(event)
    order = np.argsort(seen, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(view.weights[order])])
    cdf = mass[np.searchsorted(seen[order], years[:-1], side="left")]
    ever = seen <= HORIZON
    stopped = {cause: view.futures.stopped_by(event, cause) for cause in COMPETING if cause != event}
    never = ~ever & ~np.any(list(stopped.values()), axis=0)
    rows = [
        *(("cdf", year, "", value) for year, value in zip(years[:-1], cdf, strict=True)),
        ("cdf", HORIZON, "", view.probability(ever)),
        *(("stopped", np.nan, cause, view.probability(by)) for cause, by in stopped.items()),
        ("never", np.nan, "", view.probability(never)),
    ]
    found = pd.DataFrame(rows, columns=["output_type", "year", "cause", "value"])
    return found.assign(worldview=view.worldview.name, view=view.name, event=event)[list(COLUMNS)]
