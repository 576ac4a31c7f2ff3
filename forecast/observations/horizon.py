"""METR time horizons: ln hours at 50 % success, with the published interval, censoring and vintages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.mechanism import HISTORY_START
from forecast.observations.base import (
    Measurement,
    Readings,
    central_width,
    log_student,
    log_student_above,
)
from priors import decimal_year

KIND = "horizon"

MEASUREMENTS = (
    Measurement(name="horizon_scatter", positive=True, loc=np.log(0.25), scale=0.6,
                meaning="spread of a model's ln horizon around the newest horizon, beyond its published interval"),
    Measurement(name="horizon_vintage_shift", positive=False, loc=0.0, scale=0.4,
                meaning="ln ratio of another edition of the task suite to the one current at the as-of date"),
    Measurement(name="horizon_p80_ratio", positive=True, loc=np.log(np.log(5.0)), scale=0.3,
                meaning="ln ratio of the 50 % to the 80 % horizon"),
    Measurement(name="horizon_p80_scatter", positive=True, loc=np.log(0.3), scale=0.5,
                meaning="spread of that ln ratio between models"),
)  # fmt: skip

MINUTES_PER_HOUR = 60.0
UNKNOWN_SE = 0.5
"""ln standard error where no interval was published: about that of the other recent rows."""


COLUMNS = ("y", "se_low", "se_high", "censored", "other_vintage", "p80", "has_partner", "partner", "years_before")


def columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (ln hours), se_low and se_high (two-piece, ln), censored (1: the truth is above y), other_vintage,
    p80 (1: an 80 % horizon), has_partner and partner (ln hours of the same model's p50, where it is not censored),
    years_before (years by which the row precedes the grid, on which the walk is followed).

    An 80 % row whose model has a 50 % row says only how far apart the two are: they come from the same runs.
    """
    minutes = np.log(MINUTES_PER_HOUR)
    z = central_width(0.95)
    y = rows["reading"].to_numpy(float) - minutes
    low = rows["reading_low"].to_numpy(float) - minutes
    high = rows["reading_high"].to_numpy(float) - minutes
    limit = rows["censored_above"].to_numpy(float) - minutes
    above = np.isfinite(limit) & (y >= limit)
    censored = above | (rows["reads_as"] == "lower_bound").to_numpy() | (rows["bound"] == "lower").to_numpy()
    p80 = rows["series"].str.contains("p80").to_numpy()
    years = np.array([decimal_year(day.date()) for day in rows["observed_on"]], dtype=float)
    partners = {
        subject: value
        for subject, value, is80, cut in zip(rows["same_subject"], y, p80, censored, strict=True)
        if not is80 and not cut
    }
    partner = np.array([partners.get(subject, np.nan) for subject in rows["same_subject"]], dtype=float)
    has = p80 & np.isfinite(partner)
    return {
        "y": np.where(above, np.minimum(y, limit), y),
        "se_low": np.where(np.isfinite(low), (y - low) / z, UNKNOWN_SE),
        "se_high": np.where(np.isfinite(high), (high - y) / z, UNKNOWN_SE),
        "censored": censored.astype(float),
        "other_vintage": rows["other_vintage"].to_numpy(float),
        "p80": p80.astype(float),
        "has_partner": has.astype(float),
        "partner": np.where(has, partner, 0.0),
        "years_before": np.maximum(HISTORY_START - years, 0.0),
    }


def log_likelihood(seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any) -> Any:
    """Student-t (4 degrees) around the newest horizon, its scale the published half-width and the scatter together;
    on either side the half-width of that side. Before the grid the walk that leads to it has not been followed, so that
    old rows hold the line the less the older they are. Right-censored rows say only that the truth lies above."""
    scatter, apart = q["horizon_scatter"], q["horizon_p80_ratio"]
    spread80 = q["horizon_p80_scatter"]
    level = seen.ln_h + q["horizon_vintage_shift"] * d["other_vintage"]
    alone = d["p80"] * (1.0 - d["has_partner"])
    mean = xp.where(d["has_partner"] > 0, d["partner"] - apart, level - alone * apart)
    own = 1.0 - d["has_partner"]
    walk = xp.square(q["walk_sd"]) * d["years_before"]
    variance = own * (xp.square(scatter) + walk) + d["p80"] * xp.square(spread80)
    below = xp.sqrt(variance + own * xp.square(d["se_low"]))
    above = xp.sqrt(variance + own * xp.square(d["se_high"]))
    residual = mean - d["y"]
    z = residual / xp.where(residual > 0, above, below)
    seen_density = log_student(z, xp) + np.log(2.0) - xp.log(below + above)
    return xp.where(d["censored"] > 0, log_student_above(-residual / below, xp), seen_density)
