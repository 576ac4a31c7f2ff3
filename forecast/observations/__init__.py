"""Observation models, one per kind of series: the register of the ledger names the kind, this table serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from forecast.observations import absence, benchmark, growth, horizon, share, speed
from forecast.observations.base import Block, Measurement, Readings, block, last_month


class Kind(NamedTuple):
    """How rows become columns, what they say given the process, those columns' names, and its measurement parameters.

    ``joint`` is set where rows are judged together instead of one by one: (readings, parameters, columns, weight) ->
    log likelihood split by the chain rule, see `benchmark.joint`.
    """

    columns: Callable[[pd.DataFrame], dict[str, np.ndarray]]
    log_likelihood: Callable[[Readings, Readings, Mapping[str, Any], Mapping[str, Any], Any], Any] | None
    columns_read: tuple[str, ...]
    measurements: tuple[Measurement, ...] = ()
    joint: Callable[[Readings, Mapping[str, Any], Mapping[str, np.ndarray], np.ndarray], np.ndarray] | None = None


KINDS: Mapping[str, Kind] = {
    "horizon": Kind(horizon.columns, horizon.log_likelihood, horizon.COLUMNS, horizon.MEASUREMENTS),
    "share": Kind(share.columns, share.log_likelihood, share.COLUMNS, share.MEASUREMENTS),
    "benchmark": Kind(benchmark.columns, None, benchmark.COLUMNS, benchmark.MEASUREMENTS, benchmark.joint),
    "uplift": Kind(speed.uplift_columns, speed.uplift_log_likelihood, speed.UPLIFT_COLUMNS, speed.MEASUREMENTS_UPLIFT),
    "pace": Kind(speed.pace_columns, speed.pace_log_likelihood, speed.PACE_COLUMNS),
    "returns": Kind(
        growth.returns_columns, growth.returns_log_likelihood, growth.RETURNS_COLUMNS, growth.MEASUREMENTS_RETURNS
    ),
    "compute_growth": Kind(growth.compute_columns, growth.compute_log_likelihood, growth.COMPUTE_COLUMNS),
    "software_pace": Kind(growth.software_columns, growth.software_log_likelihood, growth.SOFTWARE_COLUMNS),
    "absence": Kind(absence.columns, absence.log_likelihood, absence.COLUMNS),
}

MEASUREMENTS = tuple(m for kind in KINDS.values() for m in kind.measurements)

__all__ = ["KINDS", "MEASUREMENTS", "Block", "Kind", "Measurement", "Readings", "block", "last_month"]
