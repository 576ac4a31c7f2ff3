"""Views in, one long table out: a row is one stated number, and every figure, page and test reads this table.

Columns worldview, view, without, event, output_type, output_type_id, value. Output types:

- ``cdf``: probability that the event is seen by the end of the day in output_type_id (LOC and PAUSE stop clocks);
- ``quantile_if_ever``: date at a level in output_type_id, among draws in which the event is seen by 2100;
- ``never``: neither seen nor stopped by 2100;
- ``stopped``: the clock stopped first, by the cause in output_type_id.

cdf at 2100, never and stopped sum to 1. ``mcse`` is the Monte Carlo standard error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import numpy as np
import pandas as pd

from forecast.functionals import happened_by
from forecast.simulation import COMPETING, EVENTS, HORIZON
from forecast.view import View

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
DAYS = (
    *(date(year, 12, 31) for year in range(2026, 2041)),
    *(date(year, 12, 31) for year in range(2045, 2100, 5)),
    date(2099, 12, 31),
)
HEADLINE_DAYS = tuple(date(year, 12, 31) for year in (2028, 2030, 2035, 2050))
"""Days of the tables that people read."""

COLUMNS = ("worldview", "view", "without", "event", "output_type", "output_type_id", "value", "mcse")
CLOCKS = (*EVENTS, *COMPETING)


def _probability_error(view: View, happened: np.ndarray) -> float:
    """Standard error of a weighted share, counting the effective draws (of the chain, where there was one)."""
    p = view.probability(happened)
    draws = min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf))
    return float(np.sqrt(max(p * (1.0 - p), 0.0) / draws))


def _quantile_error(view: View, value: np.ndarray, level: float, where: np.ndarray) -> float:
    """Half the width between the quantiles one standard error of the level above and below."""
    share = view.probability(where)
    draws = min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf)) * share
    if draws < 2:
        return float("nan")
    step = np.sqrt(level * (1.0 - level) / draws)
    high, low = (view.quantile(value, float(np.clip(level + s, 0, 1)), where) for s in (step, -step))
    return (high - low) / 2.0


def table(view: View, events: Collection[str] = CLOCKS) -> pd.DataFrame:
    """The long table of one view."""
    found = []

    def add(event: str, kind: str, which: object, value: float, error: float) -> None:
        found.append((view.worldview.name, view.name, "+".join(view.without), event, kind, str(which), value, error))

    for event in events:
        seen = view.futures.observed(event)
        ever = seen <= HORIZON
        for day in DAYS:
            happened = happened_by(view, event, day)
            add(event, "cdf", day.isoformat(), view.probability(happened), _probability_error(view, happened))
        for level in LEVELS:
            error = _quantile_error(view, seen, level, ever)
            add(event, "quantile_if_ever", level, view.quantile(seen, level, ever), error)
        stopped = np.zeros(len(ever), dtype=bool)
        for cause in COMPETING:
            if cause != event:
                by = view.futures.stopped_by(event, cause)
                stopped |= by
                add(event, "stopped", cause, view.probability(by), _probability_error(view, by))
        never = ~ever & ~stopped
        add(event, "never", "", view.probability(never), _probability_error(view, never))
    return pd.DataFrame(found, columns=list(COLUMNS))


def long_table(views: Iterable[View]) -> pd.DataFrame:
    """Side by side: the tables of several views, one below the other."""
    return pd.concat([pd.DataFrame(columns=list(COLUMNS)), *(table(view) for view in views)], ignore_index=True)


def value(frame: pd.DataFrame, *, worldview: str, view: str, event: str, output_type: str, which: object = "",
          without: str = "") -> float:  # fmt: skip
    """One number of a long table. Raises KeyError where it is not there, or not alone."""
    chosen = frame[
        (frame["worldview"] == worldview) & (frame["view"] == view) & (frame["without"] == without)
        & (frame["event"] == event) & (frame["output_type"] == output_type) & (frame["output_type_id"] == str(which))
    ]  # fmt: skip
    if len(chosen) != 1:
        raise KeyError(f"{len(chosen)} rows for {worldview}, {view}, {without!r}, {event}, {output_type}, {which}")
    return float(chosen["value"].iloc[0])
