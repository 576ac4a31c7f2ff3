"""The one PyMC model: beliefs and rows go in as data, so one compiled graph serves every worldview and date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm

from forecast import coordinates, kernels, rows
from forecast.graph import LogLikelihood
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks


def data(prior: Prior, blocks: Blocks) -> dict[str, Any]:
    """Everything that changes from fit to fit, by the name of the graph's data. Raises ValueError where it does not fit.

    Checked here because nutpie would end the process.
    """
    beliefs, table = prior.matrix(), rows.table(blocks)
    if beliefs.shape != (len(VECTOR), 4 + len(VECTOR)):
        raise ValueError(f"beliefs have shape {beliefs.shape}, expected {(len(VECTOR), 4 + len(VECTOR))}")
    if not (np.isfinite(beliefs).all() and np.isfinite(table).all()):
        raise ValueError("beliefs and rows must be finite")
    if np.triu(prior.mixing, 1).any():
        raise ValueError("the mixing of beliefs must be lower triangular: give Cholesky factors")
    return {"known": kernels.joined(prior.t_asof, coordinates.pivot(blocks), beliefs, table)}


def build(prior: Prior, blocks: Blocks) -> pm.Model:
    """The posterior over ``y`` (len(VECTOR),), which `coordinates` turns into standard normals, and `parameters` those
    into what they stand for."""
    with pm.Model(coords={"parameter": VECTOR}) as model:
        known = pm.Data("known", data(prior, blocks)["known"])
        y = pm.Normal("y", 0.0, 1.0, dims="parameter")
        value, _ = LogLikelihood()(y, known)
        pm.Potential("log_likelihood", value)
    return model
