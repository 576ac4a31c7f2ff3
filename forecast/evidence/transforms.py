"""From the unit that was published to the scale that an observation model reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

Transform = Literal[
    "identity",
    "log",
    "fraction_of_percent",
    "speed_up_from_time_change_pct",
    "ratio_from_gain_pct",
    "log_from_halving_months",
    "ratio_to_threshold",
]

# ratio_to_threshold is missing here: it needs the row that holds the threshold
_FORMULAS: dict[Transform, Callable[[pd.Series], pd.Series]] = {
    "identity": lambda x: x,
    "log": np.log,  # minutes -> ln minutes; factor a year -> nats a year
    "fraction_of_percent": lambda x: x / 100,
    "speed_up_from_time_change_pct": lambda x: 1 / (1 + x / 100),  # -50 % of the time -> twice as fast
    "ratio_from_gain_pct": lambda x: 1 + x / 100,
    "log_from_halving_months": lambda x: np.log(2) * 12 / x,  # months -> nats a year
}
_TURNS_ROUND = {"speed_up_from_time_change_pct", "log_from_halving_months"}


def apply(transform: Transform, frame: pd.DataFrame, *, threshold: float | None = None) -> pd.DataFrame:
    """Columns reading, reading_low, reading_high, in that order of size, from value, low and high; NaN stays NaN."""
    if transform == "ratio_to_threshold":
        if threshold is None:
            raise ValueError("ratio_to_threshold needs a threshold")
        readings = frame[["value", "low", "high"]] / threshold
    else:
        formula = _FORMULAS[transform]
        readings = pd.DataFrame({name: formula(frame[name]) for name in ("value", "low", "high")})
    low, high = ("high", "low") if transform in _TURNS_ROUND else ("low", "high")
    columns = {"reading": readings["value"], "reading_low": readings[low], "reading_high": readings[high]}
    return pd.DataFrame(columns, index=frame.index)
