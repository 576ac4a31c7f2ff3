"""P(seen by a date) as a curve through all that the long table says of one event in one view.

The table has the probability at the end of each year to 2040 and of every fifth after it, and seven quantiles among
the futures in which the event happens. Both are points of the same curve. Between them it is a monotone cubic
(PCHIP), which neither overshoots nor falls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from priors import decimal_year

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

NEAREST_YEARS = 1.0 / 366.0
"""A quantile closer than this to another point adds nothing but noise."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """``years`` (n,) rise strictly, in decimal years; ``probability`` (n,) of being seen before each never falls.

    It is 0 before the first and level after the last. ``never`` and ``stopped`` (by a competing event) are the rest:
    outcomes, not late dates.
    """

    years: np.ndarray
    probability: np.ndarray
    never: float
    stopped: float

    def __post_init__(self) -> None:
        if self.years.shape != self.probability.shape or self.years.ndim != 1 or len(self.years) < 2:
            raise ValueError("a curve needs two or more years, each with a probability")
        if not (np.isfinite(self.years).all() and (np.diff(self.years) > 0).all()):
            raise ValueError("the years of a curve must rise")
        p = self.probability
        if not ((p >= 0).all() and (p <= 1).all() and (np.diff(p) >= 0).all()):
            raise ValueError("the probabilities of a curve must lie in [0, 1] and not fall")


def read(rows: pd.DataFrame, *, as_of: date, day: date) -> Curve:
    """The curve of one event from its rows, ``without`` and view chosen already.

    It leaves 0 on ``day``, or on the belief's ``as_of`` where the table has something before ``day``.
    """
    cdf, quantiles = (rows[rows["output_type"] == kind] for kind in ("cdf", "quantile_if_ever"))
    points = {
        decimal_year(date.fromisoformat(text) + timedelta(days=1)): float(p)
        for text, p in zip(cdf["output_type_id"], cdf["value"], strict=True)
    }
    ever = max(points.values())
    within = quantiles[quantiles["value"].notna()]
    found = {
        float(year): float(level) * ever
        for level, year in zip(within["output_type_id"], within["value"], strict=True)
    }  # fmt: skip
    past = any(p > 0 and year <= decimal_year(day) for year, p in (points | found).items())
    start = decimal_year(as_of if past else day)
    known = np.array([start, *points])
    for year, p in found.items():
        if np.abs(known - year).min() > NEAREST_YEARS and year > start:
            points[year] = p
            known = np.append(known, year)
    years = np.array(sorted(year for year in points if year > start))
    # A quantile is a draw's own date: it may differ from the probability beside it by the weight of a draw.
    probability = np.clip(np.maximum.accumulate([points[year] for year in years]), 0.0, ever)
    return Curve(
        years=np.array([start, *years]),
        probability=np.array([0.0, *probability]),
        never=float(rows.loc[rows["output_type"] == "never", "value"].sum()),
        stopped=float(rows.loc[rows["output_type"] == "stopped", "value"].sum()),
    )


def at(curve: Curve, years: np.ndarray) -> np.ndarray:
    """P(seen before each decimal year), of the shape of ``years``."""
    inside = np.clip(years, curve.years[0], curve.years[-1])
    return np.clip(_cubic(curve)(inside), 0.0, curve.probability[-1])


def slope(curve: Curve, years: np.ndarray) -> np.ndarray:
    """Probability per year at decimal years between the first and the last of the curve."""
    return np.maximum(_cubic(curve).derivative()(years), 0.0)


def _cubic(curve: Curve) -> PchipInterpolator:
    from scipy.interpolate import PchipInterpolator

    with np.errstate(over="ignore"):  # of one over a slope that is next to nothing
        return PchipInterpolator(curve.years, curve.probability)
