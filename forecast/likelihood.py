"""The likelihood over many draws at once, in NumPy, from the same mechanism and the same observation models.

It serves the oracle, re-weighting, row-by-row influence and predictive checks. The trajectory is stepped here by
`forecast.mechanism` itself, so it is also the reference that the compiled operation is held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast import mechanism, parameters
from forecast.mechanism import HISTORY_START, TRAJECTORY, Parameters
from forecast.namespaces import NumPy
from forecast.observations import KINDS, Block, Readings, last_month
from forecast.parameters import Prior
from forecast.rows import Blocks

MONTH = 1.0 / 12.0


def trajectory_parameters(q: Mapping[str, Any], t_asof: float) -> Parameters:
    """The mechanism's parameters up to now: compute on trend, no wall."""
    known = {name: q[name] for name in TRAJECTORY if name != "t_asof"}
    return Parameters(**known, t_asof=t_asof, g_c_late=q["g_c"], zeta=0.0)


def past(q: Mapping[str, Any], t_asof: float, months: int) -> Readings:
    """The past of many draws (`parameters.natural`, each (n, 1) or a float): readings of shape (n, months + 1)."""
    p = trajectory_parameters(q, t_asof)
    state, seen = mechanism.initial_state(p), []
    for i in range(months + 1):
        t = HISTORY_START + i * MONTH
        noise, noise_mid = (mechanism.walk(at, q, NumPy) for at in (t, t + 0.5 * MONTH))
        state, reading = mechanism.step(state, t, MONTH, noise, noise_mid, p, NumPy)
        seen.append(Readings(reading.rate, reading.rate0, reading.ln_h, reading.k, reading.f))
    return Readings(*(np.concatenate(np.broadcast_arrays(*column), axis=-1) for column in zip(*seen, strict=True)))


def at_rows(grid: Readings, rows: Block, slope: Any) -> Readings:
    """Readings at the rows of one kind: linear inside a month; before the grid the horizon is the straight line."""

    def at(column: Any) -> Any:
        return column[..., rows.month] * (1.0 - rows.within) + column[..., rows.month + 1] * rows.within

    seen = Readings(*(at(column) for column in grid))
    return seen._replace(ln_h=seen.ln_h + slope * rows.before)


def by_row(z: np.ndarray, prior: Prior, blocks: Blocks) -> dict[str, np.ndarray]:
    """Log likelihood of every row under every draw: kind -> (n, rows), unweighted; z is (n, len(VECTOR))."""
    eta = parameters.unconstrained(z, prior.matrix(), NumPy, matmul=lambda z, m: z @ m.T)
    return by_row_of_values(eta, prior.t_asof, blocks)


def by_row_of_values(eta: np.ndarray, t_asof: float, blocks: Blocks) -> dict[str, np.ndarray]:
    """As `by_row`, from unconstrained values (n, len(VECTOR)) instead of standard normals."""
    q = parameters.natural(parameters.by_name(eta), NumPy)
    grid = past(q, t_asof, last_month(blocks))
    slope = q["b"] * (q["g_s"] + q["g_c"])
    found = {}
    for name, rows in blocks.items():
        seen = at_rows(grid, rows, slope)
        previous = Readings(*(column[..., rows.previous] for column in seen))
        kind = KINDS[name]
        if kind.joint is not None:
            found[name] = kind.joint(seen, q, rows.columns, rows.weight)
        elif kind.log_likelihood is not None:
            found[name] = kind.log_likelihood(seen, previous, q, rows.columns, NumPy)
    return found


def total(z: np.ndarray, prior: Prior, blocks: Blocks) -> np.ndarray:
    """Log likelihood of all rows, weighted: (n,)."""
    parts = by_row(z, prior, blocks)
    return np.asarray(sum((parts[name] * blocks[name].weight).sum(axis=-1) for name in blocks))
