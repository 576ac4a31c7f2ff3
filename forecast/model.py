"""The one PyMC model: beliefs and rows go in as data, so one compiled graph serves every worldview and date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from forecast import parameters, rows
from forecast.graph import LogLikelihood
from forecast.namespaces import pytensor_namespace
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks


def data(prior: Prior, blocks: Blocks) -> dict[str, Any]:
    """Everything that changes from fit to fit, by the names of the graph's data."""
    return {"beliefs": prior.matrix(), "t_asof": np.float64(prior.t_asof), "rows": rows.table(blocks)}


def build(prior: Prior, blocks: Blocks) -> pm.Model:
    """The posterior over standard normals ``z`` (len(VECTOR),); `parameters` turns them into what they stand for."""
    with pm.Model(coords={"parameter": VECTOR}) as model:
        known = {name: pm.Data(name, value) for name, value in data(prior, blocks).items()}
        z = pm.Normal("z", 0.0, 1.0, dims="parameter")
        eta = parameters.unconstrained(
            z, known["beliefs"], pytensor_namespace(), matmul=lambda z, mixing: pt.dot(mixing, z)
        )
        value, _ = LogLikelihood()(eta, known["t_asof"], known["rows"])
        pm.Potential("log_likelihood", value)
    return model


def check_data(values: dict[str, Any]) -> None:
    """Refuse data that the compiled model cannot take: nutpie would end the process."""
    beliefs, table = values["beliefs"], values["rows"]
    if beliefs.shape != (len(VECTOR), 4 + len(VECTOR)):
        raise ValueError(f"beliefs have shape {beliefs.shape}, expected {(len(VECTOR), 4 + len(VECTOR))}")
    if table.ndim != 2 or table.shape[1] != rows.WIDTH:
        raise ValueError(f"rows have shape {table.shape}, expected {rows.WIDTH} columns: build them with rows.table")
    if not (np.isfinite(beliefs).all() and np.isfinite(table).all()):
        raise ValueError("beliefs and rows must be finite")
