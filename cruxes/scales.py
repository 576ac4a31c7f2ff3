"""Between the units in which a reading is published and the scale on which its observation model judges it."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from forecast.evidence import transforms
from forecast.evidence.register import Entry
from priors.problems import BadInput, Problem

MINUTES_PER_HOUR_LN = log(60.0)
"""ln minutes in an hour: horizons are published in minutes and judged in hours."""

READER_UNITS = {
    "horizon": "hours",
    "share": "%",
    "benchmark": "%",
    "uplift": "x",
    "pace": "x",
    "returns": "x",
    "compute_growth": "x a year",
    "software_pace": "x a year",
    "diffusion": "%",
}


def to_model(entry: Entry, value: float, *, where: str = "the value") -> float:
    """A value in the ledger's unit on the scale of its kind. Raises BadInput for one that no such reading can have."""
    if entry.transform is None or entry.transform == "ratio_to_threshold":
        raise ValueError(f"no scale for a series of kind {entry.kind} by {entry.transform}")
    frame = pd.DataFrame({"value": [value], "low": [np.nan], "high": [np.nan]}, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        reading = float(transforms.apply(entry.transform, frame)["reading"].iloc[0])
        found = _to_model(entry, reading)
    if not np.isfinite(found):
        raise BadInput(
            [
                Problem(
                    file="command line",
                    where=where,
                    found=f"{value:g} ({entry.unit})",
                    expected="a value that such a reading can have",
                    remedy="Correct the number or its unit.",
                )
            ]
        )
    return found


def _to_model(entry: Entry, reading: float) -> float:
    match entry.kind:
        case "horizon":
            return reading - MINUTES_PER_HOUR_LN
        case "share" | "diffusion":
            return float(logit(reading))
        case "benchmark":
            floor, ceiling = entry.floor or 0.0, 1.0 if entry.ceiling is None else entry.ceiling
            return float(logit((reading - floor) / (ceiling - floor)))
        case "uplift" | "pace" | "returns" | "software_pace":
            return float(np.log(reading))
        case _:
            return reading


def to_reader(entry: Entry, y: np.ndarray) -> np.ndarray:
    """Values on the model's scale in the units of READER_UNITS."""
    y = np.asarray(y, dtype=float)
    match entry.kind:
        case "share" | "diffusion":
            return 100.0 * expit(y)
        case "benchmark":
            floor, ceiling = entry.floor or 0.0, 1.0 if entry.ceiling is None else entry.ceiling
            return np.asarray(100.0 * (floor + (ceiling - floor) * expit(y)) / ceiling)
        case "software_pace":
            return np.asarray(np.exp(np.exp(y)))
        case _:
            return np.asarray(np.exp(y))
