"""Passage dates from 32-bit numbers against 64-bit ones, for whoever would run the mechanism where those are cheaper."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from forecast import mechanism
from forecast.kernels import LARGEST_GAIN, MONTH, PATIENCE
from forecast.mechanism import CLOSED, FASTEST, HISTORY_START, Parameters, State
from forecast.namespaces import NumPy
from forecast.trust.findings import Finding
from forecast.trust.numerics_fits import worst
from forecast.trust.numerics_steps import changes

LEVELS: Mapping[str, tuple[str, float]] = {
    "RE": ("k", 0.8),
    "LOOP": ("k", CLOSED),
    "CORE": ("f", 0.3),
    "HALF": ("f", 0.5),
    "X100": ("u", np.log(100.0)),
}
"""Events that can be read off step by step: quantity and level; of u, what was gained since LOOP."""

LARGEST_CHANGE_YEARS = 0.01
"""At the 99th percentile; no more than this may be lost where 64 bits are given up."""


def passages(draws: np.ndarray, *, end: float, kind: Any) -> dict[str, np.ndarray]:
    """Dates (n,) of `LEVELS`, inf where not by ``end``, of draws (n, len(Parameters._fields)) without process noise.

    State, parameters and derivatives are of dtype ``kind``; time is summed in 64 bits and handed over in ``kind``. Steps
    are those of the compiled simulation.
    """
    p = Parameters(*draws.T.astype(kind))
    n = len(draws)
    found = {name: np.full(n, np.inf) for name in LEVELS}
    with np.errstate(all="ignore"):
        state = State(*(np.broadcast_to(part, n).astype(kind) for part in mechanism.initial_state(p)))
        t, before, u_loop = np.full(n, HISTORY_START), np.full(n, HISTORY_START), np.full(n, np.inf)
        then: dict[str, np.ndarray] = {}
        for steps in count():
            rates, seen = mechanism.derivatives(state, t.astype(kind), kind(0.0), p, NumPy)
            now = {"k": seen.k.astype(float), "f": seen.f.astype(float), "u": (state.v - state.v0).astype(float)}
            for name, (quantity, level) in LEVELS.items():
                bound = level + u_loop if quantity == "u" else np.full(n, level)
                new = np.isinf(found[name]) & (now[quantity] >= bound)
                if not (new.any() and then):
                    continue
                share = np.clip((bound - then[quantity]) / (now[quantity] - then[quantity]), 0.0, 1.0)
                found[name][new] = (before + (t - before) * share)[new]
                if name == "LOOP":
                    u_loop[new] = (then["u"] + (now["u"] - then["u"]) * share)[new]
            if (t >= end).all():
                break
            then, before = now, t
            gain = (rates.v - rates.v0).astype(float) if steps <= PATIENCE else np.zeros(n)
            dt = np.minimum(np.minimum(MONTH, LARGEST_GAIN / np.maximum(gain, 0.1)), end - t)
            state, _ = mechanism.step(state, t.astype(kind), dt.astype(kind), kind(0.0), kind(0.0), p, NumPy)
            state = state._replace(v=np.minimum(state.v, state.v0 + p.headroom))
            t = t + dt
    return found


def compared(draws: np.ndarray, *, end: float) -> pd.DataFrame:
    """Dates in 32 bits against those in 64: columns of `numerics_steps.changes`, and how far quantiles of LOOP move."""
    one, two = (passages(draws, end=end, kind=kind) for kind in (np.float32, np.float64))
    return changes(one, two, events=LEVELS)


def findings(table: pd.DataFrame, *, draws: int) -> list[Finding]:
    """The bounds, and what absolute time in 32 bits would do."""
    moved = worst(table, "p99")
    switch = worst(table, "switched")
    tick = float(np.spacing(np.float32(2030.0)))
    return [
        Finding(
            item="dates in 32 bits", value=float(moved["p99"]), unit="years", high=LARGEST_CHANGE_YEARS,
            says=f"99th percentile of |change| over {draws} paired draws, of the event that moves most "
            f"({moved['event']}): with time summed in 64 bits, 32 are enough for the rest.",
        ),
        Finding(
            item="draws dated in one precision alone", value=float(switch["switched"]), unit="share", high=0.01,
            says=f"Of the worst event ({switch['event']}).",
        ),
        Finding(
            item="tick of a date in 32 bits over the shortest step", value=tick * FASTEST / LARGEST_GAIN, unit="ratio",
            says="Near 2030 a decimal year of 32 bits moves in steps of an hour, as long as the shortest step of the "
            "simulation is allowed to be: who runs the mechanism on a graphics processor keeps time in 64 bits, or "
            "counts it from a nearby date.",
        ),
    ]  # fmt: skip
