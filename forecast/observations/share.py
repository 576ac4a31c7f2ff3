"""Share of a lab's R&D tasks done by AI: one lab, one chart, judged by its own model.

logit(share) = slope (logit k + gap - shift) + error, the error correlated from month to month. Shift and slope belong to
the series and are wide: how much harder than "AI can do it" the level is to reach, and how steeply a judge's verdicts
follow. ``gap`` belongs to the worldview (how much such measures overstate what AI can do of R&D). With a tight link this
one chart would pull every worldview to the same ``theta``; so would an offset outside the slope, since these shares rose
with a slope of four or five, and an offset of 3 logits is then two thirds of a logit of k.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.observations.base import Measurement, Readings, central_width, log_normal_density

KIND = "share"
SERIES = ("anthropic_rd_tasks_al3_plus_pct", "anthropic_rd_tasks_al4_plus_pct")

MEASUREMENTS = (
    Measurement(name="share_shift", positive=False, loc=0.0, scale=2.0,
                meaning="logits of k by which this lab's basket and judge, at any level, lie off what AI can do of R&D"),
    *(
        Measurement(name=f"share_shift_al{level}", positive=False, loc=0.0, scale=1.5,
                    meaning=f"logits of k by which level AL{level} or above is harder to reach than that")
        for level in (3, 4)
    ),
    *(
        Measurement(name=f"share_slope_al{level}", positive=True, loc=np.log(4.0), scale=0.7,
                    meaning=f"logits of the AL{level}+ share per logit of what AI can do")
        for level in (3, 4)
    ),
    Measurement(name="share_error", positive=True, loc=np.log(0.6), scale=0.5,
                meaning="standing spread of the error on the logit scale"),
)  # fmt: skip

MONTHLY_CORRELATION = 0.9
"""Of the error: a chart of 13 months is worth about three rows."""

DIGITISING_SE = 0.006
"""Reading error of a figure, in share, where no interval is given."""


SAYS_NOTHING = 1e6
"""Logit error of a row that repeats what another says."""


def _logit(share: np.ndarray) -> np.ndarray:
    return np.log(share) - np.log1p(-share)


COLUMNS = ("level", "y", "se", "floored", "y_previous", "kept")


def columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: level (0: AL3+, 1: AL4+), y (logit), se (logit), floored (1: below the readable floor, y is it),
    previous (index of the row of the same series before it that can be read, or itself), y_previous (its logit)
    and kept (correlation of the error with that row's; 0 where there is none).

    Months under the floor are tied to the first month that can be read, each on its own: their errors are then taken
    as independent given that month's, which counts them a little too often; all but the last lie far below the floor.
    As long as no month can be read only the last says anything: their errors are one error, and each counted alone
    would make a chart that has just begun the surest of all.
    """
    share = rows["reading"].to_numpy(float)
    floor = rows["censored_below"].to_numpy(float)
    low, high = rows["reading_low"].to_numpy(float), rows["reading_high"].to_numpy(float)
    level = np.array([SERIES.index(s) for s in rows["series"]], dtype=np.int64)
    floored = np.isfinite(floor) & (share <= floor)
    clean = np.clip(np.where(floored, floor, share), 1e-4, 1.0 - 1e-4)
    y = _logit(clean)
    se = DIGITISING_SE / (clean * (1.0 - clean))
    z = central_width(0.90)
    known = np.isfinite(low) & np.isfinite(high) & (low > 0) & (high > low)
    se[known] = (_logit(high[known]) - _logit(low[known])) / (2.0 * z)
    months = rows["observed_on"].dt.year.to_numpy() * 12 + rows["observed_on"].dt.month.to_numpy()
    previous, linked, apart = np.arange(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    for i in range(len(rows)):
        same = np.flatnonzero((level == level[i]) & ~floored)
        other = same[months[same] > months[i]][:1] if floored[i] else same[months[same] < months[i]][-1:]
        if other.size:
            previous[i], linked[i], apart[i] = other[0], 1.0, abs(months[i] - months[other[0]])
        if floored[i] and not other.size and np.any((level == level[i]) & (months > months[i])):
            se[i] = SAYS_NOTHING
    return {
        "level": level.astype(float),
        "y": y,
        "se": se,
        "floored": floored.astype(float),
        "previous": previous.astype(np.int64),
        "y_previous": y[previous],
        "kept": MONTHLY_CORRELATION**apart * linked,
    }


def log_likelihood(seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any) -> Any:
    """First-order autoregression given the row before; below the floor, the probability of being there."""
    at4 = d["level"]
    shift = q["share_shift"] + q["share_shift_al3"] * (1.0 - at4) + q["share_shift_al4"] * at4
    slope = q["share_slope_al3"] * (1.0 - at4) + q["share_slope_al4"] * at4

    def error(y: Any, readings: Readings) -> Any:
        k = xp.minimum(xp.maximum(readings.k, 1e-12), 1.0 - 1e-9)
        return y - slope * (xp.log(k) - xp.log1p(-k) + q["gap"] - shift)

    spread = q["share_error"]
    sd = xp.sqrt(xp.square(spread) * (1.0 - xp.square(d["kept"])) + xp.square(d["se"]))
    z = (error(d["y"], seen) - d["kept"] * error(d["y_previous"], previous)) / sd
    return xp.where(d["floored"] > 0, xp.log_ndtr(z), log_normal_density(z, sd, xp))
