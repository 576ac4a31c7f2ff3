"""Readings that need no trajectory: returns to research, growth of compute, pace of software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.observations.base import Measurement, Readings, central_width, log_normal_density

MEASUREMENTS_RETURNS = (
    Measurement(name="returns_bias", positive=False, loc=np.log(2.0), scale=0.5,
                meaning="ln by which published elasticities overstate returns at fixed compute (they share out all inputs)"),
)  # fmt: skip

LOOSE_SE = 0.7
"""ln error of the feedback return that its authors call very loose."""

COMPUTE_SE = 0.1
"""Least error of a growth rate as a statement about frontier training, in nats a year."""


def _half_width(low: np.ndarray, high: np.ndarray, level: np.ndarray, otherwise: float) -> np.ndarray:
    """Standard error from a central interval of the given mass; ``otherwise`` where there is none."""
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(level)
    z = np.array([central_width(m) if ok else np.nan for m, ok in zip(level, known, strict=True)], dtype=float)
    return np.where(known, (high - low) / (2.0 * z), otherwise)


RETURNS_COLUMNS = ("y", "se", "elasticity")


def returns_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (ln of doublings per doubling), se (ln), elasticity (1: the bias of such estimates applies)."""
    level = rows["level"].to_numpy(float)
    low, high = np.log(rows["reading_low"].to_numpy(float)), np.log(rows["reading_high"].to_numpy(float))
    return {
        "y": np.log(rows["reading"].to_numpy(float)),
        "se": _half_width(low, high, level, LOOSE_SE),
        "elasticity": (rows["series"] == "software_returns_r").to_numpy(float),
    }


def returns_log_likelihood(
    seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any
) -> Any:
    """ln r (1 - phi) at the friction of today, seen with error."""
    mean = xp.log(q["r"] * (1.0 - q["phi0"])) + q["returns_bias"] * d["elasticity"]
    return log_normal_density((d["y"] - mean) / d["se"], d["se"], xp)


COMPUTE_COLUMNS = ("y", "se")


def compute_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (nats a year), se (nats a year)."""
    se = _half_width(rows["reading_low"].to_numpy(float), rows["reading_high"].to_numpy(float),
                     rows["level"].to_numpy(float), COMPUTE_SE)  # fmt: skip
    return {"y": rows["reading"].to_numpy(float), "se": np.hypot(se, COMPUTE_SE)}


def compute_log_likelihood(
    seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any
) -> Any:
    """Growth of the compute of frontier training."""
    return log_normal_density((d["y"] - q["g_c"]) / d["se"], d["se"], xp)


SOFTWARE_COLUMNS = ("y", "se")


def software_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (ln of nats a year), se (ln)."""
    level = rows["level"].to_numpy(float)
    low, high = np.log(rows["reading_low"].to_numpy(float)), np.log(rows["reading_high"].to_numpy(float))
    return {"y": np.log(rows["reading"].to_numpy(float)), "se": _half_width(low, high, level, 0.5)}


def software_log_likelihood(
    seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any
) -> Any:
    """ln of the pace of software; today's uplift, a few percent, is inside it."""
    return log_normal_density((d["y"] - xp.log(xp.maximum(seen.rate, 1e-3))) / d["se"], d["se"], xp)
