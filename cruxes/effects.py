"""What each crux does to the trajectory, all else in the middle: the small pictures of the book.

The middle is that of the named five together: for each parameter the median of their updated views, pooled with equal
weights. One parameter at a time goes to the pool's 10 % and 90 % points (a chance: to no and yes). There is no process
noise in these, and nobody believes in all the middles at once: they show what a crux does, and forecast nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cruxes.crux_map import LEADS
from forecast import kernels, simulation
from forecast.mechanism import HISTORY_START, LN10, WALK
from forecast.parameters import VECTOR
from forecast.view import View

UNTIL = 2042.0
BEYOND_REACH = 200.0
"""ln hours: a halfway horizon that no AI comes near, so that the share it can do is 0 to the last bit."""

LEVELS = {"low": 0.1, "middle": 0.5, "high": 0.9}
CHANCES = {"psi": {"low": 0.0, "high": 1.0}}
"""Of what is no interval: how it is without, and with."""

ACTING = tuple(f"C{i}" for i in range(1, 8))
"""Cruxes that act on the trajectory; the others act on what follows from it."""


def effects(views: Sequence[View]) -> pd.DataFrame:
    """Trajectories of software: columns crux, variable, setting (low, middle, high), value, year, share, gained.

    ``value`` of the variable in its own unit; ``share`` of AI R&D tasks that AI can do; ``gained``: software above
    what it would be without AI, in powers of ten of effective compute. Quarterly, from 2024 to 2042.
    """
    eta, future = _pool(views)
    middle = {name: float(np.quantile(column, 0.5)) for name, column in future.items()} | {"psi": 0.0}
    base = np.quantile(eta, 0.5, axis=0)
    t_asof = max(view.worldview.as_of_year for view in views)
    rows = []
    for crux in ACTING:
        name = LEADS[crux].variable
        for setting, level in LEVELS.items():
            vector, later = base.copy(), dict(middle)
            if name in VECTOR:
                vector[VECTOR.index(name)] = np.quantile(eta[:, VECTOR.index(name)], level)
                value = _value(views[0], name, vector)
            else:
                value = later[name] = CHANCES[name].get(setting, middle[name])
            if name in CHANCES and setting == "middle":
                continue
            rows += [(crux, name, setting, value, *at) for at in _trajectory(vector, later, t_asof)]
    return pd.DataFrame(rows, columns=["crux", "variable", "setting", "value", "year", "share", "gained"])


def _pool(views: Sequence[View]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draws of all views together, as many of each: parameters (n, len(VECTOR)), and what acts only after today."""
    each = min(len(view.weights) for view in views)
    index = [
        np.random.default_rng([view.seed, 29]).choice(len(view.weights), size=each, p=view.weights) for view in views
    ]
    names = (*_FUTURE, "psi")
    future = {
        name: np.concatenate([v.futures.values[name][i] for v, i in zip(views, index, strict=True)]) for name in names
    }
    return np.concatenate([v.eta[i] for v, i in zip(views, index, strict=True)]), future


_FUTURE = ("zeta", "t_slow", "g_c_late", "wall", "T_par")


def _value(view: View, name: str, vector: np.ndarray) -> float:
    from priors import from_real

    return float(from_real(view.worldview.elicited()[name].link, vector[VECTOR.index(name)]))


def _trajectory(vector: np.ndarray, future: dict[str, float], t_asof: float) -> list[tuple[float, float, float]]:
    """(year, share, gained) of one draw without noise, beside its twin in which AI never does anything."""
    both = {name: np.array([value, value]) for name, value in future.items()}
    eta = np.stack([vector, vector])
    eta[:, [VECTOR.index(name) for name in WALK[1:]]] = 0.0
    eta[1, VECTOR.index("theta")] = BEYOND_REACH
    years = np.arange(2024.0, UNTIL, 0.25)
    _, _, snaps = kernels.forward()(
        simulation.mechanism_parameters(eta, both, t_asof), np.full(2, 7.0 * LN10), 0.0 * simulation.drift(eta, 0),
        HISTORY_START, HISTORY_START, UNTIL, years, simulation.MOST_STEPS,
    )  # fmt: skip
    seen = dict(zip(kernels.SNAPSHOT_FIELDS, np.moveaxis(snaps, 2, 0), strict=True))
    elasticity = np.exp(vector[VECTOR.index("b")])
    gained = (seen["ln_h"][0] - seen["ln_h"][1]) / elasticity / LN10
    return [(float(y), float(k), float(g)) for y, k, g in zip(years, seen["k"][0], gained, strict=True)]
