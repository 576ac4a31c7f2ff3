"""The same futures the plain way: `mechanism.step` over NumPy arrays, the whole path kept, dates read off afterwards.

It shares nothing with the compiled simulation but the mechanism, so it is both what the tests hold that against and
what the speed of that is measured against.
"""

from __future__ import annotations

from itertools import count

import numpy as np

import priors
from forecast import mechanism, parameters, simulation
from forecast.kernels import EVENT_ROWS, LARGEST_GAIN, MONTH, PATIENCE
from forecast.mechanism import CLOSED, HISTORY_START, LN10, Parameters
from forecast.namespaces import NumPy

SEEN = ("t", "v", "u", "k", "f", "m2", "rate", "rate0")
"""What a path keeps of every step."""


def prior_draws(worldview: priors.Worldview, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Unconstrained values (n, len(VECTOR)) of a worldview before any evidence, and the nats by which ASI is ahead."""
    prior = parameters.of_worldview(worldview)
    z = np.random.default_rng(seed).standard_normal((n, len(parameters.VECTOR)))
    eta = parameters.unconstrained(z, prior.matrix(), NumPy, matmul=lambda z, mixing: z @ mixing.T)
    return eta, (4.0 + 6.0 * simulation.uniforms("ASI", n, seed)) * LN10


def kernel_input(worldview: priors.Worldview, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What the compiled simulation takes: draws (n, len(Parameters._fields)), and ASI's nats."""
    eta, asi = prior_draws(worldview, n, seed)
    future = simulation.future_values(worldview, n, seed)
    return simulation.mechanism_parameters(eta, future, worldview.as_of_year), asi


def path(draws: np.ndarray, *, end: float, finer: int = 1, keep: bool = True) -> dict[str, np.ndarray]:
    """Each of `SEEN` at every step, (steps, n), of the last alone unless ``keep``.

    Steps are months from HISTORY_START on, cut so that none gains more than LARGEST_GAIN nats, each divided by
    ``finer``. Draws that have arrived at ``end`` stay there.
    """
    p = Parameters(*draws.T)
    with np.errstate(all="ignore"):
        state = mechanism.initial_state(p)
        t = np.full(len(draws), HISTORY_START)
        rows: list[tuple[np.ndarray, ...]] = []
        for steps in count():
            rate, seen = mechanism.derivatives(state, t, 0.0, p, NumPy)
            _, slope = mechanism.extra_compute(t, p, NumPy)
            u = state.v - state.v0
            m2 = (rate.v - rate.v0) - (p.g_s + rate.v0 + p.g_c + slope)
            if not keep:
                rows.clear()
            rows.append((t, state.v, u, seen.k, seen.f, m2, seen.rate, seen.rate0))
            if (t >= end).all():
                break
            gain = rate.v - rate.v0 if steps <= PATIENCE * finer else 0.0 * t
            dt = np.minimum(np.minimum(MONTH, LARGEST_GAIN / np.maximum(gain, 0.1)) / finer, end - t)
            state, _ = mechanism.step(state, t, dt, 0.0, 0.0, p, NumPy)
            state = state._replace(v=np.minimum(state.v, state.v0 + p.headroom))
            t = t + dt
    return {name: np.array(column) for name, column in zip(SEEN, zip(*rows, strict=True), strict=True)}


def first_crossing(t: np.ndarray, y: np.ndarray, level: float) -> float:
    """First time at which a series reaches a level, linear between its points; inf where it does not."""
    reached = y >= level
    if not reached.any():
        return np.inf
    i = int(reached.argmax())
    return float(t[i] if i == 0 else t[i - 1] + (t[i] - t[i - 1]) * (level - y[i - 1]) / (y[i] - y[i - 1]))


def dates(draws: np.ndarray, asi: np.ndarray, *, end: float, finer: int = 1) -> np.ndarray:
    """Event dates (n, len(EVENT_ROWS)), as the compiled simulation gives them without process noise."""
    seen = path(draws, end=end, finer=finer)
    p = Parameters(*draws.T)
    found = np.empty((len(draws), len(EVENT_ROWS)))
    for i in range(len(draws)):
        t, v, u, k, f, m2 = (seen[name][:, i] for name in SEEN[:6])
        software = v + p.g_s[i] * t
        before = np.where(t - 1.0 >= t[0], np.interp(t - 1.0, t, software), p.g_s[i] * (t - 1.0))
        year = (software - before) / (p.g_s[i] + p.g_c[i])
        loop = first_crossing(t, k, CLOSED)
        at_loop = np.interp(loop, t, u)
        after = t >= loop
        date = {
            "RE": first_crossing(t, k, 0.8),
            "LOOP": loop,
            "M2": first_crossing(t, m2, 0.0),
            "SWX3": first_crossing(t, year, 3.0),
            "SWX5": first_crossing(t, year, 5.0),
            "SWX10": first_crossing(t, year, 10.0),
            "X100": first_crossing(t[after], u[after], at_loop + np.log(100.0)),
            "ASI": first_crossing(t[after], u[after], at_loop + asi[i]),
            "CORE": first_crossing(t, f, 0.3),
            "HALF": first_crossing(t, f, 0.5),
        }
        found[i] = [date[name] for name in EVENT_ROWS]
    return found
