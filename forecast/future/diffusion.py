"""How fast AI spreads today -> L, the lag from fast progress to fast growth, and T_broad, growth by use alone.

Log-odds of adoption in each series are an intercept of its own (a change of wording is a new series), a slope and a
random walk; the slope is a pace s common to all plus a deviation of the instrument (two series of one survey share
it). Only the first and the last reading of a chart and the years between them then tell its slope: months in between
add next to nothing. Intercepts have a flat prior and are integrated out in closed form, deviations too; s on a grid.

The link: at pace s the share of adopters goes from 10 % to 90 % in 2 ln 9 / s years, and

    ln L                = ln(2 ln 9 / s) + LINK_SCALE c
    ln(T_broad - START) = ln(BROAD_SPANS 2 ln 9 / s) + BROAD_SCALE d

with s flat on the log scale and c, d from Student's t. Each is one number for all series, so that however many rows
there are, ln L is never known from them to better than LINK_SCALE. The tails are heavy because whoever expects a lag
far from any curve of adoption, of months say, does not expect it to follow one, and is hardly moved.

Its weakness is that link. Nobody has seen growth of a tenth a year; that such a lag has anything to do with how fast
firms buy subscriptions is an analogy. Besides, what was known of the pace at the as-of date is priced in, and new rows
speak only of the change since: adoption moves L by a tenth or so and hardly narrows it.

Revenue of laboratories is not read: from 2023 to 2026 it grew by 1.2 (OpenAI) and 2.6 (Anthropic) nats a year while
log-odds of adoption grew by 0.3 to 0.6. It tells of prices, intensity of use and shares of one market.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import logit, logsumexp

from forecast.namespaces import NumPy
from forecast.observations.base import log_student
from priors.problems import BadInput, Problem

LAUNCH_OVER = 2024.0
"""Readings of the year before, in which the first paid products came out, show a launch: on Ramp 1.75 in log-odds
within 2023, and 0.4 a year since."""

INSTRUMENT = {
    "firm_adoption_btos_any_function_pct": "BTOS",
    "firm_adoption_btos_goods_services_pct": "BTOS",
    "firm_adoption_btos_250plus_pct": "BTOS",
    "genai_use_work_pct": "RPS",
    "genai_use_adults_pct": "RPS",
}
"""Series of one survey; any other is an instrument of its own."""

WALK_SD = 0.15
"""Log-odds per square root of a year. Ramp's months give 0.08, but each resembles the one before; 0.14 in the long run."""

READING_SD = 0.03
"""Log-odds by which one reading is off: sampling and rounding."""

INSTRUMENT_SD = 0.15
"""Log-odds a year by which the slope of one instrument differs from the common pace; slopes were 0.29 to 0.60."""

LINK_SCALE = 0.7
BROAD_SPANS = 3.0
BROAD_SCALE = 1.0
START = 2023.0

SPAN_LOG_ODDS = 2.0 * np.log(9.0)
"""From 10 % to 90 %."""

_LEAST_SHARE = 1e-3
"""A published 0 or 1 is taken for this much, or this much less than all."""

_LOG_PACE = np.arange(-6.0, 6.0, 0.05)


def log_density(rows: pd.DataFrame, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """ln p(rows | L, T_broad), (n,), but for a constant that is the same for all draws of whatever worldview.

    L in years, T_broad a decimal year. ``rows`` have columns series, subject, year and reading (share of adopters).
    """
    precision, weighted = pace(rows)
    s = np.exp(_LOG_PACE)
    link = _log_link(values)
    return logsumexp(link + weighted * s - 0.5 * precision * s**2, axis=1) - logsumexp(link, axis=1)


def _log_link(values: Mapping[str, np.ndarray]) -> np.ndarray:
    """ln p(ln s | L, T_broad) but for a constant of each draw, (n, len(_LOG_PACE))."""
    by_lag = np.log(SPAN_LOG_ODDS) - np.log(np.maximum(values["L"], 1e-6))
    by_date = np.log(SPAN_LOG_ODDS * BROAD_SPANS) - np.log(np.maximum(values["T_broad"] - START, 0.1))
    c = (_LOG_PACE - by_lag[:, None]) / LINK_SCALE
    d = (_LOG_PACE - by_date[:, None]) / BROAD_SCALE
    return log_student(c, NumPy) + log_student(d, NumPy)


def pace(rows: pd.DataFrame) -> tuple[float, float]:
    """Precision of the pace s, and precision times its estimate, from all series; (0, 0) where none has a slope yet.

    Raises BadInput for readings that are no shares.
    """
    _refuse_what_is_no_share(rows)
    rows = rows[rows["year"] >= LAUNCH_OVER]
    of_instrument: dict[str, np.ndarray] = {}
    for (series, _), part in rows.groupby(["series", "subject"], sort=True):
        name = INSTRUMENT.get(str(series), str(series))
        of_instrument[name] = of_instrument.get(name, np.zeros(2)) + _slope(part)
    total = np.zeros(2)
    for found in of_instrument.values():
        total += found / (1.0 + found[0] * INSTRUMENT_SD**2)
    return float(total[0]), float(total[1])


def _slope(rows: pd.DataFrame) -> np.ndarray:
    """Precision of one curve's slope, and precision times estimate, (2,), its intercept being anything."""
    order = np.argsort(rows["year"].to_numpy(float), kind="stable")
    years = rows["year"].to_numpy(float)[order]
    y = logit(np.clip(rows["reading"].to_numpy(float)[order], _LEAST_SHARE, 1.0 - _LEAST_SHARE))
    since = years - years[0]
    covariance = WALK_SD**2 * np.minimum.outer(since, since) + READING_SD**2 * np.eye(len(y))
    one, by_slope, seen = np.linalg.solve(covariance, np.column_stack([np.ones(len(y)), since, y])).T
    free = one.sum()
    return np.array([since @ by_slope - (since @ one) ** 2 / free, since @ seen - (since @ one) * (one @ y) / free])


def _refuse_what_is_no_share(rows: pd.DataFrame) -> None:
    wrong = rows[~rows["reading"].between(0.0, 1.0)]
    problems = [
        Problem(
            file="register.toml",
            where=f"series.{series}.transform",
            found=f"readings of {part['reading'].min():g} to {part['reading'].max():g}",
            expected="shares between 0 and 1",
            remedy="Use fraction_of_percent for percents, and another kind for what is no share of adopters.",
        )
        for series, part in wrong.groupby("series", sort=True)
    ]
    if problems:
        raise BadInput(problems)
