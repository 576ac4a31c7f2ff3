"""The coordinates in which the sampler moves: the standard normals, but with one of them measured from where rows put it.

A chart of shares fixes the sum of ln-odds that AI can do today, the worldview's gap and the offset of that chart far
better than any of the three. In the standard normals that is a thin curved sheet (theta over omega), which costs a
sampler small steps; measured from the sheet, the coordinate of the offset is nearly independent of all others. The map
shifts one coordinate by a function of the others, so its Jacobian is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.mechanism import HISTORY_START, T0, WALK, walk
from forecast.namespaces import NumPy
from forecast.parameters import VECTOR, unconstrained
from forecast.rows import Blocks

MOVED = VECTOR.index("share_shift")
_ONLY_MOVED = np.eye(len(VECTOR))[MOVED]
LEVELS = (VECTOR.index("share_shift_al3"), VECTOR.index("share_shift_al4"))


def pivot(blocks: Blocks) -> np.ndarray:
    """(1, middle date of the shares that can be read), or zeros where there are none: data of `standard_normals`."""
    share = blocks["share"]
    if not share.ids:
        return np.zeros(2)
    counted = (share.weight > 0) & (share.columns["floored"] == 0)
    if not counted.any():
        return np.zeros(2)
    years = HISTORY_START + (share.month + share.within) / 12.0
    return np.array([1.0, float(np.mean(years[counted]))])


PLACED_BY = (
    "theta",
    "omega",
    "gap",
    "a",
    "b",
    "g_s",
    "g_c",
    "tau",
    *WALK,
    "share_shift",
    "share_shift_al3",
    "share_shift_al4",
)
"""What `away` reads."""


def away(eta: Mapping[str, Any], middle: Any, xp: Any) -> Any:
    """Ln-odds by a straight horizon at the middle date, plus the gap, minus the offset of the chart (unconstrained eta)."""
    pace = xp.exp(eta["b"]) * (xp.exp(eta["g_s"]) + xp.exp(eta["g_c"]))
    spread = {**eta, "walk_sd": xp.exp(eta["walk_sd"])}
    horizon = eta["a"] + pace * (middle - T0 - xp.exp(eta["tau"])) + walk(middle, spread, xp)
    offset = eta["share_shift"] + 0.5 * (eta["share_shift_al3"] + eta["share_shift_al4"])
    return (horizon - eta["theta"]) / xp.exp(eta["omega"]) + xp.exp(eta["gap"]) - offset


def standard_normals(y: np.ndarray, matrix: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """z (n, len(VECTOR)) of the sampler's coordinates y, under `Prior.matrix`: z[MOVED] = y[MOVED] + away / slope, with
    `away` at y[MOVED] = 0 and slope the offset by z[MOVED]."""
    eta = unconstrained(y * (1.0 - _ONLY_MOVED), matrix, NumPy, matmul=lambda z, mixing: z @ mixing.T)
    loads = matrix[:, 1] * matrix[:, 4 + MOVED]
    slope = loads[MOVED] + 0.5 * (loads[LEVELS[0]] + loads[LEVELS[1]])
    return y + np.outer(pivot[0] * away(dict(zip(VECTOR, eta.T, strict=True)), pivot[1], NumPy) / slope, _ONLY_MOVED)
