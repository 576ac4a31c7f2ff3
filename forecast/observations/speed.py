"""How much faster people and labs go with AI: uplift of a person's work, and pace of a lab's progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.observations.base import Measurement, Readings, central_width, log_normal_density

MEASUREMENTS_UPLIFT = (
    Measurement(name="uplift_bias_self_report", positive=False, loc=0.45, scale=0.5,
                meaning="ln by which self-reports exceed what the delegated share implies: about 40 points where it could "
                "be checked, more where heavy users choose to answer, or where help is not delegation"),
    Measurement(name="uplift_bias_rct", positive=False, loc=0.0, scale=0.3,
                meaning="ln by which a trial's task speed-up differs from that of AI R&D at the frontier"),
    Measurement(name="uplift_scatter", positive=True, loc=np.log(0.35), scale=0.4,
                meaning="spread of ln speed-up between studies of one method, beyond their intervals"),
)  # fmt: skip

UNKNOWN_SE = 0.2
PACE_SE = 0.15
"""ln error of a lab's own statement about its pace: nobody measures the counterfactual."""


UPLIFT_COLUMNS = ("y", "se", "self_report")


def uplift_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (ln speed-up), se (ln), self_report (1) or trial (0). A range of answers is no standard error."""
    y = np.log(rows["reading"].to_numpy(float))
    level = rows["level"].to_numpy(float)
    low, high = np.log(rows["reading_low"].to_numpy(float)), np.log(rows["reading_high"].to_numpy(float))
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(level)
    z = np.array([central_width(m) if ok else np.nan for m, ok in zip(level, known, strict=True)], dtype=float)
    return {
        "y": y,
        "se": np.where(known, (high - low) / (2.0 * z), UNKNOWN_SE),
        "self_report": (rows["method"] == "self_report").to_numpy(float),
    }


def uplift_log_likelihood(
    seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any
) -> Any:
    """ln speed-up of a person whose share f of the work is done by AI: -ln(1 - f), plus the bias of the method."""
    left = xp.maximum(1.0 - seen.f, 1e-6)
    bias = q["uplift_bias_self_report"] * d["self_report"] + q["uplift_bias_rct"] * (1.0 - d["self_report"])
    sd = xp.sqrt(xp.square(q["uplift_scatter"]) + xp.square(d["se"]))
    return log_normal_density((d["y"] + xp.log(left) - bias) / sd, sd, xp)


PACE_COLUMNS = ("y", "at_most")


def pace_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (ln ratio of paces), at_most (1: the statement is an upper bound)."""
    return {
        "y": np.log(rows["reading"].to_numpy(float)),
        "at_most": (rows["bound"] == "upper").to_numpy(float),
    }


def pace_log_likelihood(seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any) -> Any:
    """Overall pace over that without AI, compute included in both (the M2 ratio)."""
    ratio = xp.log((seen.rate + q["g_c"]) / (seen.rate0 + q["g_c"]))
    z = (d["y"] - ratio) / PACE_SE
    return xp.where(d["at_most"] > 0, xp.log_ndtr(z), log_normal_density(z, PACE_SE + 0.0 * z, xp))
