"""Calendar dates and decimal years. One convention everywhere: 1 January at midnight is the whole year."""

from __future__ import annotations

import math
from datetime import date, timedelta

_ROUNDING_DAYS = 1e-6


def days_in_year(year: int) -> int:
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def decimal_year(day: date) -> float:
    """2026-07-02 is about 2026.4986: the days gone by, over the days that year has."""
    return day.year + (day.timetuple().tm_yday - 1) / days_in_year(day.year)


def calendar_date(year: float) -> date:
    """The day that a decimal year falls on; undoes `decimal_year` exactly."""
    whole = math.floor(year)
    days = math.floor((year - whole) * days_in_year(whole) + _ROUNDING_DAYS)
    return date(whole, 1, 1) + timedelta(days=days)
