"""The one PyMC model: beliefs and rows go in as data, so one compiled graph serves every worldview and date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from forecast import parameters, rows
from forecast.graph import LogLikelihood
from forecast.namespaces import pytensor_namespace
from forecast.parameters import READ, VECTOR, Prior
from forecast.rows import Blocks

LAST_YEAR = 2032.0
"""End of the grid that the graph can read: rows may be dated up to here without compiling anew."""


def data(prior: Prior, blocks: Blocks) -> dict[str, Any]:
    """Everything that changes from fit to fit, by the names of the graph's data."""
    return {**prior.arrays(), **{f"rows_{n}": v for n, v in rows.table(blocks)._asdict().items()}}


def build(prior: Prior, blocks: Blocks, *, months: int) -> pm.Model:
    """The posterior over standard normals ``z`` (len(VECTOR),), with ``eta`` as the values on the unconstrained scale.

    ``months`` is the length of the grid; it must reach the last row of any data that the model will be given.
    """
    xp = pytensor_namespace()
    with pm.Model(coords={"parameter": VECTOR}) as model:
        known = {name: pm.Data(name, value) for name, value in data(prior, blocks).items()}
        z = pm.Normal("z", 0.0, 1.0, dims="parameter")
        eta = parameters.unconstrained(z, known, xp, matmul=lambda z, m: pt.dot(m, z))
        eta = pm.Deterministic("eta", eta, dims="parameter")
        q = parameters.natural(parameters.by_name(eta), xp)
        table = [known[f"rows_{name}"] for name in rows.Table._fields]
        value, _ = LogLikelihood(months)(pt.stack([q[name] for name in READ]), known["t_asof"], *table)
        pm.Potential("log_likelihood", value)
    return model


def check_shapes(model: pm.Model, values: dict[str, Any]) -> None:
    """Refuse data of a wrong shape before nutpie sees it: there it would end the process."""
    for name, value in values.items():
        expected, found = model[name].type.ndim, np.ndim(value)
        wrong = name.startswith("prior_") and set(np.shape(value)) != {len(VECTOR)}
        if found != expected or wrong:
            raise ValueError(
                f"data {name} has shape {np.shape(value)}, expected {expected} dimensions"
                f"{f' of {len(VECTOR)}' if wrong else ''}: build them with model.data"
            )
