"""Growth of what is put in (money, machines) -> t_slow, when compute slows, and faintly g_c_late, its growth after.

A reading is the log growth over a year of one series and subject (USD a quarter against the same quarter a year
before, GW at year's end), or a published rate with its window. There are two streams: money, and the stock of compute.
Each grows at a fast rate of its own until a turn and at a late rate afterwards; a reading is the average over its
window. The turn comes LEAD before t_slow, since orders precede machines, and that lead is uncertain and one for all
readings:

    growth = fast_j F + (g_c_late - offset_j) (1 - F) + error,    F = share of the window before t_slow - lead

so growth still fast at a date makes a t_slow before it unlikely and never impossible, and however many rows there are
the date is known no better than LEAD_SD. Where a turn has been seen the late rate is read as well.

Errors are increments of random walks, one common to a stream and one per subject. Overlapping windows share them: four
firms in a quarter are about one reading, quarters of the same year a fraction of one each, and a firm's capex counted
in two ways is the same money.

Weakness: this is money of whole companies, warehouses included, and stood still in 2023 while training compute grew as
before; the spread of fast rates and the walk are wide for that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from forecast.observations.base import central_width


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Nats a year, and for the walks nats per square root of a year.

    ``offset``: what compute grows by at constant growth of the stream (cheaper machines, for money).
    """

    fast: float
    fast_sd: float
    offset: float
    offset_sd: float
    common_sd: float
    subject_sd: float


STREAMS = (
    Stream(fast=0.45, fast_sd=0.3, offset=0.3, offset_sd=0.2, common_sd=0.25, subject_sd=0.25),
    Stream(fast=1.2, fast_sd=0.3, offset=0.0, offset_sd=0.3, common_sd=0.15, subject_sd=0.3),
)
MONEY, STOCK = range(2)

MONEY_SERIES = frozenset({"hyperscaler_capex_cash_quarter_usd", "hyperscaler_capex_quarter_usd"})
"""Every other series of this kind counts machines."""

RATE_UNIT = "x per year"
RATE_SINCE = {"ai_compute_stock_growth_x_per_year": 2022.0}
"""Where the window of a published rate opens; a year before its date for any other."""

LEAD_YEARS = 0.75
LEAD_SD = 1.0

READING_SD = 0.03
"""ln by which a growth is off through rounding and definitions; also what two ways of counting one firm differ by."""

_A_YEAR = 0.06
"""Tolerance, in years, for "the same time of the year before"."""

_STEP = 1.0 / 24.0
_LEADS = np.linspace(-4.0, 4.0, 65)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Readings as columns (m,): start and end of the window (decimal years), y and se (nats a year), stream, subject."""

    start: np.ndarray
    end: np.ndarray
    y: np.ndarray
    se: np.ndarray
    stream: np.ndarray
    subject: np.ndarray


def log_density(rows: pd.DataFrame, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """ln p(growth readings | t_slow, g_c_late), (n,), fast rates, offsets and the lead integrated out.

    ``rows`` have columns series, subject, unit, year, reading, reading_low, reading_high (ln) and level.
    """
    seen = growth(rows)
    if not len(seen.y):
        return np.zeros(len(values["t_slow"]))
    turns = np.arange(seen.start.min() - _STEP, seen.end.max() + 2.0 * _STEP, _STEP)
    by_turn = np.array([_at_turn(seen, turn) for turn in turns])
    late = np.asarray(values["g_c_late"], dtype=float)[:, None]
    turn = np.asarray(values["t_slow"], dtype=float)[:, None] - (LEAD_YEARS + LEAD_SD * _LEADS)
    zeroth, first, second = (np.interp(turn, turns, column) for column in by_turn.T)
    weight = -0.5 * _LEADS**2
    return logsumexp(zeroth + first * late + second * late**2 + weight, axis=1) - logsumexp(weight)


def growth(rows: pd.DataFrame) -> Growth:
    """Every growth that the rows hold; a level without one of a year before gives none."""
    found = []
    for (series, subject), part in rows.groupby(["series", "subject"], sort=True):
        stream = MONEY if series in MONEY_SERIES else STOCK
        part = part.sort_values(["year", "id"])
        if (part["unit"] == RATE_UNIT).all():
            found += [(*reading, stream, str(subject)) for reading in _rates(str(series), part)]
        else:
            found += [(*reading, stream, str(subject)) for reading in _changes(part)]
    columns = [np.array(column) for column in zip(*found, strict=True)] if found else [np.zeros(0)] * 6
    return Growth(**dict(zip(("start", "end", "y", "se", "stream", "subject"), columns, strict=True)))


def _rates(series: str, rows: pd.DataFrame) -> list[tuple[float, float, float, float]]:
    """Published rates: start, end, growth, error."""
    columns = (rows[name].to_numpy(float) for name in ("year", "reading", "reading_low", "reading_high", "level"))
    found = []
    for end, reading, low, high, level in zip(*columns, strict=True):
        known = np.isfinite(high - low) and np.isfinite(level)
        se = (high - low) / (2.0 * central_width(level)) if known else READING_SD
        found.append((min(RATE_SINCE.get(series, end - 1.0), end - 1.0), end, reading, se))
    return found


def _changes(rows: pd.DataFrame) -> list[tuple[float, float, float, float]]:
    """Changes over a year between two levels: start, end, growth, error."""
    years, readings = rows["year"].to_numpy(float), rows["reading"].to_numpy(float)
    found = []
    for end, value in zip(years, readings, strict=True):
        before = np.flatnonzero(np.abs(years - (end - 1.0)) < _A_YEAR)
        if len(before):
            found.append((end - 1.0, end, float(value - readings[before[-1]]), READING_SD))
    return found


def _covariance(seen: Growth) -> np.ndarray:
    """Of the errors, (m, m)."""
    overlap = np.minimum.outer(seen.end, seen.end) - np.maximum.outer(seen.start, seen.start)
    shared = np.maximum(overlap, 0.0) / np.multiply.outer(seen.end - seen.start, seen.end - seen.start)
    same_stream = seen.stream[:, None] == seen.stream
    same_subject = same_stream & (seen.subject[:, None] == seen.subject)
    common = np.array([s.common_sd**2 for s in STREAMS])[seen.stream]
    own = np.array([s.subject_sd**2 for s in STREAMS])[seen.stream]
    return shared * (same_stream * common + same_subject * own) + np.diag(seen.se**2)


def _at_turn(seen: Growth, turn: float) -> tuple[float, float, float]:
    """Coefficients of 1, g_c_late and its square in ln p(readings | turn, g_c_late)."""
    fast = np.clip((turn - seen.start) / (seen.end - seen.start), 0.0, 1.0)
    covariance, mean, by_late = _covariance(seen), np.zeros(len(fast)), 1.0 - fast
    for j, stream in enumerate(STREAMS):
        own = seen.stream == j
        before, after = own * fast, own * (1.0 - fast)
        mean += stream.fast * before - stream.offset * after
        covariance += stream.fast_sd**2 * np.outer(before, before) + stream.offset_sd**2 * np.outer(after, after)
    residual = seen.y - mean
    solved = np.linalg.solve(covariance, np.column_stack([residual, by_late]))
    constant = -0.5 * (np.linalg.slogdet(covariance)[1] + len(fast) * log(2.0 * pi) + residual @ solved[:, 0])
    return float(constant), float(by_late @ solved[:, 0]), float(-0.5 * by_late @ solved[:, 1])
