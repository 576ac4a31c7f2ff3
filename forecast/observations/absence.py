"""What nobody needs to publish: by a given day no closed loop had been shown.

Each of the five writes of it as still to come, and a forecast that puts it in the past would be wrong without any
measurement. The threshold is soft: a demonstration may lie on the desk for a while, and k = 0.95 is a convention.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import numpy as np
import pandas as pd

from forecast.mechanism import CLOSED
from forecast.observations.base import Readings

SOFTNESS = 0.5
"""Standard deviation, in logits of k, of the level at which closure would have been seen."""

COLUMNS = ("level",)


def columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """level: logit of the share at which the loop counts as closed."""
    return {"level": np.full(len(rows), log(CLOSED / (1.0 - CLOSED)))}


def log_likelihood(seen: Readings, previous: Readings, q: Mapping[str, Any], d: Mapping[str, Any], xp: Any) -> Any:
    """ln P(the level lies above k)."""
    k = xp.minimum(xp.maximum(seen.k, 1e-12), 1.0 - 1e-9)
    return xp.log_ndtr((d["level"] - xp.log(k) + xp.log1p(-k)) / SOFTNESS)
