"""The one PyMC model: beliefs and rows go in as data, so one compiled graph serves every worldview and date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from forecast import likelihood, parameters
from forecast.codegen import OUTPUTS, TRAJECTORY
from forecast.namespaces import pytensor_namespace
from forecast.observations import KINDS, Readings
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks
from forecast.trajectory import Trajectory


def data(prior: Prior, blocks: Blocks) -> dict[str, Any]:
    """Everything that changes from fit to fit, by the names of the graph's data."""
    values = dict(prior.arrays())
    for name, rows in blocks.items():
        values |= {f"{name}_{column}": value for column, value in rows.arrays().items()}
    return values


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
        inputs = pt.stack([known["t_asof"] if name == "t_asof" else q[name] for name in TRAJECTORY])
        values, _ = Trajectory(months)(inputs)
        grid = Readings(*(values[:, i] for i in range(len(OUTPUTS))))
        slope = q["b"] * (q["g_s"] + q["g_c"])
        for name in blocks:
            d = {column: known[f"{name}_{column}"] for column in blocks[name].arrays()}
            terms = KINDS[name].log_likelihood(likelihood.at_rows(grid, d, slope), q, d, xp)
            pm.Potential(f"{name}_log_likelihood", pt.sum(d["weight"] * terms))
    return model


def check_shapes(model: pm.Model, values: dict[str, Any]) -> None:
    """Refuse data of a wrong shape before nutpie sees it: there it would end the process."""
    for name, value in values.items():
        expected = model[name].type.shape
        found = np.shape(value)
        if len(found) != len(expected) or any(e is not None and e != f for e, f in zip(expected, found, strict=True)):
            raise ValueError(f"data {name} has shape {found}, expected {expected}: rebuild the rows with rows.blocks")
        if name.startswith("prior_") and found[0] != len(VECTOR):
            raise ValueError(f"data {name} has {found[0]} entries, expected {len(VECTOR)}, one for each parameter")
